package com.kvstore.protocol.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Conditions, deadlines, computed transactions, multi-gets and scans, told as stories. */
final class RingOperationsTest {
    private static final Bytes NAME = Bytes.of("username");
    private static final Bytes MAIL = Bytes.of("email");
    private static final Bytes ALICE = Bytes.of("alice");
    private static final Bytes BOB = Bytes.of("bob");

    private static Result write(RingHarness ring, Bytes key, Bytes value, Expiry expiry, Condition condition) {
        return ring.run(Command.Transact.of(new Write(key, value, expiry, condition)));
    }

    private static Result put(RingHarness ring, Bytes value, Condition condition) {
        return write(ring, NAME, value, Expiry.NEVER, condition);
    }

    private static Result putFor(RingHarness ring, long ttlMs) {
        return write(ring, NAME, ALICE, Expiry.after(ttlMs), Condition.NONE);
    }

    private static Result.Value read(RingHarness ring, Bytes key) {
        return (Result.Value) ring.run(new Command.Get(key));
    }

    @Test
    void putIfAbsentHasOneWinner() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        assertEquals(Result.Ack.WHOLE, put(ring, ALICE, Condition.ABSENT));
        assertEquals(ErrorCode.CONFLICT, RingHarness.code(put(ring, BOB, Condition.ABSENT)));
        assertEquals("alice", ring.get("username"));
    }

    @Test
    void putIfVersionLosesToAnyWriteInBetween() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        ring.put("username", "alice");
        Condition asRead = Condition.versionIs(read(ring, NAME).version());
        assertEquals(Result.Ack.WHOLE, put(ring, BOB, asRead));
        assertEquals(ErrorCode.CONFLICT, RingHarness.code(put(ring, ALICE, asRead)));
        assertEquals("bob", ring.get("username"));
    }

    private static List<Bytes> putLargeValues(RingHarness ring, int count) {
        List<Bytes> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(Bytes.of("large-" + i));
            ring.ask(Command.Transact.of(Write.put(keys.get(i), Bytes.wrap(new byte[1 << 20]))));
        }
        ring.advance(100);
        return keys;
    }

    /** One client's 300 reads of 1 MiB once made the slave send so much at once that its link was cut, again and again. */
    @Test
    void readsOfManyLargeValuesAreAnsweredABoundedAmountAtATime() {
        RingHarness ring = RingHarness.cluster(8081);
        List<Bytes> keys = putLargeValues(ring, 100);
        SortedMap<Long, Integer> bySequence = new TreeMap<>();
        ring.withhold = message -> {
            if (message instanceof BatchReply reply) {
                bySequence.merge(reply.sequence(), reply.answers().size(), Integer::sum);
            }
            return false;
        };
        List<Long> asked = new ArrayList<>();
        for (Bytes key : keys) {
            asked.add(ring.ask(new Command.Get(key)));
        }
        ring.advance(1_000);
        for (long request : asked) {
            assertEquals(
                    1 << 20, ((Result.Value) ring.answers.get(request)).value().length());
        }
        int most = bySequence.values().stream().max(Integer::compare).orElseThrow();
        assertTrue(most <= 32, most + " MiB in the answer to one batch");
    }

    @Test
    void aReadOfOneMomentIsWholeOrTooLarge() {
        RingHarness ring = RingHarness.cluster(8081);
        List<Bytes> keys = putLargeValues(ring, 60);
        List<Long> fitting = new ArrayList<>();
        for (int from = 0; from <= 40; from += 20) {
            fitting.add(ring.ask(new Command.GetAll(keys.subList(from, from + 20))));
        }
        long tooLarge = ring.ask(new Command.GetAll(keys));
        ring.advance(1_000);
        for (long request : fitting) {
            assertEquals(
                    20, ((Result.Values) ring.answers.get(request)).values().size());
        }
        assertEquals(ErrorCode.TOO_LARGE, RingHarness.code(ring.answers.get(tooLarge)));
    }

    @Test
    void compareAndDeleteComparesTheValue() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        ring.put("username", "alice");
        assertEquals(ErrorCode.CONFLICT, RingHarness.code(put(ring, null, Condition.valueIs(BOB))));
        assertEquals(Result.Ack.WHOLE, put(ring, null, Condition.valueIs(ALICE)));
        assertEquals("NOT_FOUND", ring.get("username"));
    }

    @Test
    void aCompareAndSetThatRacesAFailoverHasOneWinner() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        ring.put("username", "old");
        Condition old = Condition.valueIs(Bytes.of("old"));
        ring.withhold = BatchReply.class::isInstance;
        long first = ring.ask(Command.Transact.of(new Write(NAME, ALICE, old)));
        long second = ring.ask(Command.Transact.of(new Write(NAME, BOB, old)));
        ring.kill(ring.owner("username"));
        ring.withhold = message -> false;
        ring.advance(5_000);
        assertEquals(1, ((Result.Ack) ring.answers.get(first)).copies());
        assertEquals(ErrorCode.CONFLICT, RingHarness.code(ring.answers.get(second)));
        assertEquals("alice", ring.get("username"));
    }

    @Test
    void aValueIsThereUntilItsDeadlineAndNotAfter() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        putFor(ring, 1_000);
        ring.advance(980);
        assertEquals("alice", ring.get("username"));
        ring.advance(20);
        assertEquals("NOT_FOUND", ring.get("username"));
        assertEquals(ErrorCode.NOT_FOUND, RingHarness.code(ring.update("username", "x")));
        assertEquals(Result.Ack.WHOLE, put(ring, BOB, Condition.ABSENT));
    }

    @Test
    void aCachedValueExpiresInTheCacheToo() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        putFor(ring, 300);
        assertEquals("alice", ring.get("username"));
        assertEquals("alice", ring.get("username"));
        assertTrue(ring.coordinator.said("[CACHE HIT] username"));
        ring.advance(300);
        assertEquals("NOT_FOUND", ring.get("username"));
    }

    @Test
    void whatHasExpiredIsDeletedOnEveryCopyWithoutBeingAskedFor() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        putFor(ring, 1_000);
        ring.put("email", "kept");
        ring.advance(900);
        assertTrue(ring.owner("username").table.holds(NAME));
        ring.advance(2_000);
        assertFalse(ring.owner("username").table.holds(NAME));
        assertFalse(ring.replica("username").table.holds(NAME));
        assertEquals("kept", ring.get("email"));
    }

    @Test
    void aKeyWrittenAnewIsNotDeletedForItsOldDeadline() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        putFor(ring, 1_000);
        ring.put("username", "bob");
        ring.advance(3_000);
        assertEquals("bob", ring.get("username"));
    }

    @Test
    void aDeadlineOutlivesTheOwnerAndTheCoordinator() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        putFor(ring, 60_000);
        ring.kill(ring.owner("username"));
        ring.kill(ring.coordinator);
        ring.advance(10_000);
        ring.startCoordinator();
        ring.advance(5_000);
        long deadlineMs = read(ring, NAME).deadlineMs();
        long aMinuteFromTheStartMs = 1_700_000_000_000L + 60_000;
        assertTrue(deadlineMs >= aMinuteFromTheStartMs && deadlineMs <= aMinuteFromTheStartMs + 2_000);
    }

    @Test
    void aMoveTakesTheDeadlineAlong() {
        RingHarness ring = RingHarness.cluster(8081, 8082);
        putFor(ring, 60_000);
        long deadlineMs = read(ring, NAME).deadlineMs();
        ring.startSlave(8084);
        ring.advance(5_000);
        assertEquals(ring.slave(8084), ring.owner("username"));
        assertEquals(deadlineMs, ring.slave(8084).table.get(NAME).deadlineMs());
    }

    private static Computation increment(Bytes key) {
        return (present, nowMs) -> {
            Result.Value value = present.get(key);
            long next = 1 + (value == null ? 0 : Long.parseLong(value.value().text()));
            return new Computation.Outcome(List.of(Write.put(key, Bytes.of(Long.toString(next)))), next);
        };
    }

    @Test
    void computationsOnOneKeyFollowOneAnother() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        List<Long> clients = new ArrayList<>();
        ring.coordinator.paused = true;
        for (int i = 0; i < 10; i++) {
            clients.add(ring.ask(new Command.Compute(List.of(NAME), increment(NAME))));
        }
        ring.coordinator.paused = false;
        ring.advance(100);
        for (int i = 0; i < 10; i++) {
            Result.Computed computed = (Result.Computed) ring.answers.get(clients.get(i));
            assertEquals(i + 1L, computed.answer());
            assertEquals(Result.Ack.WHOLE, computed.ack());
        }
        assertEquals("10", ring.get("username"));
    }

    @Test
    void computationsThatWaitForOneKeyTakeOneReadAndOneWriteTogether() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        int[] prepares = new int[1];
        ring.withhold = message -> {
            if (message instanceof Batch batch) {
                prepares[0] += batch.prepares().size();
            }
            return false;
        };
        ring.coordinator.paused = true;
        List<Long> clients = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            clients.add(ring.ask(new Command.Compute(List.of(NAME), increment(NAME))));
        }
        ring.coordinator.paused = false;
        ring.advance(100);
        for (int i = 0; i < 100; i++) {
            assertEquals(i + 1L, ((Result.Computed) ring.answers.get(clients.get(i))).answer());
        }
        assertEquals("100", ring.get("username"));
        // The first alone, all others together; each on two copies.
        assertEquals(4, prepares[0]);
    }

    @Test
    void whatOneComputationDeletesTheNextDoesNotSee() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        ring.put("username", "5");
        Computation delete =
                (present, nowMs) -> new Computation.Outcome(List.of(Write.remove(NAME)), present.containsKey(NAME));
        ring.coordinator.paused = true;
        long first = ring.ask(new Command.Compute(List.of(NAME), increment(NAME)));
        long second = ring.ask(new Command.Compute(List.of(NAME), delete));
        long third = ring.ask(new Command.Compute(List.of(NAME), delete));
        long fourth = ring.ask(new Command.Compute(List.of(NAME), increment(NAME)));
        ring.coordinator.paused = false;
        ring.advance(100);
        List<Object> answers = new ArrayList<>();
        for (long client : List.of(first, second, third, fourth)) {
            answers.add(((Result.Computed) ring.answers.get(client)).answer());
        }
        assertEquals(List.of(6L, true, false, 1L), answers);
        assertEquals("1", ring.get("username"));
    }

    @Test
    void aComputationSeesNeitherAnUncommittedNorAnExpiredValue() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        putFor(ring, 500);
        ring.advance(500);
        Computation count = (present, nowMs) -> new Computation.Outcome(List.of(), present.size());
        Result result = ring.run(new Command.Compute(List.of(NAME, MAIL), count));
        assertEquals(new Result.Computed(0, Result.Ack.WHOLE), result);
    }

    @Test
    void aComputationWhoseOwnerDiesIsCarriedOutOnceOnTheOtherCopy() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        ring.put("username", "41");
        ring.withhold = BatchReply.class::isInstance;
        long client = ring.ask(new Command.Compute(List.of(NAME), increment(NAME)));
        ring.kill(ring.owner("username"));
        ring.withhold = message -> false;
        ring.advance(5_000);
        Result.Computed computed = assertInstanceOf(Result.Computed.class, ring.answers.get(client));
        assertEquals(42L, computed.answer());
        assertEquals(1, computed.ack().copies());
        assertEquals("42", ring.get("username"));
    }

    @Test
    void aMultiGetSeesAllOfATransactionOrNothing() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        ring.run(new Command.Transact(List.of(Write.put(NAME, ALICE), Write.put(MAIL, ALICE))));
        // The commit to one of the owners is lost with its link; the answer to the client was given.
        ring.withholdTo = ring.owner("email").address;
        ring.withhold =
                message -> message instanceof Batch batch && !batch.commits().isEmpty();
        ring.run(new Command.Transact(List.of(Write.put(NAME, BOB), Write.put(MAIL, BOB))));
        long client = ring.ask(new Command.GetAll(List.of(NAME, MAIL)));
        ring.kill(ring.owner("email"));
        ring.withhold = message -> false;
        ring.advance(2_000);
        Result.Values values = assertInstanceOf(Result.Values.class, ring.answers.get(client));
        assertEquals(
                List.of(BOB, BOB),
                values.values().stream()
                        .map(Optional::orElseThrow)
                        .map(Result.Value::value)
                        .toList());
    }

    @Test
    void aMultiGetAnswersInTheOrderAskedAndLeavesAbsentKeysEmpty() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        ring.put("username", "alice");
        Result.Values values = (Result.Values) ring.run(new Command.GetAll(List.of(MAIL, NAME, Bytes.of("age"), NAME)));
        assertEquals(
                List.of("-", "alice", "-", "alice"),
                values.values().stream()
                        .map(value ->
                                value.map(present -> present.value().text()).orElse("-"))
                        .toList());
    }

    private static Set<String> scanAll(RingHarness ring, int limit, String prefix) {
        Set<String> keys = new TreeSet<>();
        long cursor = 0;
        do {
            Result.Page page = (Result.Page) ring.run(new Command.Scan(cursor, limit, Bytes.of(prefix)));
            page.keys().forEach(key -> assertTrue(keys.add(key.text()), key + " came twice"));
            cursor = page.cursor();
        } while (cursor != 0);
        return keys;
    }

    private static Set<String> fill(RingHarness ring, int keys) {
        Set<String> expected = new TreeSet<>();
        for (int i = 0; i < keys; i++) {
            ring.put("key-" + i, "v");
            expected.add("key-" + i);
        }
        return expected;
    }

    @Test
    void aScanFindsEveryKeyOnceWhateverThePageSize() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        Set<String> expected = fill(ring, 200);
        ring.put("other", "v");
        ring.put("gone", "v");
        ring.delete("gone");
        assertEquals(expected, scanAll(ring, 7, "key-"));
        assertEquals(201, scanAll(ring, 10_000, "").size());
        assertEquals(new Result.Count(201), ring.run(new Command.Count()));
    }

    @Test
    void aScanReadsADeadServersKeysFromTheirOtherCopies() {
        RingHarness ring = RingHarness.cluster(8081, 8082, 8083);
        Set<String> expected = fill(ring, 100);
        ring.kill(ring.slave(8082));
        assertEquals(expected, scanAll(ring, 7, ""));
        assertEquals(new Result.Count(100), ring.run(new Command.Count()));
    }

    @Test
    void aScanIsRefusedWhereSomeKeysCannotBeSeen() {
        RingHarness ring = RingHarness.cluster(8081, 8082);
        fill(ring, 50);
        ring.kill(ring.slave(8082));
        ring.put("key-0", "w");
        ring.kill(ring.slave(8081));
        assertEquals(ErrorCode.UNAVAILABLE, RingHarness.code(ring.run(new Command.Scan(0, 10, Bytes.EMPTY))));
        assertEquals(ErrorCode.UNAVAILABLE, RingHarness.code(ring.run(new Command.Count())));
    }
}
