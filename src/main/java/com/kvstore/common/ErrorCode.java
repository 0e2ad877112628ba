package com.kvstore.common;

/** What can go wrong with a request, as programs see it; the message beside it is for people. */
public enum ErrorCode {
    /** The request itself is wrong; repeating it will not help. */
    BAD_REQUEST,
    /** The key does not exist. */
    NOT_FOUND,
    /** Key or value above the limit. */
    TOO_LARGE,
    /** No data node has registered yet. */
    NO_NODES,
    /** Not applied; retry later. */
    UNAVAILABLE,
    /** The fate of the request is not known; it may be applied, now or not at all. */
    OUTCOME_UNKNOWN,
    /** Not applied; too much is waiting. */
    OVERLOADED,
    /** Both copies of the key's arc are gone. */
    LOST,
    /** A condition of the request did not hold. */
    CONFLICT,
    /** A disk is full; not applied. */
    NO_SPACE,
    /** No free position on the ring. */
    RING_FULL,
    /** Ask the coordinator whose address stands beside this. */
    WRONG_NODE,
    /** The password is missing or wrong. */
    UNAUTHORIZED
}
