package com.kvstore.protocol.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.movement.MoveMessage.MoveFailed;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.twophase.Participant;
import com.kvstore.protocol.twophase.TransactionLog;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.storage.MemoryTable;
import java.util.List;
import org.junit.jupiter.api.Test;

class DurableRepliesTest {
    private static final long LINK = 7;
    private static final TimerId RETRY = new TimerId("sync-retry", 0);
    private static final TimerId COMPANY = new TimerId("sync-company", 0);
    private static final TimerId SHARE = new TimerId("sync-share", 0);

    private final RecordTable table = new MemoryTable();
    private final Participant participant = new Participant(table, TransactionLog.NONE, 0);
    private final RecordingEffects effects = new RecordingEffects();
    private final View view = ViewChanges.join(View.create(1, 31, 1), new ServerNode("127.0.0.1", 8081), 5, true);
    private long written;
    private long sequence;
    private long prepared;
    private final DurableReplies replies =
            new DurableReplies(new CountingStorage(SlaveStorage.inMemory(table, 5)), participant, "127.0.0.1:8081");

    /** As durable as the test says: it counts what the test has written. */
    private final class CountingStorage implements SlaveStorage {
        private final SlaveStorage memory;

        CountingStorage(SlaveStorage memory) {
            this.memory = memory;
        }

        @Override
        public RecordTable table() {
            return memory.table();
        }

        @Override
        public TransactionLog transactions() {
            return memory.transactions();
        }

        @Override
        public long incarnation() {
            return memory.incarnation();
        }

        @Override
        public Promise promise() {
            return memory.promise();
        }

        @Override
        public void promise(Promise promise) {
            memory.promise(promise);
        }

        @Override
        public void retire() {}

        @Override
        public boolean isDurable() {
            return true;
        }

        @Override
        public long written() {
            return written;
        }
    }

    private Batch batch(List<Version> commits, Version... prepares) {
        List<Prepare> all = new java.util.ArrayList<>();
        for (Version version : prepares) {
            Bytes key = Bytes.of("k" + version.counter());
            PreparedWrite write = new PreparedWrite(Table.OWN, 3, key, Bytes.of("v"), Condition.NONE);
            all.add(new Prepare(version, List.of(1), List.of(write), List.of()));
        }
        return new Batch(++sequence, 2, Version.ZERO, false, 0, commits, List.of(), all, List.of());
    }

    private void handle(Batch batch) {
        written += batch.prepares().size() + batch.commits().size();
        for (BatchReply part : participant.on(batch, view, 1)) {
            replies.reply(LINK, batch, part, effects);
        }
    }

    private List<Message> sent() {
        return effects.sent.stream().map(each -> each.message()).toList();
    }

    private BatchReply reply(int index) {
        return assertInstanceOf(BatchReply.class, sent().get(index));
    }

    @Test
    void aVoteLeavesOnceItIsDurableAndWhatComesMeanwhileSharesTheNextSync() {
        handle(batch(List.of(), new Version(2, 1)));
        replies.turnEnded(0, effects);
        assertEquals(List.of(1L), effects.syncs);
        handle(batch(List.of(), new Version(2, 2)));
        handle(batch(List.of(), new Version(2, 3)));
        replies.turnEnded(0, effects);
        assertEquals(List.of(1L), effects.syncs, "one at a time");
        assertTrue(sent().isEmpty());
        replies.onPersisted(1, 0, effects);
        assertEquals(1, reply(0).sequence());
        assertEquals(1, sent().size());
        assertEquals(List.of(1L, 2L), effects.syncs);
        replies.onPersisted(2, 0, effects);
        assertEquals(3, sent().size());
    }

    @Test
    void commitsAloneWaitForAVoteToShareItsSync() {
        handle(batch(List.of(new Version(2, 1))));
        replies.turnEnded(0, effects);
        assertTrue(effects.syncs.isEmpty());
        handle(batch(List.of(), new Version(2, 2)));
        replies.turnEnded(0, effects);
        assertEquals(List.of(1L), effects.syncs);
        handle(batch(List.of(new Version(2, 2))));
        replies.onPersisted(1, 0, effects);
        assertEquals(2, sent().size());
        assertEquals(List.of(1L), effects.syncs, "the next commit waits again");
    }

    @Test
    void commitsAloneAreSyncedSoonIfNothingElseComes() {
        handle(batch(List.of(new Version(2, 1))));
        replies.turnEnded(9, effects);
        assertEquals(9 + 5_000_000L, effects.timers.get(COMPANY));
        assertTrue(sent().isEmpty());
        assertTrue(replies.onTimer(COMPANY, effects));
        assertEquals(List.of(1L), effects.syncs);
        replies.onPersisted(1, 0, effects);
        assertEquals(1, sent().size());
    }

    private void prepare(int transactions) {
        for (int i = 0; i < transactions; i++) {
            handle(batch(List.of(), new Version(2, ++prepared)));
        }
        replies.turnEnded(0, effects);
    }

    @Test
    void fewVotesBehindASyncOfManyWaitUntilThereAreHalfAsMany() {
        prepare(40);
        prepare(5);
        replies.onPersisted(1, 70, effects);
        assertEquals(40, sent().size());
        assertEquals(List.of(1L), effects.syncs);
        assertEquals(70 + 300_000L, effects.timers.get(SHARE));
        prepare(14);
        assertEquals(List.of(1L), effects.syncs);
        prepare(1);
        assertEquals(List.of(1L, 2L), effects.syncs);
        assertTrue(replies.onTimer(SHARE, effects));
        assertEquals(List.of(1L, 2L), effects.syncs, "the timer comes too late, and begins nothing");
    }

    @Test
    void fewVotesBehindASyncOfManyAreSyncedSoonIfNoMoreCome() {
        prepare(40);
        prepare(5);
        replies.onPersisted(1, 0, effects);
        assertTrue(replies.onTimer(SHARE, effects));
        assertEquals(List.of(1L, 2L), effects.syncs);
        prepare(1);
        replies.onPersisted(2, 0, effects);
        assertEquals(List.of(1L, 2L, 3L), effects.syncs, "after one of few none waits");
    }

    @Test
    void aReadBehindACommitDoesNotLetItWait() {
        handle(batch(List.of(new Version(2, 1))));
        Read read = new Read(Table.OWN, Bytes.of("k"));
        handle(new Batch(++sequence, 2, Version.ZERO, false, 0, List.of(), List.of(), List.of(), List.of(read)));
        replies.turnEnded(0, effects);
        assertEquals(List.of(1L), effects.syncs);
    }

    @Test
    void whatReliesOnNothingNewLeavesAtOnceUnlessSomethingWaitsBeforeIt() {
        handle(batch(List.of()));
        assertEquals(1, sent().size());
        handle(batch(List.of(), new Version(2, 1)));
        handle(batch(List.of()));
        assertEquals(1, sent().size(), "answers leave in order");
    }

    @Test
    void aFailedSyncTakesVotesBackAndRefusesNewOnesUntilItWorksAgain() {
        handle(batch(List.of(), new Version(2, 1)));
        replies.send(LINK, () -> new MoveDone(4, 1, 1), effects);
        replies.turnEnded(0, effects);
        assertTrue(replies.onPersistFailed(1, "No space left on device", 0, effects));
        assertEquals(ErrorCode.OUTCOME_UNKNOWN, reply(0).refusals().get(0).code());
        assertInstanceOf(MoveFailed.class, sent().get(1));
        assertTrue(participant.isIdle());

        handle(batch(List.of(), new Version(2, 2)));
        assertEquals(ErrorCode.NO_SPACE, reply(2).refusals().get(0).code());
        assertTrue(replies.onTimer(RETRY, effects));
        replies.onPersisted(2, 0, effects);
        handle(batch(List.of(), new Version(2, 3)));
        replies.turnEnded(0, effects);
        replies.onPersisted(3, 0, effects);
        assertTrue(reply(3).refusals().isEmpty());
    }

    @Test
    void anOutcomeThatCannotBeStoredIsCarriedOutAndSaidToBeToldAgain() {
        handle(batch(List.of(), new Version(2, 1)));
        replies.turnEnded(0, effects);
        replies.onPersisted(1, 0, effects);
        assertTrue(reply(0).stored());
        handle(batch(List.of(new Version(2, 1))));
        replies.turnEnded(0, effects);
        replies.onTimer(COMPANY, effects);
        replies.onPersistFailed(2, "Input/output error", 0, effects);
        assertFalse(reply(1).stored());
        assertTrue(table.holds(Bytes.of("k1")), "reads go on");
        handle(batch(List.of(new Version(2, 1))));
        assertFalse(reply(2).stored(), "not yet");
        replies.onTimer(RETRY, effects);
        replies.onPersisted(3, 0, effects);
        handle(batch(List.of(new Version(2, 1))));
        replies.turnEnded(0, effects);
        replies.onTimer(COMPANY, effects);
        replies.onPersisted(4, 0, effects);
        assertTrue(reply(3).stored());
    }
}
