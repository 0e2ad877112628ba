package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keys that several clients try to be the first to write, under the condition that nobody was: each has one winner, for
 * good, and whoever is told that there is one finds it.
 *
 * <p>Threading: belongs to one simulation.
 */
final class ClaimLog extends SideLog {
    private static final String PREFIX = "claim-";

    private enum Outcome {
        UNKNOWN,
        WON,
        BEATEN,
        NOT_APPLIED
    }

    static Command claim(int number, Bytes value) {
        return Command.Transact.of(new Write(Bytes.of(PREFIX + number), value, Condition.ABSENT));
    }

    static Command look(int number) {
        return new Command.Get(Bytes.of(PREFIX + number));
    }

    private static final class Claim extends Entry {
        final Bytes value;
        Outcome outcome = Outcome.UNKNOWN;

        Claim(Bytes value, long startNs) {
            super(startNs);
            this.value = value;
        }

        @Override
        void done(Result result) {
            outcome = Outcome.WON;
        }

        @Override
        void refused(ErrorCode code, boolean inDoubt) {
            if (!inDoubt) {
                outcome = code == ErrorCode.CONFLICT ? Outcome.BEATEN : Outcome.NOT_APPLIED;
            }
        }

        boolean mayHaveWon() {
            return outcome == Outcome.WON || outcome == Outcome.UNKNOWN;
        }

        @Override
        public String toString() {
            return value + " " + outcome + " " + when();
        }
    }

    private static final class Key {
        final List<Claim> claims = new ArrayList<>();
        final List<Read> reads = new ArrayList<>();
    }

    private final Map<String, Key> byKey = new TreeMap<>();

    @Override
    ClientLog.@Nullable Entry begin(String who, long nowNs, Command command) {
        if (command instanceof Command.Get get && get.key().text().startsWith(PREFIX)) {
            Read read = new Read(nowNs);
            of(get.key()).reads.add(read);
            return read;
        }
        if (command instanceof Command.Transact transact) {
            Write write = transact.writes().get(0);
            Bytes value = write.value();
            if (value != null && write.key().text().startsWith(PREFIX)) {
                Claim claim = new Claim(value, nowNs);
                of(write.key()).claims.add(claim);
                return claim;
            }
        }
        return null;
    }

    private Key of(Bytes key) {
        return byKey.computeIfAbsent(key.text(), any -> new Key());
    }

    @Override
    void judge() {
        byKey.forEach(this::judge);
    }

    private void judge(String name, Key key) {
        Bytes winner = null;
        long takenAtNs = Long.MAX_VALUE;
        for (Claim claim : key.claims) {
            if (claim.outcome == Outcome.WON) {
                if (winner != null) {
                    violated(name + " has two winners: " + key.claims);
                }
                winner = claim.value;
            }
            if (claim.outcome == Outcome.WON || claim.outcome == Outcome.BEATEN) {
                takenAtNs = Math.min(takenAtNs, claim.endNs);
            }
        }
        for (Read read : key.reads) {
            Bytes value = read.value;
            if (value != null) {
                boolean possible = key.claims.stream()
                        .anyMatch(claim ->
                                claim.mayHaveWon() && claim.value.equals(value) && claim.startNs <= read.endNs);
                if (!possible || (winner != null && !winner.equals(value))) {
                    violated(name + " shows " + value + " " + read.when() + ", claimed by " + key.claims);
                }
                winner = value;
                takenAtNs = Math.min(takenAtNs, read.endNs);
            }
        }
        judgeAbsence(name, key, takenAtNs);
    }

    private void judgeAbsence(String name, Key key, long takenAtNs) {
        for (Read read : key.reads) {
            if (read.settled && read.value == null && read.startNs > takenAtNs) {
                violated(name + " is taken, and gone " + read.when() + ", claimed by " + key.claims);
            }
        }
        for (Claim claim : key.claims) {
            if (claim.outcome == Outcome.WON && claim.startNs > takenAtNs) {
                violated(name + " was taken when it was won: " + key.claims);
            }
            if (claim.outcome == Outcome.BEATEN
                    && key.claims.stream()
                            .noneMatch(other -> other != claim && other.mayHaveWon() && other.startNs <= claim.endNs)) {
                violated(name + " was refused to all: " + key.claims);
            }
        }
    }
}
