package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A growing buffer that frames are written into, one behind the other, and that is used again and again.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Numbers are unsigned LEB128 ("varint": seven bits a byte, least significant first, the top bit says that more
 * follows), so a small one takes one byte and a negative one ten; random ones are better off with {@link #fixed64}. Bytes
 * and texts carry their length in front.
 */
public final class FrameWriter {
    private static final int INITIAL_BYTES = 4 * 1024;
    /** One huge value must not leave its size behind in every link's buffer. */
    private static final int RETAINED_BYTES = 1024 * 1024;

    private static final int MAX_VARINT_BYTES = 10;
    private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    /** Writes one element of a list. */
    interface Element<T> {
        void write(T element, FrameWriter out);
    }

    private final CRC32C crc = new CRC32C();
    private byte[] buffer = new byte[INITIAL_BYTES];
    private int length;

    /** Bytes written since the last {@link #clear}. */
    public int length() {
        return length;
    }

    /** The buffer itself, not a copy; valid up to {@link #length} and until the next call that writes. */
    public byte[] array() {
        return buffer;
    }

    /** What was written, as a view of the buffer: valid until the next call that writes or clears. */
    public ByteBuffer toByteBuffer() {
        return ByteBuffer.wrap(buffer, 0, length);
    }

    /** What was written, copied. */
    public byte[] toByteArray() {
        return Arrays.copyOf(buffer, length);
    }

    /** Forgets what was written and keeps the buffer, unless it has grown beyond 1 MiB. */
    public void clear() {
        length = 0;
        if (buffer.length > RETAINED_BYTES) {
            buffer = new byte[INITIAL_BYTES];
        }
    }

    /** Forgets what was written behind the first {@code to} bytes. */
    void truncate(int to) {
        length = to;
    }

    void raw(byte[] bytes) {
        ensure(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
    }

    void u8(int value) {
        ensure(1);
        buffer[length++] = (byte) value;
    }

    void choice(Enum<?> value) {
        u8(wireNumber(value));
    }

    /** The byte that stands for an enum's value: its place in the declaration, which is part of the format. */
    @SuppressWarnings("EnumOrdinal") // a table beside each enum would say the same; a test holds the order
    static int wireNumber(Enum<?> value) {
        return value.ordinal();
    }

    void flag(boolean value) {
        u8(value ? 1 : 0);
    }

    void fixed32(int value) {
        ensure(Integer.BYTES);
        putInt(length, value);
        length += Integer.BYTES;
    }

    void fixed64(long value) {
        ensure(Long.BYTES);
        putInt(length, (int) (value >>> 32));
        putInt(length + Integer.BYTES, (int) value);
        length += Long.BYTES;
    }

    void number(long value) {
        ensure(MAX_VARINT_BYTES);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            buffer[length++] = (byte) ((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        buffer[length++] = (byte) rest;
    }

    void bytes(Bytes value) {
        number(value.length());
        raw(value.array());
    }

    /** Only where a flag before it says whether it is there: null writes nothing. */
    void bytesIfPresent(@Nullable Bytes value) {
        if (value != null) {
            bytes(value);
        }
    }

    void text(String value) {
        int start = length;
        number(value.length());
        ensure(value.length());
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c >= 0x80) {
                length = start;
                byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
                number(encoded.length);
                raw(encoded);
                return;
            }
            buffer[length++] = (byte) c;
        }
    }

    void version(Version version) {
        number(version.epoch());
        number(version.counter());
    }

    void server(ServerNode server) {
        text(server.host());
        number(server.port());
    }

    <T> void list(List<T> elements, Element<T> element) {
        number(elements.size());
        for (T each : elements) {
            element.write(each, this);
        }
    }

    void versions(List<Version> versions) {
        list(versions, (version, out) -> out.version(version));
    }

    void numbers(List<Integer> numbers) {
        list(numbers, (number, out) -> out.number(number));
    }

    /**
     * Leaves room for a frame's header; {@link #sealFrame} fills it in.
     *
     * @return where the frame begins
     */
    int openFrame() {
        int start = length;
        ensure(BinaryCodec.HEADER_BYTES);
        length += BinaryCodec.HEADER_BYTES;
        return start;
    }

    /** @param start what {@link #openFrame} returned */
    void sealFrame(int start) {
        int payload = start + BinaryCodec.HEADER_BYTES;
        crc.reset();
        crc.update(buffer, payload, length - payload);
        putInt(start, length - payload);
        putInt(start + Integer.BYTES, (int) crc.getValue());
    }

    private void putInt(int at, int value) {
        buffer[at] = (byte) (value >>> 24);
        buffer[at + 1] = (byte) (value >>> 16);
        buffer[at + 2] = (byte) (value >>> 8);
        buffer[at + 3] = (byte) value;
    }

    private void ensure(int more) {
        if (more > buffer.length - length) {
            grow(more);
        }
    }

    private void grow(int more) {
        long needed = (long) length + more;
        if (needed > MAX_ARRAY_BYTES) {
            throw new IllegalStateException("frames of more than 2 GiB are waiting to be sent at once");
        }
        buffer = Arrays.copyOf(buffer, (int) Math.min(MAX_ARRAY_BYTES, Math.max(needed, 2L * buffer.length)));
    }
}
