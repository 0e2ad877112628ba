package com.kvstore.common;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What everybody who connects must know. Immutable, thread-safe; never shown by {@link #toString}.
 *
 * <p>It crosses the wire as it is: on a network that others listen to, it needs a tunnel around it.
 */
public final class Password {
    private final Bytes bytes;
    private final byte[] digest;

    /** @param bytes one or more */
    public Password(Bytes bytes) {
        if (bytes.length() == 0) {
            throw new IllegalArgumentException("an empty password protects nothing");
        }
        this.bytes = bytes;
        this.digest = digest(bytes);
    }

    /** For whoever must tell it to somebody. */
    public Bytes bytes() {
        return bytes;
    }

    /** Takes the same time whatever is given: digests are compared, in constant time. */
    public boolean matches(Bytes given) {
        return MessageDigest.isEqual(digest, digest(given));
    }

    private static byte[] digest(Bytes bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes.array());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    @Override
    public String toString() {
        return "(hidden)";
    }
}
