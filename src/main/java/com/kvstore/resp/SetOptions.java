package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.resp.Workspace.Entry;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind SET's key and value.
 *
 * @param mustBe null: any; true: only if the key is there; false: only if it is not
 * @param mustEqual only if the key has this value; null: any
 */
record SetOptions(@Nullable Boolean mustBe, @Nullable Bytes mustEqual, boolean get, boolean keepTtl, Expiry expiry) {
    static final SetOptions NONE = new SetOptions(null, null, false, false, Expiry.NEVER);

    boolean allows(@Nullable Entry before) {
        if (mustEqual != null) {
            return before != null && before.value().equals(mustEqual);
        }
        return mustBe == null || mustBe == (before != null);
    }

    /** Whether it depends on nothing that is there: a plain write. */
    boolean isPlain() {
        return mustBe == null && mustEqual == null && !get && !keepTtl;
    }

    static SetOptions parse(Arguments words) throws RespException {
        if (words.count() == 3) {
            return NONE;
        }
        Boolean mustBe = null;
        Bytes mustEqual = null;
        boolean get = false;
        boolean keepTtl = false;
        Expiry expiry = null;
        for (int i = 3; i < words.count(); i++) {
            boolean conditional = mustBe != null || mustEqual != null;
            boolean timed = keepTtl || expiry != null;
            if (!conditional && (words.is(i, "nx") || words.is(i, "xx"))) {
                mustBe = words.is(i, "xx");
            } else if (!conditional && words.is(i, "ifeq") && i + 1 < words.count()) {
                mustEqual = words.bytes(++i);
            } else if (words.is(i, "get")) {
                get = true;
            } else if (!timed && words.is(i, "keepttl")) {
                keepTtl = true;
            } else if (!timed && isExpiry(words, i)) {
                expiry = expiry(words, i++);
            } else {
                throw new RespException(RespException.SYNTAX);
            }
        }
        return new SetOptions(mustBe, mustEqual, get, keepTtl, expiry == null ? Expiry.NEVER : expiry);
    }

    /** Whether EX, PX, EXAT or PXAT stands at word {@code i}, and something behind it. */
    static boolean isExpiry(Arguments words, int i) {
        return i + 1 < words.count()
                && (words.is(i, "ex") || words.is(i, "px") || words.is(i, "exat") || words.is(i, "pxat"));
    }

    /** What stands there. */
    static Expiry expiry(Arguments words, int i) throws RespException {
        boolean at = words.is(i, "exat") || words.is(i, "pxat");
        boolean seconds = words.is(i, "ex") || words.is(i, "exat");
        return at
                ? ExpiryOperations.deadline(words, i + 1, seconds)
                : ExpiryOperations.timeToLive(words, i + 1, seconds);
    }
}
