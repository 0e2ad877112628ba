package com.kvstore.mutants;

import com.kvstore.sim.SeedRun;
import java.util.List;

/** What peers of groups keep on their disks, broken on purpose. */
final class DiskMutants {
    private static final String PRIMARY_BACKUP = "protocol/primarybackup/";
    private static final String TOTAL_ORDER = "protocol/totalorder/";
    private static final String EVENTUAL = "protocol/eventual/";

    static final List<Mutant> ALL = List.of(
            primaryBackup(
                    "a peer vouches for entries that are not on its disk yet",
                    "Replica.java",
                    "return durableOp < 0 ? log.last() : Math.min(durableOp, log.last());",
                    "return log.last();",
                    5),
            primaryBackup(
                    "a restarted peer forgets which requests are in its log",
                    "ReplicaStore.java",
                    "summary.progress().floor(), clients));",
                    "summary.progress().floor(), List.of()));",
                    46),
            totalOrder(
                    "a restarted peer adds to a lane that it has forgotten the end of",
                    "Multicast.java",
                    "newestOwn = newest;",
                    "newestOwn = newest; own = order.lane(newest);",
                    6),
            totalOrder(
                    "vote for what is not on the disk yet",
                    "Lane.java",
                    "return Math.min(durable, promised == 0 ? known() : voteless ? 0 : frozen);",
                    "return promised == 0 ? known() : voteless ? 0 : frozen;",
                    25),
            totalOrder(
                    "say what is not on the disk yet",
                    "OrderStore.java",
                    "return isNew ? Saved.VITAL :",
                    "return isNew ? Saved.NEEDED :",
                    46),
            totalOrder(
                    "a restarted peer forgets its promises and votes on",
                    "Lane.java",
                    "lane.promised = vote.promised();",
                    "",
                    49),
            primaryBackup(
                    "a restarted primary goes on in its view",
                    "ReplicaStore.java",
                    "if (replica.isPrimary() && replica.group.size() > 1) {",
                    "if (false) {",
                    44),
            primaryBackup(
                    "a restarted peer takes the view it has promised for one it has joined",
                    "ReplicaStore.java",
                    "replica.status = replica.view == replica.normalView ? Status.NORMAL : Status.VIEW_CHANGE;",
                    "replica.status = Status.NORMAL;",
                    144),
            primaryBackup(
                    "a restarted peer forgets which view its log is of",
                    "ReplicaStore.java",
                    "replica.normalView = place.normalView();",
                    "replica.normalView = place.baseView();",
                    37),
            totalOrder(
                    "a restarted peer forgets which end of a lane it has accepted",
                    "Lane.java",
                    "lane.sealBallot = vote.sealBallot();",
                    "",
                    336),
            totalOrder(
                    "a restarted peer forgets what it answered to clients",
                    "OrderStore.java",
                    "replica.restore(summary.progress(), clients);",
                    "replica.restore(summary.progress(), List.of());",
                    6),
            totalOrder(
                    "a restarted peer forgets that others began new lives",
                    "OrderStore.java",
                    "node.votes.restore(vital.lives());",
                    "",
                    609),
            eventual(
                    "say what is not on the disk yet",
                    "EventualMachine.java",
                    "return Saved.NEEDED;",
                    "return Saved.LATER; } @Override public boolean answersMayPrecede() { return true;",
                    2),
            eventual(
                    "tell others what is not on the disk yet",
                    "EventualMachine.java",
                    "return Saved.NEEDED;",
                    "return Saved.LATER; } @Override public boolean mayPrecede(com.kvstore.common.Message any) { return true;",
                    8),
            eventual(
                    "a restarted peer numbers its changes from the beginning",
                    "EventualMachine.java",
                    "outbox.goOnBehind(holdings.seq(config.stream()));",
                    "",
                    6),
            eventual(
                    "a restarted peer forgets how far its clock was",
                    "EventualMachine.java",
                    "clock.observe(found.clock());",
                    "",
                    36),
            eventual(
                    "a restarted peer takes gaps in streams for closed",
                    "Holdings.java",
                    "held.seq = position.seq(); held.clock = position.clock(); held.ahead = position.ahead();",
                    "held.seq = Math.max(position.seq(), position.ahead().to()); held.clock = position.clock();",
                    12));

    /** More than {@link Mutant#MAX_SEEDS} seeds pass them; {@code ReplicaStoreTest} and {@code EventualStoreTest} do not. */
    static final List<Mutant> SOUGHT = List.of(
            primaryBackup(
                    "what is vital waits for nothing",
                    "ReplicaStore.java",
                    "return vital ? Saved.VITAL :",
                    "return vital ? Saved.NEEDED :",
                    6238),
            eventual(
                    "a restarted peer forgets what it has forgotten",
                    "EventualMachine.java",
                    "store.restore(found.horizon());",
                    "store.restore(0);",
                    0));

    private DiskMutants() {}

    private static Mutant primaryBackup(String name, String file, String was, String is, long seed) {
        return mutant("primary-backup", name, PRIMARY_BACKUP + file, was, is, seed);
    }

    private static Mutant totalOrder(String name, String file, String was, String is, long seed) {
        return mutant("total-order", name, TOTAL_ORDER + file, was, is, seed);
    }

    private static Mutant eventual(String name, String file, String was, String is, long seed) {
        return mutant("eventual", name, EVENTUAL + file, was, is, seed);
    }

    private static Mutant mutant(String protocol, String name, String file, String was, String is, long seed) {
        return new Mutant(protocol + " on disks: " + name, file, was, is, seed, protocol + SeedRun.ON_DISKS);
    }
}
