package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.resp.Workspace.Entry;
import java.util.List;

/** DEL, EXISTS, RENAME and their kin. Thread-safe: functions only. */
final class KeyOperations {
    private KeyOperations() {}

    /** DEL and UNLINK. */
    static Operation del(Arguments words) {
        List<Bytes> deleted = words.every(1, 1);
        return new Operation(deleted, false, keys -> {
            int count = 0;
            for (Bytes key : deleted) {
                if (keys.holds(key)) {
                    keys.delete(key);
                    count++;
                }
            }
            return Reply.of(count);
        });
    }

    /** EXISTS and TOUCH: a key that is named twice counts twice. */
    static Operation exists(Arguments words) {
        List<Bytes> asked = words.every(1, 1);
        return new Operation(asked, true, keys -> {
            int count = 0;
            for (Bytes key : asked) {
                count += keys.holds(key) ? 1 : 0;
            }
            return Reply.of(count);
        });
    }

    static Operation type(Arguments words) {
        Bytes key = words.bytes(1);
        return Operation.reading(key, keys -> new Reply.Simple(keys.holds(key) ? "string" : "none"));
    }

    /** RENAME and RENAMENX. */
    static Operation rename(Arguments words) {
        boolean onlyNew = words.is(0, "renamenx");
        Bytes from = words.bytes(1);
        Bytes to = words.bytes(2);
        return new Operation(List.of(from, to), false, keys -> {
            Entry entry = keys.get(from);
            if (entry == null) {
                throw new RespException("ERR no such key");
            }
            if (onlyNew && keys.holds(to)) {
                return Reply.ZERO;
            }
            keys.delete(from);
            keys.put(to, entry.value(), entry.deadlineMs());
            return onlyNew ? Reply.ONE : Reply.OK;
        });
    }

    static Operation copy(Arguments words) throws RespException {
        boolean replace = false;
        for (int i = 3; i < words.count(); i++) {
            if (words.is(i, "replace")) {
                replace = true;
            } else if (words.is(i, "db") && i + 1 < words.count()) {
                if (words.number(++i) != 0) {
                    throw new RespException("ERR DB index is out of range");
                }
            } else {
                throw new RespException(RespException.SYNTAX);
            }
        }
        Bytes from = words.bytes(1);
        Bytes to = words.bytes(2);
        if (from.equals(to)) {
            throw new RespException("ERR source and destination objects are the same");
        }
        boolean overwrite = replace;
        return new Operation(List.of(from, to), false, keys -> {
            Entry entry = keys.get(from);
            if (entry == null || (keys.holds(to) && !overwrite)) {
                return Reply.ZERO;
            }
            keys.put(to, entry.value(), entry.deadlineMs());
            return Reply.ONE;
        });
    }

    /** OBJECT ENCODING, as Redis would store the value. */
    static Operation encoding(Arguments words) {
        Bytes key = words.bytes(2);
        return Operation.reading(key, keys -> {
            Entry entry = keys.get(key);
            if (entry == null) {
                return Reply.NULL;
            }
            try {
                Arguments.number(entry.value().array());
                return Reply.bulk("int");
            } catch (RespException notANumber) {
                return Reply.bulk(entry.value().length() <= 44 ? "embstr" : "raw");
            }
        });
    }

    /** MEMORY USAGE: what the two copies take together, roughly. */
    static Operation memoryUsage(Arguments words) throws RespException {
        for (int i = 3; i < words.count(); i += 2) {
            if (!words.is(i, "samples") || i + 1 == words.count()) {
                throw new RespException(RespException.SYNTAX);
            }
            if (words.number(i + 1) < 0) {
                throw new RespException(RespException.SYNTAX);
            }
        }
        Bytes key = words.bytes(2);
        return Operation.reading(key, keys -> {
            Entry entry = keys.get(key);
            if (entry == null) {
                return Reply.NULL;
            }
            int deadline = entry.deadlineMs() == Expiry.NO_DEADLINE ? 0 : Long.BYTES;
            return Reply.of(2L * (key.length() + entry.value().length() + deadline + RECORD_OVERHEAD_BYTES));
        });
    }

    /** The packed record's header, its array's, and its place in the table. */
    private static final int RECORD_OVERHEAD_BYTES = 24 + 16 + 20;
}
