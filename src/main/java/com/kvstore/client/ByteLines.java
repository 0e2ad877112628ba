package com.kvstore.client;

import com.kvstore.common.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Splits a stream into lines at {@code \n}, byte for byte. Used from one thread.
 *
 * <p>Bounded: of a line longer than the limit only the beginning is kept, and {@link #truncated} says so.
 */
final class ByteLines {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final InputStream in;
    private final int maxBytes;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private long consumed;
    private boolean truncated;

    ByteLines(InputStream in, int maxBytes) {
        this.in = in;
        this.maxBytes = maxBytes;
    }

    /** The next line without its end; a last line needs none. Null at the end of the stream. */
    @Nullable Bytes next() throws IOException {
        truncated = false;
        ByteArrayOutputStream longLine = null;
        while (true) {
            if (position == limit && !fill()) {
                return longLine == null ? null : Bytes.wrap(longLine.toByteArray());
            }
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            int start = position;
            boolean whole = end < limit;
            position = whole ? end + 1 : end;
            consumed += position - start;
            if (whole && longLine == null) {
                return Bytes.wrap(Arrays.copyOfRange(buffer, start, end));
            }
            if (longLine == null) {
                longLine = new ByteArrayOutputStream();
            }
            int room = Math.min(end - start, maxBytes - longLine.size());
            truncated |= room < end - start;
            longLine.write(buffer, start, room);
            if (whole) {
                return Bytes.wrap(longLine.toByteArray());
            }
        }
    }

    /** Whether the line returned last is only the beginning of one. */
    boolean truncated() {
        return truncated;
    }

    /** Bytes of the lines returned so far. */
    long consumed() {
        return consumed;
    }

    private boolean fill() throws IOException {
        int count = in.read(buffer);
        position = 0;
        limit = Math.max(0, count);
        return count > 0;
    }
}
