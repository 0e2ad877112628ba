package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Condition.Kind;

/**
 * Conditions as JSON: {@code "if":"exists"}, {@code "absent"}, {@code "version"} with {@code if_version}, {@code "value"}
 * with {@code if_value}; nothing for none.
 *
 * <p>Thread-safe: no state.
 */
final class ConditionJson {
    private static final String IF = "if";
    private static final String IF_VERSION = "if_version";
    private static final String IF_VALUE = "if_value";
    private static final Kind[] KINDS = Kind.values();

    private ConditionJson() {}

    static JsonOut write(Condition condition, JsonOut out) {
        Bytes value = condition.value();
        if (condition.isNone()) {
            return out;
        }
        out.put(IF, JsonIn.wireName(condition.kind())).putIfPresent(IF_VALUE, value);
        return Condition.namesVersion(condition.kind()) ? out.put(IF_VERSION, condition.version()) : out;
    }

    /** @param absent what it means when nothing is said */
    static Condition read(JsonIn in, Condition absent) throws ProtocolException {
        if (!in.has(IF)) {
            return absent;
        }
        return switch (in.choice(IF, KINDS)) {
            case NONE -> Condition.NONE;
            case EXISTS -> Condition.EXISTS;
            case ABSENT -> Condition.ABSENT;
            case VERSION -> Condition.versionIs(in.version(IF_VERSION));
            case EXPIRED -> Condition.expired(in.version(IF_VERSION));
            case VALUE -> Condition.valueIs(in.bytes(IF_VALUE));
        };
    }
}
