package com.kvstore.mutants;

import java.util.List;

/**
 * Everything that is broken on purpose. The seeds are found by {@link MutantSearchMain}, which prints this list's numbers
 * anew.
 */
final class Mutants {
    private static final String TWO_PHASE = "protocol/twophase/";
    private static final String VIEWS = "protocol/membership/";
    private static final String RING = "protocol/ring/";
    private static final String MOVES = "protocol/movement/";

    static final List<Mutant> ALL = List.of(
            new Mutant(
                    "skip prepare: a participant votes yes and holds nothing",
                    TWO_PHASE + "Participant.java",
                    "prepared.put(transaction, prepare);",
                    "",
                    1),
            new Mutant(
                    "acknowledge before the second copy holds it",
                    TWO_PHASE + "Attempt.java",
                    "return missingVotes == 0;",
                    "return missingVotes < participants.length;",
                    1),
            new Mutant(
                    "fill the cache late, after a write to the key was decided",
                    TWO_PHASE + "ReadCache.java",
                    "if (stamps[group(key)] == stamp) {",
                    "if (true) {",
                    1),
            new Mutant(
                    "read PREV while OWN is up and newer",
                    TWO_PHASE + "Reads.java",
                    "if (!copy.inSync()) { continue; } Liveness liveness",
                    "if (copy.table() == Table.OWN && arc.copies().size() > 1) { continue; } Liveness liveness",
                    1),
            new Mutant(
                    "promote a stale copy when the last one in sync is gone",
                    VIEWS + "Arcs.java",
                    "return new Arc(arc.start(), arc.end(), others, arc.lost() || loses);",
                    "if (loses && !others.isEmpty()) { others.set(0, others.get(0).with(Sync.IN_SYNC)); loses = false; }"
                            + " return new Arc(arc.start(), arc.end(), others, arc.lost() || loses);",
                    1),
            new Mutant(
                    "forget tombstones: a delete leaves nothing behind",
                    TWO_PHASE + "Participant.java",
                    "if (write.value() == null) { tombstones.add",
                    "if (write.value() == null) { table.remove(write.key()); tombstones.add",
                    1),
            new Mutant(
                    "drop tombstones while a copy is being filled",
                    TWO_PHASE + "Participant.java",
                    "if (tombstones.isEmpty() || !batch.priorSettled() || !view.whole()) {",
                    "if (tombstones.isEmpty()) {",
                    1),
            new Mutant(
                    "drop the in-flight check: a move begins before older transactions are applied at its source",
                    MOVES + "MoveScheduler.java",
                    "host.settledBefore(source, move.epoch)",
                    "true",
                    1),
            new Mutant(
                    "decide twice after a restart: what nobody committed is aborted, whatever was prepared",
                    TWO_PHASE + "Recovery.java",
                    "if (!absentCounts) { close(doubt, true); }",
                    "if (!absentCounts) { close(doubt, false); }",
                    1),
            new Mutant(
                    "commit in recovery what a living participant never prepared",
                    TWO_PHASE + "Recovery.java",
                    "if (neverPrepared) { close(doubt, false); return false; }",
                    "",
                    1),
            new Mutant(
                    "recover from what one participant holds, blind to the transaction's other keys",
                    TWO_PHASE + "Recovery.java",
                    "for (int position : doubt.positions) {",
                    "for (int position : doubt.keys.values()) {",
                    1),
            new Mutant(
                    "serve before recovery is complete",
                    TWO_PHASE + "TwoPhaseCoordinator.java",
                    "} else if (!recovery.isComplete()) { held.add",
                    "} else if (false) { held.add",
                    1),
            new Mutant(
                    "a copy that was being filled is in sync when its move begins",
                    VIEWS + "Arcs.java",
                    "copies.add(copy.with(Sync.SYNCING));",
                    "copies.add(copy.with(Sync.IN_SYNC));",
                    1),
            new Mutant(
                    "a member that is down keeps sync",
                    VIEWS + "Arcs.java",
                    "copies.add(falls ? copy.with(Sync.STALE) : copy);",
                    "copies.add(copy);",
                    1),
            new Mutant(
                    "write to copies in sync only, not to those being filled",
                    TWO_PHASE + "AttemptBuilder.java",
                    "if (copy.takesWrites()) { // A copy",
                    "if (copy.inSync()) { // A copy",
                    1),
            new Mutant(
                    "older wins: a table takes whatever comes last",
                    "storage/MemoryTable.java",
                    "if (PackedRecord.isNewerThan(present, version)) { return false; }",
                    "",
                    1),
            new Mutant(
                    "a move keeps what its source lacks",
                    MOVES + "Filling.java",
                    "dropWhatTheSourceLacks(stretch); for",
                    "for",
                    1),
            new Mutant(
                    "say 'not applied' without waiting for the abort",
                    TWO_PHASE + "Transactions.java",
                    "if (owed != null && transaction.allAttemptsSettled()) {",
                    "if (owed != null) {",
                    1),
            new Mutant(
                    "execute a retry again",
                    "protocol/parts/RequestTable.java",
                    "if (client.requests.containsKey(id.number())) { Result result",
                    "if (client.requests.isEmpty() && client.requests.containsKey(id.number())) { Result result",
                    1),
            new Mutant(
                    "execute a retry from before a restart",
                    "protocol/parts/RequestTable.java",
                    "this.floorEpoch = floorEpoch;",
                    "",
                    1),
            new Mutant(
                    "a write leaves its key in the cache", TWO_PHASE + "ReadCache.java", "cache.remove(key);", "", 1),
            new Mutant(
                    "lost values live on in the cache",
                    TWO_PHASE + "TwoPhaseCoordinator.java",
                    "if (ViewChanges.beganAnew(before, after)) {",
                    "if (false) {",
                    1),
            new Mutant(
                    "use a view before it is durable",
                    VIEWS + "ViewKeeper.java",
                    "effects.persist(++token, next);",
                    "effects.persist(++token, next); onPersisted(token, nowNs, effects);",
                    1),
            new Mutant(
                    "a lost arc answers 'not found'",
                    TWO_PHASE + "Reads.java",
                    "} else if (cluster.view().arcAt(read.position).lost()) {",
                    "} else if (false) {",
                    1),
            new Mutant(
                    "mark a member stale without a witness that the other copy lives",
                    TWO_PHASE + "StaleMarker.java",
                    "&& channel.grantedFromNs != Long.MIN_VALUE && channel.grantedFromNs >= lastDownNs) {",
                    ") {",
                    1),
            new Mutant(
                    "a transaction locks none of its keys",
                    TWO_PHASE + "KeyLocks.java",
                    "return transaction.locksMissing == 0;",
                    "transaction.locksMissing = 0; return true;",
                    1),
            new Mutant(
                    "an update does not look whether the key is there",
                    TWO_PHASE + "Participant.java",
                    "if (write.condition() == Condition.EXISTS && !table.holds(write.key())) {",
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
                    "if (link == coordinatorLink && present != null) { for (BatchReply",
                    "if (present != null) { for (BatchReply",
                    1),
            new Mutant(
                    "forget epoch checks: accept a coordinator of an older epoch",
                    RING + "SlaveMachine.java",
                    "(offered.epoch() < present.epoch() || (offered.epoch() == present.epoch() && other))",
                    "false",
                    1),
            new Mutant(
                    "accept a newer coordinator before the older one's grant has run out",
                    RING + "SlaveMachine.java",
                    "} else if (other && nowNs < grantUntilNs) {",
                    "} else if (false) {",
                    1),
            new Mutant(
                    "take a grant for good: it never runs out",
                    TWO_PHASE + "Grants.java",
                    "nowNs - channel.grantedFromNs <= LEASE_NS",
                    "true",
                    1),
            new Mutant(
                    "let a read's answer through whoever may have written meanwhile",
                    TWO_PHASE + "ReadFence.java",
                    "return grants.areGranted(cluster.view().arcAt(read.position), nowNs);",
                    "return true;",
                    1),
            new Mutant(
                    "a move's end counts also for a copy that has fallen behind",
                    RING + "Surroundings.java",
                    "ViewChanges.complete(view, member, takingWrites(member, ranges))",
                    "ViewChanges.complete(view, member, ranges)",
                    1),
            new Mutant(
                    "a member without a copy is taken for one that never prepared",
                    TWO_PHASE + "Recovery.java",
                    "return false; } } return true; } private void close(",
                    "return false; } } return doubt.positions.stream().anyMatch(position ->"
                            + " view.arcAt(position).copyOf(member) != null); } private void close(",
                    1),
            new Mutant(
                    "take out of the ring who may hold all that is left",
                    RING + "HealthMonitor.java",
                    "if (here && !elsewhere) {",
                    "if (false) {",
                    1));

    private Mutants() {}
}
