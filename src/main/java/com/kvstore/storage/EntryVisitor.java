package com.kvstore.storage;

/** Sees one entry of the tables after the other. */
@FunctionalInterface
interface EntryVisitor {
    /** @return whether to go on */
    boolean visit(byte[] key, byte[] value);
}
