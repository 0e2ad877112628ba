package com.kvstore.protocol.totalorder;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetch;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Join;
import com.kvstore.protocol.totalorder.TotalOrderMessage.LaneState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.NewestLane;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Recover;
import com.kvstore.protocol.totalorder.TotalOrderMessage.RecoverRefused;
import com.kvstore.protocol.totalorder.TotalOrderMessage.RecoverState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a peer that has lost what it held comes to vote again: in a new life, which a majority of the others has taken note
 * of, and with votes at least as strong as any it may have cast before.
 *
 * <p>Why that is enough: let a majority count a vote of the old life. It has a peer in common with those that answered the
 * recovery. That peer voted either before it answered, then its answer shows the entry or the promise, and this peer takes
 * it on; or after, then its vote tells of the new life, and the old vote does not count with it.
 *
 * <p>Threading: one machine's.
 */
final class Recovery {
    private static final long PATIENCE_NS = 5_000_000_000L;

    private static final class Target {
        private long known;
        private long promised;
        private long sealBallot;
        private long sealLength;
        private long sealed = Lane.UNKNOWN;
    }

    private final Node node;
    private final Order order;
    private final Snapshots snapshots;
    /** Which process of each peer, by index, has been answered in its latest life. */
    private final long[] answered;

    private int life = 2;
    private final SortedMap<Integer, RecoverState> states = new TreeMap<>();
    private final Map<Long, Target> targets = new TreeMap<>();
    private boolean installed;
    private boolean snapshotIsHere;
    private long sinceNs;

    Recovery(Node node, Order order, Snapshots snapshots) {
        this.node = node;
        this.order = order;
        this.snapshots = snapshots;
        this.answered = new long[node.size()];
    }

    /** Which process of each peer was told, when this was stored. */
    void restore(List<Long> told) {
        for (int i = 0; i < answered.length; i++) {
            answered[i] = told.get(i);
        }
    }

    List<Long> answered() {
        List<Long> told = new ArrayList<>(answered.length);
        for (long each : answered) {
            told.add(each);
        }
        return told;
    }

    /** Goes on with it. @return whether it is complete: this peer may vote */
    boolean tick(long nowNs, Effects effects) {
        if (installed && nowNs - sinceNs > PATIENCE_NS) {
            again();
        }
        if (!installed) {
            node.broadcast(new Recover(node.config.incarnation(), life), effects);
            return false;
        }
        if (!snapshotIsHere) {
            if (!snapshots.isBusy()) {
                snapshots.ask(mostAdvanced(), nowNs, effects);
            }
            return false;
        }
        return complete(effects) && isInOrder(effects) && join();
    }

    /**
     * Whether the order knows of this life. Only then does this peer count: so of those that count there is always one
     * that may multicast, also when all lanes have come to their end.
     */
    private boolean isInOrder(Effects effects) {
        NewestLane newest = order.newestOf(node.index());
        if (newest.life() != life) {
            node.broadcast(new Join(node.formed(), life, newest.lane()), effects);
        }
        return newest.life() == life;
    }

    private boolean join() {
        if (!node.formation.mayRecover()) {
            return false;
        }
        for (RecoverState state : states.values()) {
            node.formation.belongTo(state.formation(), state.founders());
        }
        return true;
    }

    /** From the beginning: what this recovery relied on is gone, or the group is another. */
    void again() {
        installed = false;
        node.recoverInto(0);
        order.clear();
        snapshotIsHere = false;
        states.clear();
        targets.clear();
    }

    private int mostAdvanced() {
        int best = states.firstKey();
        long most = -1;
        for (Map.Entry<Integer, RecoverState> each : states.entrySet()) {
            if (each.getValue().delivered() > most && node.isOpen(each.getKey())) {
                best = each.getKey();
                most = each.getValue().delivered();
            }
        }
        return best;
    }

    /** Another peer has lost what it held: tells it what this one has, if its new life is news. */
    void answer(int from, Recover recover, long clock, long delivered, Effects effects) {
        boolean same = recover.life() == node.votes.life(from) && answered[from] == recover.nonce();
        if (recover.life() <= node.votes.life(from) && !same) {
            node.send(from, new RecoverRefused(recover.nonce(), node.votes.life(from)), effects);
            return;
        }
        node.votes.raise(from, recover.life());
        answered[from] = recover.nonce();
        List<LaneState> lanes = new ArrayList<>();
        for (Lane lane : order.lanes().values()) {
            lanes.add(new LaneState(
                    lane.id(), lane.known(), lane.promised, lane.sealBallot, lane.sealLength, lane.sealed()));
        }
        node.send(
                from,
                new RecoverState(
                        node.formed(),
                        node.formation.founders(),
                        recover.nonce(),
                        recover.life(),
                        node.votes.lives(),
                        lanes,
                        clock,
                        delivered),
                effects);
    }

    void onRefused(RecoverRefused refused) {
        if (!installed && refused.nonce() == node.config.incarnation() && refused.life() >= life) {
            life = refused.life() + 1;
            states.clear();
        }
    }

    void onState(int from, RecoverState state, long nowNs) {
        if (installed || state.nonce() != node.config.incarnation() || state.life() != life) {
            return;
        }
        node.votes.learn(from, state.lives());
        states.put(from, state);
        states.entrySet().removeIf(each -> {
            RecoverState other = each.getValue();
            return other.formation() != state.formation()
                    || other.lives().get(each.getKey()) < node.votes.life(each.getKey());
        });
        if (states.size() >= node.majority() && node.formation.mayRecover()) {
            installed = true;
            sinceNs = nowNs;
            node.votes.begin(life);
            node.recoverInto(state.formation());
            states.values().forEach(this::merge);
        }
    }

    private void merge(RecoverState state) {
        node.observe(state.clock());
        for (LaneState each : state.lanes()) {
            Target target = targets.computeIfAbsent(each.lane(), any -> new Target());
            target.known = Math.max(target.known, each.known());
            target.promised = Math.max(target.promised, each.promised());
            if (each.sealBallot() > target.sealBallot) {
                target.sealBallot = each.sealBallot();
                target.sealLength = each.sealLength();
            }
            target.sealed = Math.max(target.sealed, each.sealed());
        }
    }

    /** The state of the most advanced one is here. */
    void onSnapshot() {
        if (installed && !snapshotIsHere) {
            snapshotIsHere = true;
            targets.forEach((id, target) -> {
                Lane lane = order.lane(id);
                if (lane != null) {
                    lane.recoverVote(target.promised, target.known);
                    lane.sealBallot = target.sealBallot;
                    lane.sealLength = target.sealLength;
                    if (target.sealed != Lane.UNKNOWN && !lane.isSealed()) {
                        order.sealed(lane, target.sealed);
                    }
                }
            });
        }
    }

    /** Whether everything that was shown is held; what is not is asked for. */
    private boolean complete(Effects effects) {
        boolean complete = true;
        for (Map.Entry<Long, Target> each : targets.entrySet()) {
            Lane lane = order.lane(each.getKey());
            if (lane == null) {
                continue;
            }
            long wanted = lane.isSealed() ? Math.min(lane.sealed(), each.getValue().known) : each.getValue().known;
            if (lane.known() < wanted) {
                complete = false;
                for (Integer holder : states.keySet()) {
                    node.send(holder, new Fetch(node.formed(), lane.id(), lane.known() + 1), effects);
                }
            }
        }
        return complete;
    }
}
