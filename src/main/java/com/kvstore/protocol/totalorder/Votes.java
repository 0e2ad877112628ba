package com.kvstore.protocol.totalorder;

import com.kvstore.protocol.totalorder.TotalOrderMessage.LaneVote;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The other peers' latest votes, and which life of each peer is known to have begun.
 *
 * <p>Invariant: no vote counts that was cast in a life before one which any of the votes that are counted knows of. That
 * makes votes of peers that keep nothing on disk as good as lasting ones: a peer that has forgotten a vote recovers from a
 * majority before it votes again, and whoever voted after answering that recovery says so (Michael, Ports, Sharma,
 * Szekeres: Recovering Shared Objects Without Stable Storage, DISC 2017).
 *
 * <p>Threading: one machine's.
 */
final class Votes {
    private static final class Report {
        private final Map<Long, LaneVote> votes = new TreeMap<>();
    }

    private final int self;
    private final int majority;
    private final int[] lives;
    private final @Nullable Report[] reports;

    Votes(TotalOrderConfig config) {
        this.self = config.index();
        this.majority = config.group().majority();
        this.lives = new int[config.group().size()];
        this.reports = new Report[config.group().size()];
        Arrays.fill(lives, 1);
    }

    /** A group is formed: everybody is in the first life. */
    void reset() {
        Arrays.fill(lives, 1);
        Arrays.fill(reports, null);
    }

    /** These lives had begun when this was stored. */
    void restore(List<Integer> known) {
        for (int i = 0; i < lives.length; i++) {
            lives[i] = known.get(i);
        }
    }

    /** Begins a life of this peer's own. */
    void begin(int life) {
        lives[self] = life;
    }

    int life(int index) {
        return lives[index];
    }

    List<Integer> lives() {
        List<Integer> list = new ArrayList<>(lives.length);
        for (int life : lives) {
            list.add(life);
        }
        return list;
    }

    /**
     * Learns of lives that have begun, and no longer counts votes of lives before.
     *
     * @return whether the sender's own is none of the past
     */
    boolean learn(int sender, List<Integer> others) {
        for (int i = 0; i < lives.length; i++) {
            raise(i, others.get(i));
        }
        return others.get(sender) == lives[sender];
    }

    void raise(int index, int life) {
        if (life > lives[index]) {
            lives[index] = life;
            reports[index] = null;
        }
    }

    /** A peer's votes, all of them: those before do not count any more. */
    void on(int index, List<LaneVote> votes) {
        Report report = new Report();
        votes.forEach(vote -> report.votes.put(vote.lane(), vote));
        reports[index] = report;
    }

    @Nullable LaneVote of(int index, long lane) {
        Report report = reports[index];
        return report == null ? null : report.votes.get(lane);
    }

    /** How many entries of the lane are safe: a majority vouches for them. */
    long chosen(Lane lane) {
        long[] votes = new long[lives.length];
        for (int i = 0; i < lives.length; i++) {
            LaneVote vote = i == self ? null : of(i, lane.id());
            votes[i] = i == self ? lane.vote() : vote == null ? 0 : vote.voted();
        }
        Arrays.sort(votes);
        return votes[votes.length - majority];
    }

    /** Whether a majority has heard this echo on the lane and takes entries of it still. */
    boolean isEchoed(Lane lane, long echo) {
        int heard = lane.promised == 0 ? 1 : 0;
        for (int i = 0; i < lives.length; i++) {
            LaneVote vote = i == self ? null : of(i, lane.id());
            heard += vote != null && vote.echo() >= echo ? 1 : 0;
        }
        return heard >= majority;
    }

    /** How many entries of the lane every peer has. */
    long everywhere(Lane lane) {
        long least = lane.vote();
        for (int i = 0; i < lives.length; i++) {
            LaneVote vote = i == self ? null : of(i, lane.id());
            least = i == self ? least : Math.min(least, vote == null ? 0 : vote.voted());
        }
        return least;
    }
}
