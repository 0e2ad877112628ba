package com.kvstore.protocol.membership;

/** STUB: being written. */
public final class ViewChanges {
    private ViewChanges() {}
}
