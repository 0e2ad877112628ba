package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.resp.Workspace.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** GET, SET and their kin. Thread-safe: functions only. */
final class StringOperations {
    private static final String TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

    private StringOperations() {}

    static Reply reply(@Nullable Entry entry) {
        return entry == null ? Reply.NULL : new Reply.Bulk(entry.value());
    }

    static Operation get(Arguments words) {
        Bytes key = words.bytes(1);
        return Operation.reading(key, keys -> reply(keys.get(key)));
    }

    static Operation set(Arguments words) throws RespException {
        SetOptions options = SetOptions.parse(words);
        Bytes key = words.bytes(1);
        Bytes value = words.bytes(2);
        return Operation.writing(key, keys -> {
            Entry before = keys.get(key);
            boolean applies = options.allows(before);
            if (applies) {
                long kept = options.keepTtl() && before != null ? before.deadlineMs() : Expiry.NO_DEADLINE;
                keys.put(key, value, options.keepTtl() ? kept : options.expiry().deadlineMs(keys.nowMs()));
            }
            if (options.get()) {
                return reply(before);
            }
            return applies ? Reply.OK : Reply.NULL;
        });
    }

    static Operation setnx(Arguments words) {
        Bytes key = words.bytes(1);
        Bytes value = words.bytes(2);
        return Operation.writing(key, keys -> {
            if (keys.holds(key)) {
                return Reply.ZERO;
            }
            keys.put(key, value, Expiry.NO_DEADLINE);
            return Reply.ONE;
        });
    }

    /** SETEX and PSETEX. */
    static Operation setex(Arguments words) throws RespException {
        boolean seconds = words.is(0, "setex");
        Expiry expiry = ExpiryOperations.timeToLive(words, 2, seconds);
        Bytes key = words.bytes(1);
        Bytes value = words.bytes(3);
        return Operation.writing(key, keys -> {
            keys.put(key, value, expiry.deadlineMs(keys.nowMs()));
            return Reply.OK;
        });
    }

    static Operation getset(Arguments words) {
        Bytes key = words.bytes(1);
        Bytes value = words.bytes(2);
        return Operation.writing(key, keys -> {
            Reply before = reply(keys.get(key));
            keys.put(key, value, Expiry.NO_DEADLINE);
            return before;
        });
    }

    static Operation getdel(Arguments words) {
        Bytes key = words.bytes(1);
        return Operation.writing(key, keys -> {
            Reply before = reply(keys.get(key));
            keys.delete(key);
            return before;
        });
    }

    static Operation getex(Arguments words) throws RespException {
        Bytes key = words.bytes(1);
        if (words.count() == 2) {
            return get(words);
        }
        boolean persist = words.is(2, "persist");
        if (persist ? words.count() != 3 : words.count() != 4) {
            throw new RespException(RespException.SYNTAX);
        }
        if (!persist && !SetOptions.isExpiry(words, 2)) {
            throw new RespException(RespException.SYNTAX);
        }
        return Operation.writing(key, keys -> {
            Entry entry = keys.get(key);
            if (entry != null) {
                // Redis, too, judges the time only where there is something to expire.
                Expiry expiry = persist ? Expiry.NEVER : SetOptions.expiry(words, 2);
                keys.put(key, entry.value(), expiry.deadlineMs(keys.nowMs()));
            }
            return reply(entry);
        });
    }

    static Operation mget(Arguments words) {
        List<Bytes> asked = words.every(1, 1);
        return new Operation(asked, true, keys -> {
            List<Reply> values = new ArrayList<>(asked.size());
            for (Bytes key : asked) {
                values.add(reply(keys.get(key)));
            }
            return new Reply.Array(values);
        });
    }

    /** MSET and MSETNX. */
    static Operation mset(Arguments words) throws RespException {
        if (words.count() % 2 == 0) {
            throw RespException.wrongNumber(words.name());
        }
        boolean onlyNew = words.is(0, "msetnx");
        List<Bytes> written = words.every(1, 2);
        List<Bytes> values = words.every(2, 2);
        return new Operation(written, false, keys -> {
            if (onlyNew && written.stream().anyMatch(keys::holds)) {
                return Reply.ZERO;
            }
            for (int i = 0; i < written.size(); i++) {
                keys.put(written.get(i), values.get(i), Expiry.NO_DEADLINE);
            }
            return onlyNew ? Reply.ONE : Reply.OK;
        });
    }

    static Operation append(Arguments words) {
        Bytes key = words.bytes(1);
        Bytes tail = words.bytes(2);
        return Operation.writing(key, keys -> {
            Entry before = keys.get(key);
            byte[] head = before == null ? new byte[0] : before.value().array();
            byte[] joined = Arrays.copyOf(head, head.length + tail.length());
            System.arraycopy(tail.array(), 0, joined, head.length, tail.length());
            keys.put(key, Bytes.wrap(joined), before == null ? Expiry.NO_DEADLINE : before.deadlineMs());
            return Reply.of(joined.length);
        });
    }

    static Operation strlen(Arguments words) {
        Bytes key = words.bytes(1);
        return Operation.reading(key, keys -> {
            Entry entry = keys.get(key);
            return Reply.of(entry == null ? 0 : entry.value().length());
        });
    }

    /** GETRANGE and SUBSTR. */
    static Operation getrange(Arguments words) throws RespException {
        Bytes key = words.bytes(1);
        long first = words.number(2);
        long last = words.number(3);
        return Operation.reading(key, keys -> {
            Entry entry = keys.get(key);
            byte[] value = entry == null ? new byte[0] : entry.value().array();
            long from = Math.max(0, first < 0 ? first + value.length : first);
            long to = Math.min(value.length - 1L, Math.max(0, last < 0 ? last + value.length : last));
            boolean empty = value.length == 0 || from > to || (first < 0 && last < 0 && first > last);
            return new Reply.Bulk(
                    empty ? Bytes.EMPTY : Bytes.wrap(Arrays.copyOfRange(value, (int) from, (int) to + 1)));
        });
    }

    static Operation setrange(Arguments words) throws RespException {
        Bytes key = words.bytes(1);
        long offset = words.number(2);
        Bytes patch = words.bytes(3);
        if (offset < 0) {
            throw new RespException("ERR offset is out of range");
        }
        if (offset > Integer.MAX_VALUE - 16 - patch.length()) {
            throw new RespException(TOO_LONG);
        }
        return Operation.writing(key, keys -> {
            Entry before = keys.get(key);
            byte[] value = before == null ? new byte[0] : before.value().array();
            if (patch.length() == 0) {
                return Reply.of(value.length);
            }
            int length = Math.max(value.length, (int) offset + patch.length());
            keys.checkLength(length);
            byte[] patched = Arrays.copyOf(value, length);
            System.arraycopy(patch.array(), 0, patched, (int) offset, patch.length());
            keys.put(key, Bytes.wrap(patched), before == null ? Expiry.NO_DEADLINE : before.deadlineMs());
            return Reply.of(length);
        });
    }
}
