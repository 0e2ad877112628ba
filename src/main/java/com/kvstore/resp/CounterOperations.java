package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.resp.Workspace.Entry;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** INCR and its kin. Thread-safe: functions only. */
final class CounterOperations {
    private static final int MAX_FLOAT_TEXT = 5 * 1024;
    private static final int MAX_SCALE = 4_932;
    /** As many as Redis prints of a long double. Here they are exact: the arithmetic is decimal. */
    private static final int MAX_DECIMALS = 17;

    private CounterOperations() {}

    /** INCR, DECR, INCRBY and DECRBY. */
    static Operation increment(Arguments words) throws RespException {
        long by = words.count() == 2 ? 1 : words.number(2);
        if (words.lower(0).startsWith("decr")) {
            if (by == Long.MIN_VALUE) {
                throw new RespException("ERR decrement would overflow");
            }
            by = -by;
        }
        Bytes key = words.bytes(1);
        long step = by;
        return Operation.writing(key, keys -> {
            Entry before = keys.get(key);
            long value = before == null ? 0 : Arguments.number(before.value().array());
            long sum = value + step;
            if (((value ^ sum) & (step ^ sum)) < 0) {
                throw new RespException("ERR increment or decrement would overflow");
            }
            keys.put(key, Bytes.of(Long.toString(sum)), before == null ? Expiry.NO_DEADLINE : before.deadlineMs());
            return Reply.of(sum);
        });
    }

    static Operation incrbyfloat(Arguments words) throws RespException {
        BigDecimal by = decimal(words.text(2));
        Bytes key = words.bytes(1);
        return Operation.writing(key, keys -> {
            Entry before = keys.get(key);
            BigDecimal value =
                    before == null ? BigDecimal.ZERO : decimal(before.value().text());
            BigDecimal sum = rounded(value.add(by)).stripTrailingZeros();
            Bytes text = Bytes.of(sum.signum() == 0 ? "0" : sum.toPlainString());
            keys.put(key, text, before == null ? Expiry.NO_DEADLINE : before.deadlineMs());
            return new Reply.Bulk(text);
        });
    }

    private static BigDecimal rounded(BigDecimal value) {
        return value.scale() > MAX_DECIMALS ? value.setScale(MAX_DECIMALS, RoundingMode.HALF_EVEN) : value;
    }

    private static BigDecimal decimal(String text) throws RespException {
        String lower = text.toLowerCase(java.util.Locale.ROOT);
        if (lower.endsWith("inf") || lower.endsWith("infinity")) {
            throw new RespException("ERR increment would produce NaN or Infinity");
        }
        try {
            if (text.length() <= MAX_FLOAT_TEXT) {
                BigDecimal value = new BigDecimal(text);
                // An exponent is cheap to write and dear to print.
                if (Math.abs((long) value.scale()) <= MAX_SCALE && value.precision() <= MAX_SCALE) {
                    return value;
                }
            }
        } catch (NumberFormatException notANumber) {
            // The same complaint.
        }
        throw new RespException(RespException.NOT_A_FLOAT);
    }
}
