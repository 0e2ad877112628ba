package com.kvstore.mutants;

import java.util.List;
import java.util.stream.Stream;

/**
 * Everything that is broken on purpose. The seeds are found by {@link MutantSearchMain}, which prints this list's numbers
 * anew.
 */
final class Mutants {
    private static final String TWO_PHASE = "protocol/twophase/";
    private static final String VIEWS = "protocol/membership/";
    private static final String RING = "protocol/ring/";
    private static final String MOVES = "protocol/movement/";

    private static final List<Mutant> OF_THE_RING = List.of(
            new Mutant(
                    "skip prepare: a participant votes yes and holds nothing",
                    TWO_PHASE + "Participant.java",
                    "hold(prepare);\n        log.prepared(prepare);",
                    "",
                    1),
            new Mutant(
                    "acknowledge before the second copy holds it",
                    TWO_PHASE + "Attempt.java",
                    "return missingVotes == 0;",
                    "return missingVotes < participants.length;",
                    2),
            new Mutant(
                    "fill the cache late, after a write to the key was decided",
                    TWO_PHASE + "ReadCache.java",
                    "if (stamps[group(key)] == stamp) {",
                    "if (true) {",
                    2),
            new Mutant(
                    "read PREV while OWN is up and newer",
                    VIEWS + "Arc.java",
                    "if (better && copy.inSync() && up.test(copy.member())) {",
                    "if (copy.table() == Table.PREV ? up.test(copy.member()) : better && copy.inSync() && up.test(copy.member())) {",
                    8),
            new Mutant(
                    "promote a stale copy when the last one in sync is gone",
                    VIEWS + "Arcs.java",
                    "return new Arc(arc.start(), arc.end(), others, arc.lost() || loses);",
                    "if (loses && !others.isEmpty()) { others.set(0, others.get(0).with(Sync.IN_SYNC)); loses = false; }"
                            + " return new Arc(arc.start(), arc.end(), others, arc.lost() || loses);",
                    14),
            new Mutant(
                    "forget tombstones: a delete leaves nothing behind",
                    TWO_PHASE + "Participant.java",
                    "if (write.value() == null) { tombstones.add",
                    "if (write.value() == null) { table.remove(write.key()); tombstones.add",
                    301),
            new Mutant(
                    "drop the in-flight check: a move begins before older transactions are applied at its source",
                    MOVES + "MoveScheduler.java",
                    "host.settledBefore(source, move.epoch)",
                    "true",
                    5),
            new Mutant(
                    "decide twice after a restart: what nobody committed is aborted, whatever was prepared",
                    TWO_PHASE + "Recovery.java",
                    "if (!awaitsWitness(view, doubt)) { close(doubt, true);",
                    "if (!awaitsWitness(view, doubt)) { close(doubt, false);",
                    15),
            new Mutant(
                    "commit in recovery what a living participant never prepared",
                    TWO_PHASE + "Recovery.java",
                    "if (neverPrepared) { close(doubt, false); return false; }",
                    "",
                    6),
            new Mutant(
                    "recover from what one participant holds, blind to the transaction's other keys",
                    TWO_PHASE + "Recovery.java",
                    "positions.addAll(transaction.elsewhere());",
                    "",
                    200),
            new Mutant(
                    "serve before recovery is complete",
                    TWO_PHASE + "TwoPhaseCoordinator.java",
                    "} else if (!recovery.isComplete()) { held.add",
                    "} else if (false) { held.add",
                    65),
            new Mutant(
                    "a copy that was being filled is in sync when its move begins",
                    VIEWS + "Arcs.java",
                    "copies.add(copy.with(Sync.SYNCING));",
                    "copies.add(copy.with(Sync.IN_SYNC));",
                    2),
            new Mutant(
                    "write to copies in sync only, not to those being filled",
                    TWO_PHASE + "AttemptBuilder.java",
                    "return copy.takesWrites();",
                    "return copy.inSync();",
                    2),
            new Mutant(
                    "older wins: a table takes whatever comes last",
                    "storage/MemoryTable.java",
                    "if (at >= 0 && PackedRecord.isNewerThan(bucket.records[at], version)) { return false; }",
                    "",
                    75),
            new Mutant(
                    "a move keeps what its source lacks",
                    MOVES + "Filling.java",
                    "dropWhatTheSourceLacks(stretch); for",
                    "for",
                    12),
            new Mutant(
                    "execute a retry again",
                    "protocol/parts/RequestTable.java",
                    "if (client.requests.containsKey(id.number())) { Result result",
                    "if (client.requests.isEmpty() && client.requests.containsKey(id.number())) { Result result",
                    3),
            new Mutant(
                    "execute a retry from before a restart",
                    "protocol/parts/RequestTable.java",
                    "this.floorEpoch = floorEpoch;",
                    "",
                    186),
            new Mutant(
                    "a write leaves its key in the cache", TWO_PHASE + "ReadCache.java", "cache.remove(key);", "", 1),
            new Mutant(
                    "lost values live on in the cache",
                    TWO_PHASE + "TwoPhaseCoordinator.java",
                    "if (DataLoss.beganAnew(before, after)) {",
                    "if (false) {",
                    1134),
            new Mutant(
                    "use a view before it is durable",
                    VIEWS + "ViewKeeper.java",
                    "effects.persist(++token, next);",
                    "effects.persist(++token, next); onPersisted(token, nowNs, effects);",
                    13),
            new Mutant(
                    "a lost arc answers 'not found'",
                    TWO_PHASE + "Reads.java",
                    "return bytes == null && cluster.view().arcAt(read.position).lost()",
                    "return false",
                    14),
            new Mutant(
                    "mark a member stale without a witness that the other copy lives",
                    TWO_PHASE + "StaleMarker.java",
                    "&& channel.grantedFromNs != Long.MIN_VALUE && channel.grantedFromNs >= lastDownNs) {",
                    ") {",
                    213),
            new Mutant(
                    "a transaction locks none of its keys",
                    TWO_PHASE + "KeyLocks.java",
                    "return transaction.locksMissing == 0;",
                    "transaction.locksMissing = 0; return true;",
                    2),
            new Mutant(
                    "an update does not look whether the key is there",
                    TWO_PHASE + "Participant.java",
                    "if (!holds(write.condition(), write.key(), nowMs)) {",
                    "if (false) {",
                    1),
            new Mutant(
                    "a slave that comes back empty is taken for the one that left",
                    RING + "Registrar.java",
                    "if (member != null && member.incarnation() == welcome.incarnation()) {",
                    "if (member != null) {",
                    1),
            new Mutant(
                    "forget epoch checks: obey batches of any link, an older coordinator's too",
                    RING + "SlaveMachine.java",
                    "if (link == coordinatorLink && present != null) { requests",
                    "if (present != null) { requests",
                    6),
            new Mutant(
                    "forget epoch checks: accept a coordinator of an older epoch",
                    RING + "SlaveMachine.java",
                    "(offered.epoch() < promise.epoch() || (offered.epoch() == promise.epoch() && other))",
                    "false",
                    58),
            new Mutant(
                    "accept a newer coordinator before the older one's grant has run out",
                    RING + "SlaveMachine.java",
                    "} else if (other && nowNs < grantUntilNs) {",
                    "} else if (false) {",
                    296),
            new Mutant(
                    "take a grant for good: it never runs out",
                    TWO_PHASE + "Grants.java",
                    "nowNs - channel.grantedFromNs <= LEASE_NS",
                    "true",
                    387),
            new Mutant(
                    "let a read's answer through whoever may have written meanwhile",
                    TWO_PHASE + "ReadFence.java",
                    "return grants.areGranted(cluster.view().arcAt(read.position), nowNs);",
                    "return true;",
                    362),
            new Mutant(
                    "a move forgets deadlines",
                    MOVES + "Filling.java",
                    "table.apply(record);",
                    "table.apply(record.position(), record.key(), record.value(), 0, record.version());",
                    2),
            new Mutant(
                    "serve a value after its deadline",
                    TWO_PHASE + "Reads.java",
                    "if (bytes != null && !Expiry.isPast(answer.deadlineMs(), clock.nowMs())) {",
                    "if (bytes != null) {",
                    18),
            new Mutant(
                    "a multi-get mixes answers of two moments",
                    TWO_PHASE + "MultiRead.java",
                    "return !done && read.round == round;",
                    "return !done;",
                    8),
            new Mutant(
                    "a condition on a version does not look",
                    "common/Condition.java",
                    "case VERSION -> !expired && present.version().equals(version);",
                    "case VERSION -> !expired;",
                    4),
            new Mutant(
                    "put-if-absent writes over what is there",
                    "common/Condition.java",
                    "case ABSENT -> expired;",
                    "case ABSENT -> true;",
                    5),
            new Mutant(
                    "a computation's keys are read before the last write to them is applied",
                    TWO_PHASE + "Transactions.java",
                    "if (locks.acquire(transaction)) { start(transaction, effects); }",
                    "if (locks.acquire(transaction) || transaction.mustCompute()) { start(transaction, effects); }",
                    8),
            new Mutant(
                    "a copy that is being filled judges conditions it cannot know",
                    TWO_PHASE + "AttemptBuilder.java",
                    "Condition condition = copy.inSync() ? write.condition() : Condition.NONE;",
                    "Condition condition = write.condition();",
                    5),
            new Mutant(
                    "take out of the ring who may hold all that is left",
                    RING + "HealthMonitor.java",
                    "if (here && !elsewhere) {",
                    "if (false) {",
                    156),
            new Mutant(
                    "a snapshot does not wait for transactions under way",
                    RING + "Cut.java",
                    "if (problem == null && !twoPhase.settledBefore(member, Long.MAX_VALUE)) {",
                    "if (false) {",
                    50),
            new Mutant(
                    "a snapshot forgets to set aside what changes while it is read",
                    "protocol/snapshot/FreezableTable.java",
                    "if (frozen != null) { beforeChange(key); } return table.apply",
                    "return table.apply",
                    1));

    /** More than {@link Mutant#MAX_SEEDS} seeds pass it; {@code ParticipantTest} does not. */
    private static final List<Mutant> SOUGHT = List.of(new Mutant(
            "drop tombstones while a copy is being filled",
            TWO_PHASE + "Participant.java",
            "!batch.priorSettled() || !view.whole()",
            "!batch.priorSettled()",
            2289));

    /** Those of every protocol. */
    static List<Mutant> all() {
        return Stream.of(
                        OF_THE_RING,
                        PrimaryBackupMutants.ALL,
                        EventualMutants.ALL,
                        TotalOrderMutants.ALL,
                        DiskMutants.ALL)
                .flatMap(List::stream)
                .toList();
    }

    /** Those too that too many seeds pass. */
    static List<Mutant> allAndSought() {
        return Stream.of(all(), SOUGHT, DiskMutants.SOUGHT)
                .flatMap(List::stream)
                .toList();
    }

    private Mutants() {}
}
