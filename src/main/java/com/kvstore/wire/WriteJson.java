package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Expiry;
import com.kvstore.common.Write;

/**
 * One write of a client as JSON: {@code put}, {@code update} (there must be a value) and {@code delete}, with {@code key},
 * {@code value}, a time to live in {@code ttl_ms} or a deadline in {@code expires_at_ms}, and a condition.
 *
 * <p>Thread-safe: no state.
 */
final class WriteJson {
    private static final String KEY = "key";
    private static final String VALUE = "value";
    private static final String MUST_EXIST = "must_exist";
    private static final String TTL = "ttl_ms";
    private static final String EXPIRES_AT = "expires_at_ms";

    private WriteJson() {}

    /** The operation that says what {@code write} does, so far as an operation can. */
    static String opOf(Write write) {
        if (write.value() == null) {
            return "delete";
        }
        return write.condition().kind() == Condition.Kind.EXISTS ? "update" : "put";
    }

    static void write(Write write, JsonOut out) {
        out.put(KEY, write.key()).putIfPresent(VALUE, write.value());
        switch (write.expiry().kind()) {
            case AT -> out.put(EXPIRES_AT, write.expiry().ms());
            case AFTER -> out.put(TTL, write.expiry().ms());
            case NEVER -> {}
        }
        Condition condition = write.condition();
        if (condition.isNone() && write.value() == null) {
            out.put(MUST_EXIST, false);
        } else if (condition.kind() != Condition.Kind.EXISTS) {
            ConditionJson.write(condition, out);
        }
    }

    static Write read(String op, JsonIn in) throws ProtocolException {
        Bytes key = in.bytes(KEY);
        return switch (op) {
            case "put", "set" -> new Write(key, in.bytes(VALUE), expiry(in), ConditionJson.read(in, Condition.NONE));
            case "update" -> new Write(key, in.bytes(VALUE), expiry(in), ConditionJson.read(in, Condition.EXISTS));
            case "delete", "del" -> {
                Condition absent = in.flag(MUST_EXIST, true) ? Condition.EXISTS : Condition.NONE;
                yield new Write(key, null, ConditionJson.read(in, absent));
            }
            default ->
                throw new ProtocolException(
                        "transact: \"op\" must be put, update or delete, not '" + JsonText.shorten(op) + "'");
        };
    }

    private static Expiry expiry(JsonIn in) throws ProtocolException {
        if (in.has(TTL) && in.has(EXPIRES_AT)) {
            throw new ProtocolException("give either \"" + TTL + "\" or \"" + EXPIRES_AT + "\", not both");
        }
        if (in.has(TTL)) {
            return Expiry.after(positive(in, TTL));
        }
        return in.has(EXPIRES_AT) ? Expiry.at(positive(in, EXPIRES_AT)) : Expiry.NEVER;
    }

    private static long positive(JsonIn in, String name) throws ProtocolException {
        long ms = in.number(name);
        if (ms == 0) {
            throw new ProtocolException("\"" + name + "\" must be at least 1 millisecond");
        }
        return ms;
    }
}
