package com.kvstore.common;

/** Which of a slave's two tables a copy belongs to. */
public enum Table {
    /** Keys the server owns: it is their successor on the ring. */
    OWN,
    /** Keys the server keeps as a replica: it is their predecessor on the ring. */
    PREV;

    /** As it stands on the wire: {@code own} or {@code prev}. */
    public String wireName() {
        return this == OWN ? "own" : "prev";
    }
}
