package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.resp.Workspace.Entry;

/** Times to live: set, read and taken back. Thread-safe: functions only. */
final class ExpiryOperations {
    private static final int NO_KEY = -2;
    private static final int NO_DEADLINE = -1;

    private ExpiryOperations() {}

    /** A time to live, 1 ms or more, for commands that refuse any other. */
    static Expiry timeToLive(Arguments words, int i, boolean seconds) throws RespException {
        return Expiry.after(positiveMs(words, i, seconds, Long.MAX_VALUE - System.currentTimeMillis()));
    }

    /** A moment after 1970. */
    static Expiry deadline(Arguments words, int i, boolean seconds) throws RespException {
        return Expiry.at(positiveMs(words, i, seconds, Long.MAX_VALUE));
    }

    private static long positiveMs(Arguments words, int i, boolean seconds, long mostMs) throws RespException {
        long number = words.number(i);
        if (number <= 0 || number > (seconds ? mostMs / 1_000 : mostMs)) {
            throw invalid(words);
        }
        return seconds ? number * 1_000 : number;
    }

    private static RespException invalid(Arguments words) {
        return new RespException("ERR invalid expire time in '" + words.name() + "' command");
    }

    /** EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT; a time that has passed deletes. */
    static Operation expire(Arguments words) throws RespException {
        String name = words.name();
        boolean at = name.endsWith("at");
        boolean seconds = !name.startsWith("p");
        long number = words.number(2);
        if (seconds && (number > Long.MAX_VALUE / 1_000 || number < Long.MIN_VALUE / 1_000)) {
            throw invalid(words);
        }
        long ms = seconds ? number * 1_000 : number;
        Rule rule = Rule.parse(words);
        Bytes key = words.bytes(1);
        return Operation.writing(key, keys -> {
            if (!at && ms > Long.MAX_VALUE - keys.nowMs()) {
                throw invalid(words);
            }
            long deadlineMs = at ? ms : keys.nowMs() + ms;
            Entry entry = keys.get(key);
            if (entry == null || !rule.allows(entry.deadlineMs(), deadlineMs)) {
                return Reply.ZERO;
            }
            if (deadlineMs <= keys.nowMs()) {
                keys.delete(key);
            } else {
                keys.put(key, entry.value(), deadlineMs);
            }
            return Reply.ONE;
        });
    }

    /** NX, XX, GT and LT: when a deadline may be set over the one there is. No deadline counts as the latest. */
    private record Rule(boolean ifNone, boolean ifAny, boolean ifLater, boolean ifSooner) {
        static Rule parse(Arguments words) throws RespException {
            boolean nx = false;
            boolean xx = false;
            boolean gt = false;
            boolean lt = false;
            for (int i = 3; i < words.count(); i++) {
                switch (words.lower(i)) {
                    case "nx" -> nx = true;
                    case "xx" -> xx = true;
                    case "gt" -> gt = true;
                    case "lt" -> lt = true;
                    default -> throw new RespException("ERR Unsupported option " + words.text(i));
                }
            }
            if (nx && (xx || gt || lt)) {
                throw new RespException("ERR NX and XX, GT or LT options at the same time are not compatible");
            }
            if (gt && lt) {
                throw new RespException("ERR GT and LT options at the same time are not compatible");
            }
            return new Rule(nx, xx, gt, lt);
        }

        boolean allows(long presentMs, long wantedMs) {
            boolean none = presentMs == Expiry.NO_DEADLINE;
            return !(ifNone && !none)
                    && !(ifAny && none)
                    && !(ifLater && (none || wantedMs <= presentMs))
                    && !(ifSooner && !none && wantedMs >= presentMs);
        }
    }

    /** TTL, PTTL, EXPIRETIME and PEXPIRETIME. */
    static Operation remaining(Arguments words) {
        String name = words.name();
        boolean absolute = name.endsWith("expiretime");
        boolean seconds = !name.startsWith("p");
        Bytes key = words.bytes(1);
        return Operation.reading(key, keys -> {
            Entry entry = keys.get(key);
            if (entry == null) {
                return Reply.of(NO_KEY);
            }
            if (entry.deadlineMs() == Expiry.NO_DEADLINE) {
                return Reply.of(NO_DEADLINE);
            }
            long ms = absolute ? entry.deadlineMs() : Math.max(0, entry.deadlineMs() - keys.nowMs());
            if (!seconds) {
                return Reply.of(ms);
            }
            return Reply.of(absolute ? ms / 1_000 : (ms + 500) / 1_000);
        });
    }

    static Operation persist(Arguments words) {
        Bytes key = words.bytes(1);
        return Operation.writing(key, keys -> {
            Entry entry = keys.get(key);
            if (entry == null || entry.deadlineMs() == Expiry.NO_DEADLINE) {
                return Reply.ZERO;
            }
            keys.put(key, entry.value(), Expiry.NO_DEADLINE);
            return Reply.ONE;
        });
    }
}
