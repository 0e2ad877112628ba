package com.kvstore.resp;

import com.kvstore.common.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Writes replies into a buffer that is used again and again.
 *
 * <p>Threading: one thread at a time.
 */
final class ReplyWriter {
    private static final int FIRST_BYTES = 1024;
    private static final int RETAINED_BYTES = 64 * 1024;
    private static final byte[] OK = ascii("+OK\r\n");
    private static final byte[] NULL_2 = ascii("$-1\r\n");
    private static final byte[] NULL_3 = ascii("_\r\n");
    private static final byte[] NULL_ARRAY_2 = ascii("*-1\r\n");

    private byte[] buffer = new byte[FIRST_BYTES];
    private int length;

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    byte[] array() {
        return buffer;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
        if (buffer.length > RETAINED_BYTES) {
            buffer = new byte[FIRST_BYTES];
        }
    }

    void ok() {
        raw(OK, 0, OK.length);
    }

    void bulk(Bytes bytes) {
        header('$', bytes.length());
        raw(bytes.array(), 0, bytes.length());
        line();
    }

    void nothing(int version) {
        byte[] bytes = version == 2 ? NULL_2 : NULL_3;
        raw(bytes, 0, bytes.length);
    }

    void problem(String text) {
        reserve(1);
        buffer[length++] = '-';
        // One line, whatever the message: a line end in it would be the next reply.
        text(text.replace('\r', ' ').replace('\n', ' '));
        line();
    }

    /** @param version 2 or 3 */
    void write(Reply reply, int version) {
        if (reply instanceof Reply.Bulk bulk) {
            bulk(bulk.bytes());
        } else if (reply instanceof Reply.Simple simple) {
            reserve(1);
            buffer[length++] = '+';
            text(simple.text());
            line();
        } else if (reply instanceof Reply.Int number) {
            header(':', number.value());
        } else if (reply instanceof Reply.Null) {
            nothing(version);
        } else if (reply instanceof Reply.NullArray) {
            raw(version == 2 ? NULL_ARRAY_2 : NULL_3, 0, version == 2 ? NULL_ARRAY_2.length : NULL_3.length);
        } else if (reply instanceof Reply.Problem problem) {
            problem(problem.text());
        } else if (reply instanceof Reply.Array array) {
            elements('*', array.elements().size(), array.elements(), version);
        } else if (reply instanceof Reply.Pairs pairs) {
            int size = pairs.elements().size();
            elements(version == 2 ? '*' : '%', version == 2 ? size : size / 2, pairs.elements(), version);
        } else if (reply instanceof Reply.Verbatim verbatim) {
            byte[] text = verbatim.text().getBytes(StandardCharsets.UTF_8);
            header(version == 2 ? '$' : '=', version == 2 ? text.length : text.length + 4L);
            if (version != 2) {
                raw(ascii("txt:"), 0, 4);
            }
            raw(text, 0, text.length);
            line();
        }
    }

    private void elements(char kind, int count, List<Reply> elements, int version) {
        header(kind, count);
        for (Reply element : elements) {
            write(element, version);
        }
    }

    private void header(char kind, long number) {
        reserve(32);
        buffer[length++] = (byte) kind;
        number(number);
        line();
    }

    private void number(long number) {
        if (number == Long.MIN_VALUE) {
            text(Long.toString(number));
            return;
        }
        long rest = number;
        if (rest < 0) {
            buffer[length++] = '-';
            rest = -rest;
        }
        int digits = 1;
        for (long ten = rest; ten >= 10; ten /= 10) {
            digits++;
        }
        for (int at = length + digits - 1; at >= length; at--) {
            buffer[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
    }

    private void text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        raw(bytes, 0, bytes.length);
    }

    private void line() {
        reserve(2);
        buffer[length++] = '\r';
        buffer[length++] = '\n';
    }

    private void raw(byte[] bytes, int offset, int count) {
        reserve(count);
        System.arraycopy(bytes, offset, buffer, length, count);
        length += count;
    }

    private void reserve(int more) {
        if (buffer.length - length < more) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
        }
    }
}
