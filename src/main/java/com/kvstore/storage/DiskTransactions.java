package com.kvstore.storage;

import com.kvstore.common.Version;
import com.kvstore.protocol.twophase.TransactionLog;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.util.ArrayList;
import java.util.List;

/**
 * A participant's transactions on disk, each as it is now: prepared, or committed and not settled everywhere.
 *
 * <p>Threading: one machine's.
 */
final class DiskTransactions implements TransactionLog {
    /** In the place of a prepared transaction; no encoded prepare is so short. */
    private static final byte[] COMMITTED = {1};

    private final BatchBuffer buffer;
    private final Generations generations;
    private final Runnable onWrite;
    private final List<Prepare> preparedBefore = new ArrayList<>();
    private final List<Version> committedBefore = new ArrayList<>();

    /**
     * @param buffer where writes are gathered for the journal
     * @param generations where they are kept until the tables have them
     * @param onWrite called at each that somebody may rely on
     */
    DiskTransactions(BatchBuffer buffer, Generations generations, Runnable onWrite) {
        this.buffer = buffer;
        this.generations = generations;
        this.onWrite = onWrite;
    }

    /** Finds what an earlier life has left. */
    void recover(RocksEngine engine) {
        engine.scan(RocksEngine.TRANSACTIONS, new byte[0], (key, value) -> {
            Version transaction = PrepareCodec.version(key);
            generations.isTabled(transaction);
            if (value.length == COMMITTED.length) {
                committedBefore.add(transaction);
            } else {
                preparedBefore.add(PrepareCodec.decode(transaction, value));
            }
            return true;
        });
    }

    @Override
    public void prepared(Prepare prepare) {
        put(prepare.transaction(), PrepareCodec.encode(prepare));
    }

    @Override
    public void committed(Version transaction) {
        put(transaction, COMMITTED);
    }

    @Override
    public void aborted(Version transaction) {
        settled(transaction);
        onWrite.run();
    }

    @Override
    public void settled(Version transaction) {
        buffer.delete(RocksEngine.TRANSACTIONS, PrepareCodec.key(transaction));
        generations.remove(transaction);
    }

    private void put(Version transaction, byte[] state) {
        buffer.put(RocksEngine.TRANSACTIONS, PrepareCodec.key(transaction), state);
        generations.put(transaction, state);
        onWrite.run();
    }

    @Override
    public List<Prepare> preparedBefore() {
        return List.copyOf(preparedBefore);
    }

    @Override
    public List<Version> committedBefore() {
        return List.copyOf(committedBefore);
    }
}
