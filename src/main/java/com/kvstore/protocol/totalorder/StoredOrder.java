package com.kvstore.protocol.totalorder;

import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.totalorder.TotalOrderMessage.NewestLane;
import java.util.List;

/** What a peer of a total-order group keeps on disk beside its records. */
public sealed interface StoredOrder extends Persistent {

    /**
     * All but the lanes' entries and the clients' answers.
     *
     * @param progress what the lanes hold, and how far the order is delivered
     */
    record Summary(Vital vital, Progress progress) implements StoredOrder {}

    /**
     * What nothing may be said of before it is durable.
     *
     * @param foundedIn the formation that this peer has founded; 0: it has recovered since
     * @param active whether it votes
     * @param lives the latest known life of each peer, in the order of the group
     * @param answered which process of each peer was told of in its latest life
     * @param newestOwn no lane but a newer one may be added to; -1: any may be
     * @param votes by lane
     */
    record Vital(
            Formation.Saved formation,
            long foundedIn,
            boolean active,
            List<Integer> lives,
            List<Long> answered,
            long newestOwn,
            List<Vote> votes) {
        public Vital {
            lives = List.copyOf(lives);
            answered = List.copyOf(answered);
            votes = List.copyOf(votes);
        }
    }

    /** How this peer has voted on a lane; as in {@code Lane}. */
    record Vote(long lane, int life, long promised, long frozen, boolean voteless, long sealBallot, long sealLength) {}

    /**
     * As in {@code OrderState}; of each lane of {@link Vital#votes} what is held and how far it is delivered, and behind
     * those the lanes that are done: a peer that forgot where one ended would take it up again with others who do not know yet.
     */
    record Progress(
            long delivered, long counter, long wallMs, long epoch, List<NewestLane> newest, List<LaneProgress> lanes) {
        public Progress {
            newest = List.copyOf(newest);
            lanes = List.copyOf(lanes);
        }
    }

    /**
     * @param base the last entry that is forgotten
     * @param known the last entry that is held
     * @param sealed where it ends; -1: that is not known
     */
    record LaneProgress(long lane, long base, long known, long delivered, long clock, long sealed) {}

    /** An entry of a lane. */
    record LaneEntry(long lane, long index, TotalOrderMessage.Entry entry) implements StoredOrder {}

    /**
     * What the order remembers of a client.
     *
     * @param touched rises whenever a client was asked for: the longest silent has the smallest
     */
    record Client(long touched, TotalOrderMessage.ClientState state) implements StoredOrder {}
}
