package com.kvstore.resp;

import com.kvstore.common.Limits;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a connection's bytes into commands: arrays of bulk strings, or lines for people.
 *
 * <p>Takes no memory on a length's word: words are copied once the whole command has arrived. Until then only their
 * places are remembered, so that a long command that comes in small pieces is looked at once and not again for each.
 *
 * <p>Threading: one connection's. Failure: a {@link RespException} in Redis' words; nothing after it can be understood.
 */
final class RespParser {
    private static final int MAX_WORDS = 1024 * 1024;
    private static final int MAX_INLINE_BYTES = 64 * 1024;
    private static final int MAX_NUMBER_BYTES = 32;
    private static final int FIRST_PLACES = 16;
    private static final int RETAINED_PLACES = 1_024;
    private static final byte[][] NO_WORDS = {};

    private final int maxBulkBytes;
    /** Fewer bytes than this cannot make the unfinished command whole. */
    private int needed;

    /** Of the unfinished array: how many words it has; 0 if that is not known yet. */
    private int count;
    /** How many of them have arrived. */
    private int found;
    /** Where to go on, from the command's first byte; also where an unfinished line need not be looked at again. */
    private int offset;
    /** Where each word begins, from the command's first byte, and how long it is. */
    private int[] places = new int[FIRST_PLACES];

    /** @param maxValueBytes the longest value */
    RespParser(int maxValueBytes) {
        this.maxBulkBytes = Math.max(maxValueBytes, Limits.MAX_KEY_BYTES);
    }

    /** The next command, taken from {@code in}; null if it is not whole. A command of no words is an empty line. */
    @Nullable Arguments next(ByteBuf in) throws RespException {
        int start = in.readerIndex();
        if (in.readableBytes() < Math.max(needed, 1)) {
            return null;
        }
        byte[][] words = in.getByte(start) == '*' ? array(in, start) : inline(in, start);
        if (words == null) {
            needed = Math.max(needed, in.writerIndex() - start + 1);
            in.readerIndex(start);
            return null;
        }
        needed = 0;
        count = 0;
        found = 0;
        offset = 0;
        if (places.length > RETAINED_PLACES) {
            places = new int[FIRST_PLACES];
        }
        return new Arguments(words);
    }

    private byte @Nullable [][] array(ByteBuf in, int start) throws RespException {
        if (count == 0) {
            in.skipBytes(1);
            long announced = number(in, "invalid multibulk length");
            if (announced == UNFINISHED) {
                return null;
            }
            if (announced > MAX_WORDS) {
                throw protocol("invalid multibulk length");
            }
            if (announced <= 0) {
                return NO_WORDS;
            }
            count = (int) announced;
            offset = in.readerIndex() - start;
        }
        in.readerIndex(start + offset);
        while (found < count) {
            if (!find(in, start)) {
                return null;
            }
        }
        byte[][] words = new byte[count][];
        for (int i = 0; i < count; i++) {
            byte[] word = new byte[places[2 * i + 1]];
            in.getBytes(start + places[2 * i], word);
            words[i] = word;
        }
        return words;
    }

    /** Looks for one more word. @return whether it is there */
    private boolean find(ByteBuf in, int start) throws RespException {
        if (!in.isReadable()) {
            return false;
        }
        int kind = in.readByte();
        if (kind != '$') {
            throw protocol("expected '$', got '" + (char) (kind & 0x7f) + "'");
        }
        long length = number(in, "invalid bulk length");
        if (length == UNFINISHED) {
            return false;
        }
        if (length < 0 || length > maxBulkBytes) {
            throw protocol("invalid bulk length");
        }
        if (in.readableBytes() < length + 2) {
            needed = in.readerIndex() - start + (int) length + 2;
            return false;
        }
        if (2 * found == places.length) {
            places = Arrays.copyOf(places, 2 * places.length);
        }
        places[2 * found] = in.readerIndex() - start;
        places[2 * found + 1] = (int) length;
        found++;
        in.skipBytes((int) length + 2);
        offset = in.readerIndex() - start;
        return true;
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

    private byte @Nullable [][] inline(ByteBuf in, int start) throws RespException {
        int end = in.indexOf(start + offset, in.writerIndex(), (byte) '\n');
        if ((end < 0 ? in.writerIndex() : end) - start > MAX_INLINE_BYTES) {
            throw protocol("too big inline request");
        }
        if (end < 0) {
            offset = in.writerIndex() - start;
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
                words.add(Arrays.copyOf(word, size));
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
                word = Arrays.copyOf(word, size * 2);
            }
            word[size++] = next;
        }
    }
}
