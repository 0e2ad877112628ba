package com.kvstore.protocol.membership;

/** What the coordinator believes of a member's process at this moment; never durable. */
public enum Liveness {
    /** Its link is open and it has accepted this coordinator. */
    UP,
    /** Its link is gone or not yet open, and the attempt to open it has not failed: wait a moment. */
    CONNECTING,
    /** Refused, hung or cut off: go on with the other copy. */
    DOWN
}
