package com.kvstore.client;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.UUID;

/** A client's random name, under which nodes remember what they did for it. Thread-safe: no state. */
final class ClientName {
    private static final int RANDOM_BYTES = 16;
    private static final String HEX = "0123456789abcdef";

    private ClientName() {}

    /**
     * At least 122 random bits: two clients never share a name.
     *
     * <p>Asked of the kernel directly where that is possible, because starting Java's secure random takes as long as
     * everything else a one-shot command does.
     */
    static String random() {
        try (InputStream kernel = new FileInputStream("/dev/urandom")) {
            byte[] bytes = kernel.readNBytes(RANDOM_BYTES);
            if (bytes.length == RANDOM_BYTES) {
                StringBuilder name = new StringBuilder(2 * RANDOM_BYTES);
                for (byte b : bytes) {
                    name.append(HEX.charAt(b >> 4 & 0xf)).append(HEX.charAt(b & 0xf));
                }
                return name.toString();
            }
        } catch (IOException noSuchDevice) {
            // Another system: Java's own way.
        }
        return UUID.randomUUID().toString();
    }
}
