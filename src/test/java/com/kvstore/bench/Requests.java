package com.kvstore.bench;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * The requests of a load: 16-byte keys out of a number of them, 100-byte values, in the Redis protocol, so that ours, Redis
 * and the floors are sent the very same bytes.
 *
 * <p>Threading: one load's.
 */
final class Requests {
    /** What is asked for. */
    enum Kind {
        PUT,
        /** Each key as likely as any other. */
        GET,
        /** Half reads, half writes, of which a few keys get most: zipfian, 0.99. */
        MIX
    }

    static final int KEY_BYTES = 16;
    static final int VALUE_BYTES = 100;
    private static final double SKEW = 0.99;
    private static final byte[] WAIT = "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$1\r\n0\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Kind kind;
    private final Random random;
    private final byte[][] sets;
    private final byte[][] gets;
    private final Zipfian zipfian;

    Requests(Kind kind, int keys, long seed) {
        this.kind = kind;
        this.random = new Random(seed);
        this.zipfian = new Zipfian(keys, SKEW, new Random(seed + 1));
        this.sets = new byte[keys][];
        this.gets = new byte[keys][];
        for (int i = 0; i < keys; i++) {
            sets[i] = set(i);
            gets[i] = ("*2\r\n$3\r\nGET\r\n$16\r\n" + key(i) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** @param number of the key */
    static String key(int number) {
        return String.format("key:%012d", number);
    }

    private byte[] set(int number) {
        StringBuilder value = new StringBuilder(VALUE_BYTES);
        while (value.length() < VALUE_BYTES) {
            value.append((char) ('a' + random.nextInt(26)));
        }
        return ("*3\r\n$3\r\nSET\r\n$16\r\n" + key(number) + "\r\n$100\r\n" + value + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** How many keys there are. */
    int keys() {
        return sets.length;
    }

    byte[] setOf(int number) {
        return sets[number];
    }

    /** The next request. */
    byte[] next() {
        return switch (kind) {
            case PUT -> sets[random.nextInt(sets.length)];
            case GET -> gets[random.nextInt(gets.length)];
            case MIX -> (random.nextBoolean() ? sets : gets)[zipfian.next()];
        };
    }

    /** Redis answers this once one replica has all that the connection wrote. */
    static byte[] waitForOneReplica() {
        return WAIT;
    }
}
