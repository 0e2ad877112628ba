package com.kvstore.protocol.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.parts.PeerMessage.Greeting;
import com.kvstore.protocol.parts.PeerMessage.Presence;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputCommitTest {
    private static final long MS = 1_000_000;
    private static final Command WRITE =
            Command.Transact.of(new Write(Bytes.of("k"), Bytes.of("v"), Expiry.NEVER, Condition.NONE));
    private static final Command READ = new Command.Get(Bytes.of("k"));
    private static final Message LATE = new Presence(1, 0, List.of());
    private static final Message EARLY = new Greeting(1, 2, 3);

    /** Writes one value for each write, answers everything at once, and says what it is told to. */
    private final class Toy implements DurableMachine {
        private Saved saved = Saved.NEEDED;
        private Message says = LATE;
        private boolean stops;

        @Override
        public void on(Input input, long nowNs, Effects effects) {
            if (input instanceof Input.ClientRequested request) {
                if (request.command() instanceof Command.Transact) {
                    storage.written++;
                }
                effects.send(7, says);
                effects.reply(request.client(), Result.Ack.WHOLE);
            } else if (input instanceof Input.StopRequested) {
                stops = true;
                storage.written++;
                effects.stop(0);
            }
        }

        @Override
        public void turnEnded(long nowNs, Effects effects) {}

        @Override
        public Saved save() {
            return saved;
        }

        @Override
        public boolean mayPrecede(Message message) {
            return message instanceof Greeting;
        }
    }

    private static final class Counter implements PeerStorage {
        private long written;

        @Override
        public RecordTable table() {
            throw new AssertionError("no records here");
        }

        @Override
        public Collection<Persistent> recovered() {
            return List.of();
        }

        @Override
        public void put(Bytes key, Persistent value) {}

        @Override
        public void remove(Bytes key) {}

        @Override
        public boolean isDurable() {
            return true;
        }

        @Override
        public long written() {
            return written;
        }
    }

    private final Counter storage = new Counter();
    private final Toy toy = new Toy();
    private final RecordingEffects effects = new RecordingEffects();
    private final OutputCommit commit = new OutputCommit(toy, storage, "peer 1");
    private long nowNs = 1_000 * MS;

    private void turn(Input... inputs) {
        nowNs += MS;
        for (Input input : inputs) {
            commit.on(input, nowNs, effects);
        }
        commit.turnEnded(nowNs, effects);
    }

    private static Input asks(long client, Command command) {
        return new Input.ClientRequested(client, command, null);
    }

    private void fail() {
        turn(new Input.PersistFailed(effects.syncs.get(effects.syncs.size() - 1), "No space left on device"));
    }

    private void succeed() {
        turn(new Input.Persisted(effects.syncs.get(effects.syncs.size() - 1)));
    }

    @Test
    void nothingIsSaidBeforeWhatTheTurnHasWrittenIsDurable() {
        turn(asks(1, WRITE));

        assertEquals(1, effects.syncs.size());
        assertTrue(effects.sent.isEmpty());
        assertTrue(effects.replies.isEmpty());

        succeed();

        assertEquals(List.of(LATE), effects.sentOf(Message.class));
        assertEquals(1, effects.replies.size());
    }

    @Test
    void whatHasNothingToWaitForLeavesAtOnce() {
        turn(asks(1, READ));

        assertTrue(effects.syncs.isEmpty());
        assertEquals(1, effects.sent.size());
        assertEquals(1, effects.replies.size());
    }

    @Test
    void whatIsWrittenWhileASyncIsUnderWaySharesTheNextOneAndLeavesInOrder() {
        turn(asks(1, WRITE));
        turn(asks(2, WRITE));
        turn(asks(3, READ));
        assertEquals(1, effects.syncs.size());

        succeed();
        assertEquals(1, effects.replies.size());
        assertEquals(2, effects.syncs.size());

        succeed();
        assertEquals(
                List.of(1L, 2L, 3L),
                effects.replies.stream().map(RecordingEffects.Reply::client).toList());
    }

    @Test
    void whatMayPrecedeWaitsForWhatIsVitalAlone() {
        toy.says = EARLY;
        turn(asks(1, WRITE));
        assertEquals(List.of(EARLY), effects.sentOf(Message.class));
        assertTrue(effects.replies.isEmpty());
        succeed();

        toy.saved = DurableMachine.Saved.VITAL;
        turn(asks(2, WRITE));
        assertEquals(1, effects.sent.size());
        succeed();
        assertEquals(2, effects.sent.size());
    }

    @Test
    void whatNobodyWaitsForIsSyncedALittleLater() {
        toy.saved = DurableMachine.Saved.LATER;
        turn(asks(1, WRITE));
        succeed();
        toy.says = EARLY;
        storage.written++;
        turn();
        assertEquals(1, effects.syncs.size());

        nowNs += 200 * MS;
        turn();

        assertEquals(2, effects.syncs.size());
    }

    @Test
    void onAFullDiskWhatIsInHandIsUnknownAndNewWritesAreRefused() {
        turn(asks(1, WRITE));
        fail();
        turn(asks(2, WRITE));

        assertEquals(ErrorCode.OUTCOME_UNKNOWN, codeOf(0));
        assertEquals(ErrorCode.NO_SPACE, codeOf(1));
        assertTrue(effects.sent.isEmpty());

        nowNs += 2_000 * MS;
        effects.timers.keySet().stream().toList().forEach(timer -> turn(new Input.TimerFired(timer)));
        succeed();

        assertEquals(1, effects.sent.size());
        turn(asks(3, WRITE));
        succeed();
        assertTrue(effects.replies.get(2).result() instanceof Result.Ack);
    }

    private ErrorCode codeOf(int reply) {
        return ((Result.Failure) effects.replies.get(reply).result()).code();
    }

    @Test
    void aPeerThatIsToStopFirstSaysWhatItHasPromisedUnlessTheDiskFails() {
        turn(asks(1, WRITE), new Input.StopRequested());
        assertFalse(effects.exitStatus.isPresent());
        assertTrue(toy.stops);

        fail();

        assertTrue(effects.exitStatus.isPresent());
    }
}
