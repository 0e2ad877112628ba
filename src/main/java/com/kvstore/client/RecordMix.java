package com.kvstore.client;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;

/** How often {@code record} asks for what, as weights. Immutable. */
public final class RecordMix {
    /** What can be asked for. */
    enum Op {
        GET,
        PUT,
        UPDATE,
        DELETE,
        MULTI_PUT,
        MULTI_GET;

        /** As it stands in {@code --mix} and in the history. */
        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Half of it reads; every tenth request is about several keys. */
    public static final RecordMix DEFAULT = parse("get=40,put=30,update=10,delete=10,multi-put=5,multi-get=5");

    private static final int MOST = 1_000_000;

    private final Map<Op, Integer> weights;
    private final int total;

    private RecordMix(Map<Op, Integer> weights) {
        this.weights = new EnumMap<>(weights);
        this.total = weights.values().stream().mapToInt(Integer::intValue).sum();
    }

    /**
     * @param text as {@code get=40,put=60}; what is not named is not asked for
     * @throws IllegalArgumentException with a message for people
     */
    public static RecordMix parse(String text) {
        Map<Op, Integer> weights = new EnumMap<>(Op.class);
        int total = 0;
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("--mix is a list such as get=40,put=60, not '" + text + "'");
            }
            int weight = weight(part.substring(equals + 1));
            weights.put(op(part.substring(0, equals)), weight);
            total += weight;
        }
        if (total < 1 || total > MOST) {
            throw new IllegalArgumentException("--mix asks for nothing: give something a number above 0");
        }
        return new RecordMix(weights);
    }

    private static Op op(String word) {
        for (Op op : Op.values()) {
            if (op.word().equals(word)) {
                return op;
            }
        }
        throw new IllegalArgumentException("--mix knows no '" + word + "', only "
                + String.join(", ", Arrays.stream(Op.values()).map(Op::word).toList()));
    }

    private static int weight(String number) {
        if (number.matches("[0-9]{1,5}")) {
            return Integer.parseInt(number);
        }
        throw new IllegalArgumentException("--mix takes whole numbers up to 99999, not '" + number + "'");
    }

    boolean has(Op op) {
        return weights.getOrDefault(op, 0) > 0;
    }

    Op pick(RandomGenerator random) {
        int left = random.nextInt(total);
        for (Map.Entry<Op, Integer> entry : weights.entrySet()) {
            left -= entry.getValue();
            if (left < 0) {
                return entry.getKey();
            }
        }
        throw new IllegalStateException("weights of " + total + " do not reach that");
    }
}
