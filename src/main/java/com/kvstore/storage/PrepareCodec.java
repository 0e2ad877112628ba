package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prepared transaction as it lies on the disk. Conditions are left out: they were asked when the vote was cast.
 *
 * <p>Thread-safe: no state.
 */
final class PrepareCodec {
    private static final int ABSENT = -1;
    private static final byte IS_PREV = 1;

    private PrepareCodec() {}

    static byte[] key(Version transaction) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(transaction.epoch())
                .putLong(transaction.counter())
                .array();
    }

    static Version version(byte[] key) {
        ByteBuffer in = ByteBuffer.wrap(key);
        return new Version(in.getLong(), in.getLong());
    }

    static byte[] encode(Prepare prepare) {
        int length = 3 * Integer.BYTES
                + Integer.BYTES
                        * (prepare.participants().size() + prepare.elsewhere().size());
        for (PreparedWrite write : prepare.writes()) {
            Bytes value = write.value();
            length += 1 + 3 * Integer.BYTES + Long.BYTES + write.key().length() + (value == null ? 0 : value.length());
        }
        ByteBuffer out = ByteBuffer.allocate(length);
        numbers(out, prepare.participants());
        numbers(out, prepare.elsewhere());
        out.putInt(prepare.writes().size());
        for (PreparedWrite write : prepare.writes()) {
            out.put(write.table() == Table.PREV ? IS_PREV : 0)
                    .putInt(write.position())
                    .putLong(write.deadlineMs());
            bytes(out, write.key());
            bytes(out, write.value());
        }
        return out.array();
    }

    static Prepare decode(Version transaction, byte[] encoded) {
        ByteBuffer in = ByteBuffer.wrap(encoded);
        List<Integer> participants = numbers(in);
        List<Integer> elsewhere = numbers(in);
        int count = in.getInt();
        List<PreparedWrite> writes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Table table = in.get() == IS_PREV ? Table.PREV : Table.OWN;
            int position = in.getInt();
            long deadlineMs = in.getLong();
            Bytes key = bytes(in);
            Bytes value = bytes(in);
            if (key == null) {
                throw new IllegalArgumentException("a prepared write without a key");
            }
            writes.add(new PreparedWrite(table, position, key, value, deadlineMs, Condition.NONE));
        }
        return new Prepare(transaction, participants, writes, elsewhere);
    }

    private static void numbers(ByteBuffer out, List<Integer> numbers) {
        out.putInt(numbers.size());
        numbers.forEach(out::putInt);
    }

    private static List<Integer> numbers(ByteBuffer in) {
        int count = in.getInt();
        List<Integer> numbers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            numbers.add(in.getInt());
        }
        return numbers;
    }

    private static void bytes(ByteBuffer out, @Nullable Bytes some) {
        out.putInt(some == null ? ABSENT : some.length());
        if (some != null) {
            out.put(some.array());
        }
    }

    private static @Nullable Bytes bytes(ByteBuffer in) {
        int length = in.getInt();
        if (length == ABSENT) {
            return null;
        }
        byte[] some = new byte[length];
        in.get(some);
        return Bytes.wrap(some);
    }
}
