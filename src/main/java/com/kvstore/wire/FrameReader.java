package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Reads what a {@link FrameWriter} wrote, from a heap or a direct buffer, trusting nothing.
 *
 * <p>Threading: one thread at a time. The buffer given is only viewed: its position does not move.
 *
 * <p>Invariant: no allocation is larger than the bytes that are really there allow; a length or a count is compared with
 * what remains before anything is made for it.
 *
 * <p>Failure: everything wrong is a {@link ProtocolException} and nothing else.
 */
public final class FrameReader {
    /** A version: two numbers of at least a byte each. */
    static final int MIN_VERSION_BYTES = 2;

    /** Reads one element of a list. */
    interface Element<T> {
        T read(FrameReader in) throws ProtocolException;
    }

    private final ByteBuffer buffer;

    /** @param buffer read from its position to its limit, as big-endian whatever its order */
    public FrameReader(ByteBuffer buffer) {
        this.buffer = buffer.slice();
    }

    int remaining() {
        return buffer.remaining();
    }

    /** Refuses bytes behind the message. */
    void end() throws ProtocolException {
        if (buffer.hasRemaining()) {
            throw new ProtocolException(buffer.remaining() + " bytes follow the end of the message");
        }
    }

    int u8() throws ProtocolException {
        if (!buffer.hasRemaining()) {
            throw truncated();
        }
        return buffer.get() & 0xff;
    }

    boolean flag() throws ProtocolException {
        int value = u8();
        if (value > 1) {
            throw new ProtocolException("a yes or no is 1 or 0, not " + value);
        }
        return value == 1;
    }

    /** @param allowed the bits that may be set */
    int flags(int allowed) throws ProtocolException {
        int value = u8();
        if ((value & ~allowed) != 0) {
            throw new ProtocolException("unknown flags " + Integer.toBinaryString(value));
        }
        return value;
    }

    int fixed32() throws ProtocolException {
        if (buffer.remaining() < Integer.BYTES) {
            throw truncated();
        }
        return buffer.getInt();
    }

    long fixed64() throws ProtocolException {
        if (buffer.remaining() < Long.BYTES) {
            throw truncated();
        }
        return buffer.getLong();
    }

    /** Any number, negative ones too. */
    long anyNumber() throws ProtocolException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int next = u8();
            if (shift == 63 && next > 1) {
                break;
            }
            value |= (next & 0x7fL) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new ProtocolException("a number of more than 64 bits");
    }

    /** A number that is not negative. */
    long number() throws ProtocolException {
        long value = anyNumber();
        if (value < 0) {
            throw new ProtocolException("a negative number where none can be: " + value);
        }
        return value;
    }

    /** A number from 0 to 2^31 - 1. */
    int smallNumber() throws ProtocolException {
        long value = number();
        if (value > Integer.MAX_VALUE) {
            throw new ProtocolException("a number above 2147483647 where none can be: " + value);
        }
        return (int) value;
    }

    Bytes bytes() throws ProtocolException {
        return Bytes.wrap(array());
    }

    String text() throws ProtocolException {
        String text = Utf8.textOrNull(array());
        if (text == null) {
            throw new ProtocolException("a text that is not UTF-8");
        }
        return text;
    }

    private byte[] array() throws ProtocolException {
        long length = number();
        if (length > buffer.remaining()) {
            throw new ProtocolException(
                    "a length of " + length + " bytes where only " + buffer.remaining() + " bytes are left");
        }
        byte[] bytes = new byte[(int) length];
        buffer.get(bytes);
        return bytes;
    }

    /** @param values all values of the enum, in the order of their declaration: an ordinal is what travels */
    <E extends Enum<E>> E choice(E[] values) throws ProtocolException {
        int ordinal = u8();
        if (ordinal >= values.length) {
            throw new ProtocolException(
                    "unknown " + values.getClass().getComponentType().getSimpleName() + " " + ordinal);
        }
        return values[ordinal];
    }

    Version version() throws ProtocolException {
        return new Version(number(), number());
    }

    ServerNode server() throws ProtocolException {
        return new ServerNode(text(), smallNumber());
    }

    /**
     * A list that cannot be changed.
     *
     * @param minElementBytes no element takes fewer bytes; 1 or more
     */
    <T> List<T> list(int minElementBytes, Element<T> element) throws ProtocolException {
        long count = number();
        if (count > buffer.remaining() / minElementBytes) {
            throw new ProtocolException(
                    "a list of " + count + " elements where only " + buffer.remaining() + " bytes are left");
        }
        if (count == 0) {
            return List.of();
        }
        if (count == 1) {
            return List.of(element.read(this));
        }
        List<T> list = new ArrayList<>((int) count);
        for (int i = 0; i < count; i++) {
            list.add(element.read(this));
        }
        return Collections.unmodifiableList(list);
    }

    List<Version> versions() throws ProtocolException {
        return list(MIN_VERSION_BYTES, FrameReader::version);
    }

    List<Integer> smallNumbers() throws ProtocolException {
        return list(1, FrameReader::smallNumber);
    }

    private static ProtocolException truncated() {
        return new ProtocolException("the message ends in the middle of a field");
    }
}
