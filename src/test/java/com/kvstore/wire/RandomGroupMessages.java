package com.kvstore.wire;

import com.kvstore.common.Expiry;
import com.kvstore.common.Message;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.parts.PeerMessage;
import com.kvstore.protocol.primarybackup.LogEntry;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Random valid messages that peers of a group exchange. */
final class RandomGroupMessages {
    private final Random random;
    private final RandomMessages any;

    RandomGroupMessages(Random random, RandomMessages any) {
        this.random = random;
        this.any = any;
    }

    List<Supplier<Message>> types() {
        return List.of(
                () -> new PeerMessage.Greeting(1 + random.nextInt(31), any.anyLong(), any.anyLong()),
                () -> new PeerMessage.Presence(any.anyLong(), any.anyLong(), nonces()),
                () -> new PrimaryBackupMessage.Prepare(
                        any.number(),
                        any.number(),
                        any.number(),
                        any.number(),
                        any.number(),
                        any.number(),
                        any.anyLong(),
                        any.number(),
                        any.list(this::entry)),
                () -> new PrimaryBackupMessage.PrepareOk(
                        any.number(), any.number(), any.anyLong(), random.nextBoolean()),
                () -> new PrimaryBackupMessage.Fetch(any.number(), any.number()),
                () -> new PrimaryBackupMessage.LogPart(any.number(), any.number(), any.number(), any.list(this::entry)),
                () -> new PrimaryBackupMessage.FetchSnapshot(any.number(), any.anyLong()),
                () -> new PrimaryBackupMessage.SnapshotPart(
                        any.number(),
                        any.number(),
                        any.anyLong(),
                        any.anyLong(),
                        any.list(any::storedRecord),
                        new AppliedRequests.Image(any.number(), any.list(this::client))),
                () -> new PrimaryBackupMessage.StartViewChange(any.number(), any.number()),
                () -> new PrimaryBackupMessage.DoViewChange(
                        any.number(), any.number(), any.number(), any.number(), any.number(), nonces()),
                () -> new PrimaryBackupMessage.RecoveryAnswer(
                        any.anyLong(), any.number(), any.anyLong(), nonces(), random.nextBoolean(), any.number()));
    }

    private List<Long> nonces() {
        return any.list(any::anyLong);
    }

    LogEntry entry() {
        return new LogEntry(random.nextBoolean() ? any.requestId() : null, any.list(this::write));
    }

    private LogEntry.KeyWrite write() {
        return random.nextInt(3) == 0
                ? new LogEntry.KeyWrite(any.bytes(), null, Expiry.NO_DEADLINE)
                : new LogEntry.KeyWrite(any.bytes(), any.bytes(), any.deadlineMs());
    }

    AppliedRequests.ClientImage client() {
        return new AppliedRequests.ClientImage(any.text(), any.number(), any.number(), any.list(any::number));
    }
}
