package com.kvstore.mutants;

import java.util.List;

/** What is broken on purpose in primary-backup and in what it shares with other groups. */
final class PrimaryBackupMutants {
    private static final String PROTOCOL = "primary-backup";
    private static final String PACKAGE = "protocol/primarybackup/";

    static final List<Mutant> ALL = List.of(
            mutant(
                    "answer a write before a majority holds it",
                    PACKAGE + "Shipper.java",
                    "return held[held.length - replica.group.majority()];",
                    "return held[held.length - 1];",
                    6),
            mutant(
                    "take the majority's promise for granted: it never runs out",
                    PACKAGE + "Shipper.java",
                    "return echoes[echoes.length - replica.group.majority()];",
                    "return nowNs;",
                    37),
            mutant(
                    "a view begins with the new primary's own log, not with the best one",
                    PACKAGE + "ViewChanger.java",
                    "if (isBetter(promise, bestPromise)) {",
                    "if (false) {",
                    3),
            mutant(
                    "a view begins with less than a majority's promises",
                    PACKAGE + "ViewChanger.java",
                    "if (counting.size() < replica.group.majority()) {",
                    "if (counting.size() < replica.group.tolerated()) {",
                    6),
            mutant(
                    "a backup keeps what its old view had beyond the new one's log",
                    PACKAGE + "Replica.java",
                    "if (normalView >= 0 && normalView == base) {",
                    "if (normalView >= 0) {",
                    65),
            mutant(
                    "recover from one peer's word",
                    PACKAGE + "Recovery.java",
                    "if (answers.size() <= replica.group.tolerated() || !latest.primary()) {",
                    "if (!latest.primary()) {",
                    723),
            mutant(
                    "execute a retry again at another primary",
                    PACKAGE + "Replica.java",
                    "requests.apply(entry.id(), op);",
                    "",
                    21),
            mutant(
                    "execute a retry again while the first attempt is in the log",
                    PACKAGE + "Primary.java",
                    "if (undecided != null) {",
                    "if (false) {",
                    5),
            mutant(
                    "a table that is copied keeps what its source has deleted",
                    PACKAGE + "Fetcher.java",
                    "gone.forEach(replica.table::remove);",
                    "",
                    6));

    private PrimaryBackupMutants() {}

    private static Mutant mutant(String name, String file, String was, String is, long seed) {
        return new Mutant(name, file, was, is, seed, PROTOCOL);
    }
}
