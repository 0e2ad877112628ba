package com.kvstore.resp;

import com.kvstore.common.Bytes;

/**
 * The slot Redis Cluster gives a key: CRC-16 (XMODEM) of the key, or of what stands between its first braces, modulo
 * 16,384. Only CLUSTER KEYSLOT shows it; where a key lives is the ring's business.
 */
final class KeySlot {
    private static final int POLYNOMIAL = 0x1021;
    private static final int SLOTS = 16_384;

    private KeySlot() {}

    static int of(Bytes key) {
        byte[] bytes = key.array();
        int from = 0;
        int to = bytes.length;
        for (int open = 0; open < bytes.length; open++) {
            if (bytes[open] == '{') {
                int close = open + 1;
                while (close < bytes.length && bytes[close] != '}') {
                    close++;
                }
                if (close < bytes.length && close > open + 1) {
                    from = open + 1;
                    to = close;
                }
                break;
            }
        }
        int crc = 0;
        for (int i = from; i < to; i++) {
            crc ^= (bytes[i] & 0xff) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ POLYNOMIAL : crc << 1;
            }
            crc &= 0xffff;
        }
        return crc % SLOTS;
    }
}
