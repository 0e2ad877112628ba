package com.kvstore.resp;

import com.kvstore.common.Bytes;
import java.util.ArrayList;
import java.util.List;

/** What a command answers, whichever version of the protocol it will be written in. Immutable. */
sealed interface Reply {
    Reply OK = new Simple("OK");
    Reply QUEUED = new Simple("QUEUED");
    Reply NULL = new Null();
    Reply ZERO = new Int(0);
    Reply ONE = new Int(1);

    /** A short text without line ends. */
    record Simple(String text) implements Reply {}

    /** @param text begins with its code */
    record Problem(String text) implements Reply {}

    record Int(long value) implements Reply {}

    record Bulk(Bytes bytes) implements Reply {}

    record Null() implements Reply {}

    /** No array at all: what EXEC answers when a watched key has changed. */
    record NullArray() implements Reply {}

    record Array(List<Reply> elements) implements Reply {
        public Array {
            elements = List.copyOf(elements);
        }
    }

    /** Keys and values in turn; an array in version 2. */
    record Pairs(List<Reply> elements) implements Reply {
        public Pairs {
            elements = List.copyOf(elements);
        }
    }

    /** Text for people with line ends; a bulk string in version 2. */
    record Verbatim(String text) implements Reply {}

    /** How long it is when written, roughly; what is one object in memory may be written many times. */
    static long size(Reply reply) {
        if (reply instanceof Bulk bulk) {
            return bulk.bytes().length() + 16L;
        }
        if (reply instanceof Array array) {
            long sum = 16;
            for (Reply element : array.elements()) {
                sum += size(element);
            }
            return sum;
        }
        return 16;
    }

    static Reply of(long number) {
        return number == 0 ? ZERO : number == 1 ? ONE : new Int(number);
    }

    static Reply of(boolean yes) {
        return yes ? ONE : ZERO;
    }

    static Reply bulk(String text) {
        return new Bulk(Bytes.of(text));
    }

    static Reply array(Reply... elements) {
        return new Array(List.of(elements));
    }

    static Reply bulks(Iterable<Bytes> values) {
        List<Reply> elements = new ArrayList<>();
        values.forEach(value -> elements.add(new Bulk(value)));
        return new Array(elements);
    }
}
