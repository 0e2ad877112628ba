package com.kvstore.common;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable string of bytes: a key or a value.
 *
 * <p>Thread-safe: immutable. The constructor's caller hands the array over and must not change it afterwards; nothing
 * is copied, because every byte of a request would otherwise be copied once more.
 *
 * <p>Ordered as unsigned bytes.
 */
public final class Bytes implements Comparable<Bytes> {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;
    /** 0 until first asked for; recomputing a hash that happens to be 0 is harmless. */
    private int hash;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /** Wraps {@code array}, which the caller must not change afterwards. */
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array);
    }

    /** The UTF-8 bytes of {@code text}. */
    public static Bytes of(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public int length() {
        return array.length;
    }

    public byte at(int index) {
        return array[index];
    }

    /** The bytes themselves, not a copy: callers only read. */
    public byte[] array() {
        return array;
    }

    /** The bytes as text, with the replacement character where they are not UTF-8: for people, never for the wire. */
    public String text() {
        return new String(array, StandardCharsets.UTF_8);
    }

    /** The bytes as text if they are well-formed UTF-8, else null. */
    public @Nullable String utf8OrNull() {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(array))
                    .toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(array, other.array);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
    }

    @Override
    public int hashCode() {
        int h = hash;
        if (h == 0) {
            h = Arrays.hashCode(array);
            hash = h;
        }
        return h;
    }

    @Override
    public String toString() {
        return array.length <= 64
                ? text()
                : new String(array, 0, 64, StandardCharsets.UTF_8) + "…(" + array.length + ")";
    }
}
