package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Condition.Kind;

/** Conditions in binary. Thread-safe: no state. */
final class ConditionBinary {
    private static final Kind[] KINDS = Kind.values();

    private ConditionBinary() {}

    static void write(Condition condition, FrameWriter out) {
        out.choice(condition.kind());
        Bytes value = condition.value();
        if (value != null) {
            out.bytes(value);
        } else if (Condition.namesVersion(condition.kind())) {
            out.version(condition.version());
        }
    }

    static Condition read(FrameReader in) throws ProtocolException {
        return switch (in.choice(KINDS)) {
            case NONE -> Condition.NONE;
            case EXISTS -> Condition.EXISTS;
            case ABSENT -> Condition.ABSENT;
            case VERSION -> Condition.versionIs(in.version());
            case EXPIRED -> Condition.expired(in.version());
            case VALUE -> Condition.valueIs(in.bytes());
        };
    }
}
