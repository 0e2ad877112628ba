package com.kvstore.protocol.twophase;

import com.kvstore.common.Version;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.util.List;

/**
 * The port to where a participant keeps what it has promised and what became of it, beside its records.
 *
 * <p>What is written here, and to the table beside it, becomes durable in the order in which it was written: after a crash
 * some first part of it is there, all that was synced at least. So whoever writes an outcome after the records that
 * it stands for may be stopped at any moment.
 *
 * <p>Threading: belongs to one machine and is used from its thread only. No call blocks for long or fails: that a disk
 * cannot be written shows when it is synced.
 */
public interface TransactionLog {
    /** Keeps nothing: a participant whose data are gone when its process is. */
    TransactionLog NONE = new TransactionLog() {
        @Override
        public void prepared(Prepare prepare) {}

        @Override
        public void committed(Version transaction) {}

        @Override
        public void aborted(Version transaction) {}

        @Override
        public void settled(Version transaction) {}

        @Override
        public List<Prepare> preparedBefore() {
            return List.of();
        }

        @Override
        public List<Version> committedBefore() {
            return List.of();
        }
    };

    /** Voted yes. */
    void prepared(Prepare prepare);

    /** Its records are written: it is no longer prepared. */
    void committed(Version transaction);

    /** It is no longer prepared. */
    void aborted(Version transaction);

    /** Its commit need not be remembered any more; need not be durable soon. */
    void settled(Version transaction);

    /** What an earlier life left prepared, in the order of the versions. */
    List<Prepare> preparedBefore();

    /** What an earlier life committed and nobody has called settled, in the order of the versions. */
    List<Version> committedBefore();
}
