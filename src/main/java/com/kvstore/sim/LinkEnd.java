package com.kvstore.sim;

import com.kvstore.common.Message;
import com.kvstore.protocol.kernel.Input;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One side of a TCP-like connection: its owner, and what is on the way to it.
 *
 * <p>Invariants: messages come out in the order they went in; none after {@code LinkClosed}; once sealed nothing more
 * goes in. While the direction towards the owner is cut, what is on the way waits in place.
 */
final class LinkEnd {
    private final SimWorld world;
    private final SimProcess owner;
    private final long id;
    private final ArrayDeque<byte[]> incoming = new ArrayDeque<>();
    private @Nullable LinkEnd peer;
    private long lastArrivalNs;
    private boolean cut;
    private boolean sealed;
    private boolean closed;
    private Scheduler.@Nullable Event closing;

    LinkEnd(SimWorld world, SimProcess owner) {
        this.world = world;
        this.owner = owner;
        this.id = owner.register(this);
    }

    static void join(LinkEnd one, LinkEnd other) {
        one.peer = other;
        other.peer = one;
    }

    SimProcess owner() {
        return owner;
    }

    long id() {
        return id;
    }

    LinkEnd peer() {
        if (peer == null) {
            throw new IllegalStateException("a link end that was never joined");
        }
        return peer;
    }

    boolean isSealed() {
        return sealed;
    }

    /** Nothing may arrive at the owner before this time. */
    void notBefore(long timeNs) {
        lastArrivalNs = Math.max(lastArrivalNs, timeNs);
    }

    /** Something was sent to the owner; it gets there at {@code arrivalNs} or, to keep the order, later. */
    void accept(byte[] bytes, long arrivalNs) {
        incoming.add(bytes);
        if (!cut) {
            plan(arrivalNs);
        }
    }

    /** The direction towards the owner was cut: nothing arrives until {@link #mend}. */
    void cut() {
        cut = true;
    }

    /** The cut is over; what waited gets through from {@code fromNs} on. */
    void mend(long fromNs) {
        if (cut) {
            cut = false;
            incoming.forEach(each -> plan(fromNs));
        }
    }

    /** Nothing more goes in. */
    void seal() {
        sealed = true;
    }

    /** Nothing more goes in, and of what is on the way only the beginning gets through, by chance all or nothing. */
    void sealAndLose(SimRandom random) {
        sealed = true;
        int kept = cut ? 0 : random.below(incoming.size() + 1);
        while (incoming.size() > kept) {
            incoming.removeLast();
        }
    }

    /** The owner learns at {@code timeNs} that the link is closed, unless it is to learn it earlier. */
    void closeAt(long timeNs) {
        if (closed || (closing != null && closing.timeNs() <= timeNs)) {
            return;
        }
        if (closing != null) {
            closing.cancel();
        }
        closing = world.scheduler().at(Math.max(timeNs, lastArrivalNs + 1), this::close);
    }

    private void plan(long arrivalNs) {
        lastArrivalNs = Math.max(lastArrivalNs + 1, arrivalNs);
        world.scheduler().at(lastArrivalNs, this::arrive);
    }

    /** There may be more plans than messages, after a cut or a loss; never fewer, unless it is cut. */
    private void arrive() {
        if (!cut && !closed && !incoming.isEmpty()) {
            handOver(incoming.remove());
        }
    }

    private void close() {
        sealed = true;
        while (!incoming.isEmpty() && !cut) {
            handOver(incoming.remove());
        }
        closed = true;
        incoming.clear();
        owner.links().remove(id);
        owner.deliver(new Input.LinkClosed(id));
    }

    private void handOver(byte[] bytes) {
        if (owner.isDead()) {
            return;
        }
        Message message = world.codec().decode(bytes);
        world.trace().event(world.nowNs(), owner.name(), "arrives", id * 31 + SimWorld.hash(bytes), message);
        owner.deliver(new Input.Received(id, message));
    }
}
