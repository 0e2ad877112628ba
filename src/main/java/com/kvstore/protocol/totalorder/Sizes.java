package com.kvstore.protocol.totalorder;

import com.kvstore.common.Bytes;
import com.kvstore.common.Write;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Op;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Transaction;

/** About how many bytes things take, in memory and on the wire. */
final class Sizes {
    private static final long OVERHEAD_BYTES = 64;

    private Sizes() {}

    static long of(Entry entry) {
        long bytes = OVERHEAD_BYTES;
        for (Op op : entry.ops()) {
            bytes += of(op);
        }
        return bytes;
    }

    static long of(Op op) {
        long bytes = OVERHEAD_BYTES;
        if (op instanceof Transaction transaction) {
            for (Write write : transaction.writes()) {
                Bytes value = write.value();
                bytes += OVERHEAD_BYTES + write.key().length() + (value == null ? 0 : value.length());
            }
        }
        return bytes;
    }
}
