package com.kvstore.wire;

/**
 * What came over a wire, or out of a file, is not what its format allows.
 *
 * <p>The message is for people: it says which field of what is wrong. Checked, so that no reader of foreign bytes forgets
 * it: a frame's reader closes that one connection, a datagram's reader drops the datagram.
 */
public final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    public ProtocolException(String message) {
        super(message);
    }

    public ProtocolException(String message, Throwable cause) {
        super(message, cause);
    }
}
