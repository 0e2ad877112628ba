package com.kvstore.protocol.totalorder;

import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import java.util.ArrayList;
import java.util.List;

/**
 * What this peer knows of one lane, and how it has voted on it.
 *
 * <p>A lane's name is the counter at which it was opened times {@link #OWNERS}, plus its owner's index: no name comes
 * twice, and no entry of it has a smaller counter.
 *
 * <p>Invariants: the entries known are a prefix of what the owner has multicast; {@link #clock} is a promise of the owner
 * about everything behind them; {@link #vote} never falls below what was said before, does not rise once a ballot was
 * promised, and is for nothing that a crash could take away.
 *
 * <p>Threading: one machine's.
 */
final class Lane {
    static final int OWNERS = 32;
    static final long UNKNOWN = -1;
    private static final long ALL = Long.MAX_VALUE;

    private final long id;
    private final int life;
    private final List<Entry> entries = new ArrayList<>();
    /** Entries up to this one will be here after a crash; {@link #ALL}: all that are known count as lasting. */
    private long durable = ALL;
    /** How many of the list's first entries are forgotten and not yet cut off. */
    private int gone;

    /** Number of the last entry that is forgotten. */
    private long base;

    long delivered;
    /** Entries behind those known have larger counters. */
    long clock;
    /** Of the owner's last cast. */
    long echo;

    long promised;
    /** The vote at the time of the first promise. */
    private long frozen;

    /** Whether this peer recovered under a promise it cannot remember: its vote before that counts for ballots only. */
    private boolean voteless;

    long sealBallot;
    long sealLength;
    private long sealed = UNKNOWN;
    /** Since when something has been waiting for this lane; 0: nothing is. */
    long blockedSinceNs;

    Lane(long id, int life, long delivered) {
        this.id = id;
        this.life = life;
        this.base = delivered;
        this.delivered = delivered;
        this.clock = id / OWNERS;
    }

    /** As it was stored. */
    static Lane restored(StoredOrder.Vote vote, StoredOrder.LaneProgress progress, List<Entry> entries) {
        Lane lane = new Lane(vote.lane(), vote.life(), progress.base());
        lane.take(progress.base() + 1, entries);
        if (lane.known() != progress.known()) {
            throw new IllegalStateException("lane " + vote.lane() + " has " + lane.known()
                    + " entries on disk, and should have " + progress.known());
        }
        lane.durable = lane.known();
        lane.delivered = progress.delivered();
        lane.clock = Math.max(lane.clock, progress.clock());
        lane.promised = vote.promised();
        lane.frozen = vote.frozen();
        lane.voteless = vote.voteless();
        lane.sealBallot = vote.sealBallot();
        lane.sealLength = vote.sealLength();
        lane.sealed = progress.sealed();
        return lane;
    }

    StoredOrder.Vote stored() {
        return new StoredOrder.Vote(id, life, promised, frozen, voteless, sealBallot, sealLength);
    }

    static long name(long counter, int owner) {
        return counter * OWNERS + owner;
    }

    static int ownerOf(long lane) {
        return (int) (lane % OWNERS);
    }

    long id() {
        return id;
    }

    int owner() {
        return ownerOf(id);
    }

    /** The owner's life that multicasts on it. */
    int life() {
        return life;
    }

    /** How many entries are known, without a gap. */
    long known() {
        return base + entries.size() - gone;
    }

    long base() {
        return base;
    }

    /** From now on only what is said to be {@link #durable} is vouched for. */
    void keepOnDisk() {
        durable = 0;
    }

    /** Entries up to this one are on the disk. @return whether this peer vouches for more now */
    boolean durable(long upTo) {
        long before = vote();
        durable = Math.max(durable, upTo);
        return vote() > before;
    }

    long sealed() {
        return sealed;
    }

    boolean isSealed() {
        return sealed != UNKNOWN;
    }

    /** Whether it is at its end, and everything of it is delivered. */
    boolean isDone() {
        return isSealed() && delivered == sealed;
    }

    Entry get(long index) {
        return entries.get(gone + (int) (index - base) - 1);
    }

    boolean hasNext() {
        return delivered < known();
    }

    Entry next() {
        return get(delivered + 1);
    }

    /** Takes entries, the first of which has this number; what is known already is skipped, and so is all behind a gap. */
    void take(long first, List<Entry> more) {
        long index = first;
        for (Entry entry : more) {
            if (index == known() + 1 && (sealed == UNKNOWN || index <= sealed)) {
                entries.add(entry);
            }
            index++;
        }
    }

    /** How many entries this peer vouches for when it is counted whether an entry is safe. */
    long vote() {
        return Math.min(durable, promised == 0 ? known() : voteless ? 0 : frozen);
    }

    /** The same when a ballot asks; what it hears leaves once that is durable. */
    long voteForBallot() {
        return promised == 0 ? known() : frozen;
    }

    void promise(long ballot) {
        if (promised == 0) {
            frozen = known();
        }
        promised = ballot;
    }

    /** Takes on, in a new life, what a vote before may have been, if there was a promise. */
    void recoverVote(long ballot, long atLeast) {
        if (ballot != 0) {
            promised = Math.max(promised, ballot);
            frozen = atLeast;
            voteless = true;
        }
    }

    /** It is decided where it ends. */
    void seal(long length) {
        if (delivered > length) {
            throw new IllegalStateException(
                    "lane " + id + " ends at " + length + ", but " + delivered + " entries of it were delivered");
        }
        sealed = length;
        while (known() > length) {
            entries.remove(entries.size() - 1);
        }
    }

    /** Delivered entries up to this one are not needed any more. */
    void forgetUpTo(long index) {
        long last = Math.min(index, delivered);
        while (base < last) {
            entries.set(gone, NOTHING);
            gone++;
            base++;
        }
        if (gone > 256 && gone > entries.size() / 2) {
            entries.subList(0, gone).clear();
            gone = 0;
        }
    }

    private static final Entry NOTHING = new Entry(0, 0, List.of());

    /** A snapshot brings the state behind this entry. */
    void jumpTo(long index) {
        if (index > delivered) {
            while (base < index) {
                if (known() > base) {
                    entries.remove(gone);
                }
                base++;
            }
            delivered = index;
        }
    }

    /** Some of the entries from this one on, by number and rough size. */
    List<Entry> some(long from, int maxEntries, long maxBytes) {
        List<Entry> some = new ArrayList<>();
        long bytes = 0;
        for (long index = from; index <= known() && some.size() < maxEntries && bytes < maxBytes; index++) {
            Entry entry = get(index);
            some.add(entry);
            bytes += Sizes.of(entry);
        }
        return some;
    }
}
