package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChannelTest {
    private static final long LINK = 5;

    private final ClusterFixture cluster = new ClusterFixture(2);
    private final AttemptBuilder builder = new AttemptBuilder(cluster, 1);
    private final RecordingEffects effects = new RecordingEffects();
    private final Channel channel = new Channel(1);

    @Test
    void allThatATurnHasForASlaveGoesInOneFrame() {
        Attempt decided = prepared("a", 10);
        send(0);
        effects.takeSent();

        channel.commit(decided);
        Attempt next = prepared("b", 10);
        PendingRead read = read("c");
        send(1);

        Batch batch = onlyBatch();
        assertEquals(2, batch.sequence());
        assertEquals(List.of(decided.version), batch.commits());
        assertEquals(List.of(next.prepares[0]), batch.prepares());
        assertEquals(List.of(new Read(Table.OWN, read.key)), batch.reads());
        assertTrue(channel.isEmpty());
    }

    @Test
    void largeValuesAreSpreadOverFramesAndTheReadsGoWithTheLast() {
        prepared("a", 600_000);
        prepared("b", 600_000);
        prepared("c", 600_000);
        read("d");
        send(0);

        List<Batch> frames = effects.sentOf(Batch.class);
        assertEquals(
                List.of(2, 1),
                frames.stream().map(frame -> frame.prepares().size()).toList());
        assertEquals(
                List.of(0, 1),
                frames.stream().map(frame -> frame.reads().size()).toList());
        assertEquals(List.of(1L, 2L), frames.stream().map(Batch::sequence).toList());
    }

    @Test
    void outcomesGoAheadOfEverythingInTheFirstFrame() {
        Attempt decided = prepared("x", 10);
        send(0);
        effects.takeSent();
        channel.commit(decided);
        prepared("a", 1 << 20);
        prepared("b", 10);
        send(1);

        List<Batch> frames = effects.sentOf(Batch.class);
        assertEquals(List.of(decided.version), frames.get(0).commits());
        assertEquals(List.of(), frames.get(1).commits());
    }

    @Test
    void anAttemptThatWasNotSentYetIsTakenBackAndTheSlaveHearsNothing() {
        Attempt attempt = prepared("a", 10);

        assertFalse(channel.abort(attempt));
        assertTrue(channel.isEmpty());
    }

    @Test
    void anAttemptThatWasSentIsAborted() {
        Attempt attempt = prepared("a", 10);
        send(0);
        effects.takeSent();

        assertTrue(channel.abort(attempt));
        send(1);

        assertEquals(List.of(attempt.version), onlyBatch().aborts());
    }

    @Test
    void anAnswerBelongsToTheOldestBatchInFlightOrToNone() {
        read("a");
        send(10);
        read("b");
        send(20);

        assertNull(channel.answered(2, true, 30), "answers come in the order of the batches");
        assertNotNull(channel.answered(1, true, 30));
        assertEquals(10, channel.grantedFromNs, "the grant counts from when the batch was sent");
        assertNull(channel.answered(1, true, 31), "answered already");
        assertNotNull(channel.answered(2, true, 40));
        assertEquals(20, channel.grantedFromNs);
    }

    @Test
    void thePartsOfAnAnswerPutItsTimeoutOffAndShareItsReads() {
        PendingRead first = read("a");
        PendingRead second = read("b");
        send(10);

        Channel.Sent part = channel.answered(1, false, 300);
        assertNotNull(part);
        assertEquals(List.of(first), part.nextReads(1));
        assertEquals(300, channel.oldestTimeoutFromNs());
        Channel.Sent rest = channel.answered(1, true, 400);
        assertNotNull(rest);
        assertEquals(List.of(second), rest.nextReads(1));
        assertEquals(Long.MAX_VALUE, channel.oldestTimeoutFromNs());
    }

    @Test
    void aLinkThatIsGoneHandsBackTheReadsThatWereNotAnsweredAndCountsAnew() {
        read("answered");
        PendingRead sent = read("sent");
        send(10);
        Channel.Sent part = channel.answered(1, false, 20);
        assertNotNull(part);
        part.nextReads(1);
        PendingRead gathered = read("gathered");
        prepared("a", 10);

        assertEquals(List.of(sent, gathered), channel.reset());

        assertTrue(channel.isEmpty());
        assertEquals(Long.MIN_VALUE, channel.grantedFromNs);
        read("again");
        send(30);
        assertEquals(1, effects.sentOf(Batch.class).get(1).sequence());
    }

    @Test
    void aLargeValueIsGivenTimeOnItsWay() {
        prepared("small", 100);
        send(0);
        assertTrue(channel.oldestTimeoutFromNs() < 1_000_000);
        channel.answered(1, true, 1);

        prepared("large", 16 << 20);
        send(0);

        assertEquals((16L << 20) * 40, channel.oldestTimeoutFromNs(), "at 25 MB a second");
    }

    @Test
    void aPauseOfThisProcessIsNotTheSlavesSilence() {
        read("a");
        send(10);

        channel.forgivePause(5_000);

        assertEquals(5_000, channel.oldestTimeoutFromNs());
        assertTrue(channel.askedSince(10));
        assertFalse(channel.askedSince(11), "but it was asked when it was asked");
    }

    private Attempt prepared(String key, int valueLength) {
        Write write = Write.put(Bytes.of(key), Bytes.wrap(new byte[valueLength]));
        Attempt attempt =
                builder.build(new Transaction(List.of(write), cluster.view)).attempt();
        assertNotNull(attempt);
        channel.prepare(attempt, attempt.prepares[0]);
        return attempt;
    }

    private PendingRead read(String key) {
        PendingRead read = new PendingRead(1, Bytes.of(key), 0);
        channel.read(read, new Read(Table.OWN, read.key));
        return read;
    }

    private void send(long nowNs) {
        channel.send(LINK, new Channel.Turn(1, Version.ZERO, true, 0, nowNs), effects);
    }

    private Batch onlyBatch() {
        List<Batch> batches = effects.sentOf(Batch.class);
        assertEquals(1, batches.size());
        return batches.get(0);
    }
}
