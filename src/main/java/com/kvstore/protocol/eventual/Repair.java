package com.kvstore.protocol.eventual;

import com.kvstore.protocol.eventual.EventualMessage.Chunk;
import com.kvstore.protocol.eventual.EventualMessage.Position;
import com.kvstore.protocol.eventual.EventualMessage.Pull;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.DifferenceScan;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.PieceScan;
import com.kvstore.protocol.parts.Stretch;
import java.util.List;

/**
 * Anti-entropy (Demers et al., Epidemic Algorithms for Replicated Database Maintenance, PODC 1987): this peer walks through
 * another one's records, comparing digests piece by piece, and takes what differs and is newer. One walk at a time.
 *
 * <p>What the other held when the walk began is held here when it ends: that is how a gap in a stream closes.
 *
 * <p>Threading: one machine's. Failure behaviour: a walk whose answer does not come is given up; what it brought stays.
 */
final class Repair {
    private static final int CHUNK_BYTES = 1024 * 1024;

    private final Store store;
    private final Holdings holdings;
    private final PeerLinks links;
    /** Whom we walk through; 0: nobody. */
    private int source;

    private long pull;
    private long from;
    private List<Position> heldAtStart = List.of();
    private long askedNs;

    /** @param process random, drawn at the start of this process */
    Repair(long process, Store store, Holdings holdings, PeerLinks links) {
        this.store = store;
        this.holdings = holdings;
        this.links = links;
        // An answer to the process before this one must not be taken for one to this.
        this.pull = process >>> 2;
    }

    boolean isBusy() {
        return source != 0;
    }

    /** Begins a walk; none may be under way. */
    void start(int peer, long nowNs, Effects effects) {
        source = peer;
        from = 0;
        heldAtStart = List.of();
        ask(nowNs, effects);
    }

    /** Gives the walk up if it is through this peer. */
    void stop(int peer) {
        if (source == peer) {
            source = 0;
        }
    }

    /** Gives the walk up if its answer takes too long, and the link with it, on which the question may be stuck. */
    void tick(long nowNs, Effects effects) {
        if (source != 0 && nowNs - askedNs > EventualConfig.PULL_TIMEOUT_NS) {
            links.reopen(source, effects);
            source = 0;
        }
    }

    private void ask(long nowNs, Effects effects) {
        PieceScan scan = new PieceScan(position -> true, /* tombstonesCount= */ true, CHUNK_BYTES / 8);
        scan.run(store.table(), from);
        pull++;
        askedNs = nowNs;
        links.send(source, new Pull(pull, from, scan.pieces(), CHUNK_BYTES), effects);
    }

    /** @return whether this was the end of a walk: everything the other held is here */
    boolean on(int peer, Chunk chunk, long nowNs, Effects effects) {
        if (peer != source || chunk.pull() != pull) {
            return false;
        }
        for (Stretch stretch : chunk.differing()) {
            stretch.records().forEach(store::apply);
        }
        if (from == 0) {
            heldAtStart = chunk.positions();
        }
        if (chunk.last() == BoundedScan.END) {
            source = 0;
            holdings.repaired(heldAtStart);
            return true;
        }
        if (Long.compareUnsigned(chunk.last(), from) < 0) {
            source = 0;
            return false;
        }
        from = chunk.last() + 1;
        ask(nowNs, effects);
        return false;
    }

    /** Answers another peer's question. */
    void answer(int peer, Pull asked, Effects effects) {
        if (!DifferenceScan.inOrder(asked.from(), asked.pieces())) {
            return;
        }
        DifferenceScan scan = new DifferenceScan(
                asked.from(), asked.pieces(), asked.maxBytes(), position -> true, /* tombstonesCount= */ true);
        scan.run(store.table(), asked.from());
        List<Stretch> differing = scan.differing();
        links.send(peer, new Chunk(asked.pull(), scan.reached(), differing, holdings.positions()), effects);
    }
}
