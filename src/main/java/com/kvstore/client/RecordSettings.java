package com.kvstore.client;

import java.nio.file.Path;

/**
 * What {@code record} does.
 *
 * @param out the history's file; overwritten
 * @param clients how many, each with a connection of its own and one request at a time
 * @param keys how many they fight for
 * @param durationMs when they stop at the latest
 * @param operations how many they ask for together at most; 0: no limit
 * @param perSecond how many a second they ask for together at most; 0: no limit
 * @param mix what they ask for
 * @param seed of the choices made; another one asks for other things
 */
public record RecordSettings(
        Path out, int clients, int keys, long durationMs, long operations, int perSecond, RecordMix mix, long seed) {
    public static final int MOST_CLIENTS = 256;
    public static final int MOST_KEYS = 1_000_000;

    public RecordSettings {
        if (clients < 1 || clients > MOST_CLIENTS) {
            throw new IllegalArgumentException("--clients is a number from 1 to " + MOST_CLIENTS);
        }
        if (keys < 1 || keys > MOST_KEYS) {
            throw new IllegalArgumentException("--keys is a number from 1 to " + MOST_KEYS);
        }
        if (durationMs < 1 || operations < 0 || perSecond < 0) {
            throw new IllegalArgumentException("--duration is above 0; --operations and --rate are 0 or more");
        }
    }
}
