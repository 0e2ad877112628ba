package com.kvstore.mutants;

import java.util.List;

/** The eventual protocol, broken on purpose. */
final class EventualMutants {
    private static final String PROTOCOL = "eventual";
    private static final String DIRECTORY = "protocol/eventual/";

    static final List<Mutant> ALL = List.of(
            mutant(
                    "eventual: older wins: a peer takes whatever comes last",
                    "EventualMachine.java",
                    "if (seq++ > known) { change.records().forEach(this::observe);",
                    "if (seq++ > known) { change.records().forEach(record -> store.table().remove(record.key()));"
                            + " change.records().forEach(this::observe);",
                    1),
            mutant(
                    "eventual: nothing repairs what a SYNC did not bring",
                    "EventualMachine.java",
                    "? reports.hasMissed(index, stream -> flows(stream, nowNs))",
                    "? false",
                    3),
            mutant(
                    "eventual: a delete leaves no tombstone",
                    "Store.java",
                    "if (table.apply(record) && record.isTombstone()) { tombstones.add",
                    "if (table.apply(record) && record.isTombstone()) { table.remove(record.key()); tombstones.add",
                    1),
            mutant(
                    "eventual: tombstones go when this peer has everything, whatever the others have",
                    "EventualMachine.java",
                    "store.purge(reports.everywhere());",
                    "store.purge(clock.now(wall.nowMs()) - (1L << 26));",
                    1),
            mutant(
                    "eventual: a gap counts as received",
                    "Holdings.java",
                    "if (sync.firstSeq() <= held.seq + 1) {",
                    "if (true) {",
                    3),
            mutant(
                    "eventual: two processes of one peer share their stream",
                    "Streams.java",
                    "return (long) index << INCARNATION_BITS | (incarnation & INCARNATION_MASK);",
                    "return (long) index << INCARNATION_BITS | 1;",
                    6),
            mutant(
                    "eventual: versions of the host's clock alone",
                    "EventualMachine.java",
                    "long reading = clock.next(wall.nowMs()); Change change",
                    "long reading = wall.nowMs() << 16; Change change",
                    1));

    private static Mutant mutant(String name, String file, String was, String is, long seed) {
        return new Mutant(name, DIRECTORY + file, was, is, seed, PROTOCOL);
    }

    private EventualMutants() {}
}
