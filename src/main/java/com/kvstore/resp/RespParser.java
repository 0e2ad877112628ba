package com.kvstore.resp;

import com.kvstore.common.Limits;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a connection's bytes into commands: arrays of bulk strings, or lines for people.
 *
 * <p>Takes no memory on a length's word: an argument is copied once it has arrived whole. An unfinished command is looked
 * at again from its beginning when it may be whole, and not before.
 *
 * <p>Threading: one connection's. Failure: a {@link RespException} in Redis' words; nothing after it can be understood.
 */
final class RespParser {
    private static final int MAX_WORDS = 1024 * 1024;
    private static final int MAX_INLINE_BYTES = 64 * 1024;
    private static final int MAX_NUMBER_BYTES = 32;
    private static final byte[][] NO_WORDS = {};

    private final int maxBulkBytes;
    /** Fewer bytes than this cannot make the unfinished command whole. */
    private int needed;

    /** @param maxValueBytes the longest value */
    RespParser(int maxValueBytes) {
        this.maxBulkBytes = Math.max(maxValueBytes, Limits.MAX_KEY_BYTES);
    }

    /** The next command, taken from {@code in}; null if it is not whole. A command of no words is an empty line. */
    @Nullable Arguments next(ByteBuf in) throws RespException {
        if (in.readableBytes() < Math.max(needed, 1)) {
            return null;
        }
        int start = in.readerIndex();
        byte[][] words = in.getByte(start) == '*' ? array(in) : inline(in);
        if (words == null) {
            needed = Math.max(needed, in.writerIndex() - start + 1);
            in.readerIndex(start);
            return null;
        }
        needed = 0;
        return new Arguments(words);
    }

    private byte @Nullable [][] array(ByteBuf in) throws RespException {
        int start = in.readerIndex();
        in.skipBytes(1);
        long count = number(in, "invalid multibulk length");
        if (count == UNFINISHED) {
            return null;
        }
        if (count > MAX_WORDS) {
            throw protocol("invalid multibulk length");
        }
        if (count <= 0) {
            return NO_WORDS;
        }
        if (count > in.readableBytes() / 4 + 1) {
            // Each word takes at least its header and line ends.
            needed = in.readerIndex() - start + (int) count * 4;
            return null;
        }
        byte[][] words = new byte[(int) count][];
        for (int i = 0; i < words.length; i++) {
            if (!in.isReadable()) {
                return null;
            }
            int kind = in.readByte();
            if (kind != '$') {
                throw protocol("expected '$', got '" + (char) (kind & 0x7f) + "'");
            }
            long length = number(in, "invalid bulk length");
            if (length == UNFINISHED) {
                return null;
            }
            if (length < 0 || length > maxBulkBytes) {
                throw protocol("invalid bulk length");
            }
            if (in.readableBytes() < length + 2) {
                needed = in.readerIndex() - start + (int) length + 2;
                return null;
            }
            byte[] word = new byte[(int) length];
            in.readBytes(word);
            in.skipBytes(2);
            words[i] = word;
        }
        return words;
    }

    private static final long UNFINISHED = Long.MIN_VALUE;

    /** A number and its line end. */
    private static long number(ByteBuf in, String error) throws RespException {
        long value = 0;
        boolean negative = false;
        int from = in.readerIndex();
        int end = Math.min(in.writerIndex(), from + MAX_NUMBER_BYTES);
        for (int i = from; i < end; i++) {
            byte next = in.getByte(i);
            if (next == '\r') {
                if (i == from || (negative && i == from + 1)) {
                    throw protocol(error);
                }
                if (i + 1 >= in.writerIndex()) {
                    return UNFINISHED;
                }
                in.readerIndex(i + 2);
                return negative ? -value : value;
            }
            if (next == '-' && i == from) {
                negative = true;
            } else if (next >= '0' && next <= '9' && value < Integer.MAX_VALUE) {
                value = value * 10 + (next - '0');
            } else {
                throw protocol(error);
            }
        }
        if (end - from >= MAX_NUMBER_BYTES) {
            throw protocol(error);
        }
        return UNFINISHED;
    }

    private static RespException protocol(String what) {
        return new RespException("ERR Protocol error: " + what);
    }

    private byte @Nullable [][] inline(ByteBuf in) throws RespException {
        int start = in.readerIndex();
        int end = in.indexOf(start, in.writerIndex(), (byte) '\n');
        if ((end < 0 ? in.writerIndex() : end) - start > MAX_INLINE_BYTES) {
            throw protocol("too big inline request");
        }
        if (end < 0) {
            return null;
        }
        byte[] line = new byte[end - start];
        in.readBytes(line);
        in.skipBytes(1);
        int length = line.length > 0 && line[line.length - 1] == '\r' ? line.length - 1 : line.length;
        return new InlineWords(line, length).split();
    }

    /** Splits a line as redis-cli does: "double quotes" with escapes, 'single quotes' without. */
    private static final class InlineWords {
        private final byte[] line;
        private final int length;
        private int at;
        private byte[] word = new byte[64];
        private int size;

        InlineWords(byte[] line, int length) {
            this.line = line;
            this.length = length;
        }

        byte[][] split() throws RespException {
            List<byte[]> words = new ArrayList<>();
            while (true) {
                while (at < length && line[at] <= ' ') {
                    at++;
                }
                if (at == length) {
                    return words.toArray(NO_WORDS);
                }
                size = 0;
                while (at < length && line[at] > ' ') {
                    byte next = line[at++];
                    if (next == '"' || next == '\'') {
                        quoted(next);
                    } else {
                        add(next);
                    }
                }
                words.add(java.util.Arrays.copyOf(word, size));
            }
        }

        private void quoted(byte quote) throws RespException {
            while (at < length) {
                byte next = line[at++];
                if (next == quote) {
                    if (at < length && line[at] > ' ') {
                        break;
                    }
                    return;
                }
                if (next == '\\' && at < length) {
                    next = quote == '"' ? escaped() : line[at] == '\'' ? line[at++] : next;
                }
                add(next);
            }
            throw protocol("unbalanced quotes in request");
        }

        private byte escaped() {
            byte next = line[at++];
            if (next == 'x' && at + 2 <= length) {
                int high = Character.digit(line[at], 16);
                int low = Character.digit(line[at + 1], 16);
                if (high >= 0 && low >= 0) {
                    at += 2;
                    return (byte) (high << 4 | low);
                }
            }
            return switch (next) {
                case 'n' -> '\n';
                case 'r' -> '\r';
                case 't' -> '\t';
                case 'b' -> '\b';
                case 'a' -> 7;
                default -> next;
            };
        }

        private void add(byte next) {
            if (size == word.length) {
                word = java.util.Arrays.copyOf(word, size * 2);
            }
            word[size++] = next;
        }
    }
}
