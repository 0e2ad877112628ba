package com.kvstore.protocol.parts;

import com.kvstore.common.Group;
import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.parts.PeerMessage.Greeting;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A peer's links to the others of its group. Each peer opens one link to each other and sends on that alone; what it is
 * sent arrives on the links that the others opened. So two peers have two links, one for each direction, and nobody needs
 * to agree on who connects.
 *
 * <p>A link that closes or does not open is opened again, at once and then with back-off, for ever. What was sent on it may
 * be lost: {@link Listener#opened} is where a protocol sends again what still matters.
 *
 * <p>Invariant: once a message of a peer's link has been heard, nothing of an older link of the same peer is: links are
 * numbered as they open. So when a peer was heard to have restarted, no word of its earlier life comes any more.
 *
 * <p>A link may be stuck for minutes after whatever held it up is over: TCP tries again less and less often. Who should be
 * heard and is not gets a new link ({@link #reopenSilent}). As nobody can tell which of the two directions is stuck, a peer
 * that is given a new link does the same for its own, if that is old.
 *
 * <p>Threading: one machine's.
 */
public final class PeerLinks {
    private static final long FIRST_BACK_OFF_NS = 20_000_000L;
    private static final long MAX_BACK_OFF_NS = 500_000_000L;
    /** A link that was open for so long was a good one: no back-off for the next. */
    private static final long LASTING_NS = 1_000_000_000L;
    /** Who should speak and says nothing for so long gets a new link. A part of a large transfer must get through in it. */
    private static final long SILENT_NS = 5_000_000_000L;

    private static final String CONNECT = "peer-connect";

    /** Hears what becomes of the links. */
    public interface Listener {
        /** What is sent to this peer from now on reaches it, unless the link closes. */
        void opened(int peer, long nowNs, Effects effects);

        /** The link to this peer is gone, and with it, perhaps, what was sent on it. */
        void closed(int peer, long nowNs, Effects effects);

        /** This peer speaks on a new link. It may have been restarted: {@code incarnation} tells. */
        void greeted(int peer, long incarnation, long nowNs, Effects effects);
    }

    private static final class Peer {
        private final int id;
        private final ServerNode address;
        /** Ours to it; 0: not open. */
        private long outgoing;
        /** Its newest to us, open or not. */
        private long newest = Long.MIN_VALUE;

        private long incarnation;
        private boolean refused;
        private boolean complained;
        private long openedNs;
        private long heardNs = Long.MIN_VALUE;
        private long backOffNs = FIRST_BACK_OFF_NS;

        private Peer(int id, ServerNode address) {
            this.id = id;
            this.address = address;
        }
    }

    private final Group group;
    private final int self;
    private final long incarnation;
    private final Listener listener;
    private final SortedMap<Integer, Peer> peers = new TreeMap<>();
    private final Map<ServerNode, Peer> byAddress = new HashMap<>();
    private final Map<Long, Peer> byOutgoing = new HashMap<>();
    private final SortedMap<Long, Peer> byIncoming = new TreeMap<>();

    /** @param incarnation random, drawn at the start of this process */
    public PeerLinks(Group group, int self, long incarnation, Listener listener) {
        this.group = group;
        this.self = self;
        this.incarnation = incarnation;
        this.listener = listener;
        for (int id : group.others(self)) {
            Peer peer = new Peer(id, group.address(id));
            peers.put(id, peer);
            byAddress.put(peer.address, peer);
        }
    }

    /** Begins to connect: with the {@code Started} input. */
    public void start(Effects effects) {
        peers.values().forEach(peer -> effects.connect(peer.address));
    }

    /**
     * Handles what is about links.
     *
     * @return whether it was; anything else is the protocol's
     */
    public boolean on(Input input, long nowNs, Effects effects) {
        if (input instanceof Input.LinkOpened opened) {
            return onOpened(opened, nowNs, effects);
        } else if (input instanceof Input.ConnectFailed failed) {
            return onFailed(failed, nowNs, effects);
        } else if (input instanceof Input.LinkClosed closed) {
            onClosed(closed.link(), nowNs, effects);
            return true;
        } else if (input instanceof Input.TimerFired fired
                && fired.timer().kind().equals(CONNECT)) {
            Peer peer = peers.get((int) fired.timer().subject());
            if (peer != null && peer.outgoing == 0) {
                effects.connect(peer.address);
            }
            return true;
        } else if (input instanceof Input.Received received && received.message() instanceof Greeting greeting) {
            onGreeting(received.link(), greeting, nowNs, effects);
            return true;
        }
        return false;
    }

    /** Who speaks on this link; 0: nobody who counts, any more or yet. */
    public int peerOf(long link) {
        Peer peer = byIncoming.get(link);
        return peer == null ? 0 : peer.id;
    }

    /** Whether what is sent to this peer has a way to go. */
    public boolean isOpen(int peer) {
        Peer known = peers.get(peer);
        return known != null && known.outgoing != 0;
    }

    /** Whether its host says that nobody listens there: its process is gone. */
    public boolean isRefused(int peer) {
        Peer known = peers.get(peer);
        return known != null && known.refused;
    }

    /** The incarnation of the process that this peer was last heard from as; 0: never. */
    public long incarnation(int peer) {
        Peer known = peers.get(peer);
        return known == null ? 0 : known.incarnation;
    }

    /** Sends in order; dropped if the link is not open. */
    public void send(int peer, Message message, Effects effects) {
        Peer known = peers.get(peer);
        if (known != null && known.outgoing != 0) {
            effects.send(known.outgoing, message);
        }
    }

    /** Sends to all whose links are open. */
    public void broadcast(Message message, Effects effects) {
        for (Peer peer : peers.values()) {
            if (peer.outgoing != 0) {
                effects.send(peer.outgoing, message);
            }
        }
    }

    /** Gives up the link to a peer that does not take what it is sent; it is opened anew. */
    public void reopen(int peer, Effects effects) {
        Peer known = peers.get(peer);
        if (known != null && known.outgoing != 0) {
            effects.close(known.outgoing);
        }
    }

    /** A peer has said something. */
    public void heard(int peer, long nowNs) {
        Peer known = peers.get(peer);
        if (known != null) {
            known.heardNs = nowNs;
        }
    }

    /**
     * Gives a new link to each peer that has not been {@link #heard} for too long.
     *
     * @param sinceNs from when on all should have spoken
     */
    public void reopenSilent(long sinceNs, long nowNs, Effects effects) {
        for (Peer peer : peers.values()) {
            long quietSinceNs = Math.max(sinceNs, Math.max(peer.heardNs, peer.openedNs));
            if (peer.outgoing != 0 && nowNs - quietSinceNs > SILENT_NS) {
                peer.heardNs = nowNs;
                effects.close(peer.outgoing);
            }
        }
    }

    private boolean onOpened(Input.LinkOpened opened, long nowNs, Effects effects) {
        Peer peer = byAddress.get(opened.peer());
        if (peer == null) {
            return false;
        }
        peer.outgoing = opened.link();
        peer.refused = false;
        peer.openedNs = nowNs;
        byOutgoing.put(opened.link(), peer);
        effects.send(opened.link(), new Greeting(self, group.digest(), incarnation));
        listener.opened(peer.id, nowNs, effects);
        return true;
    }

    private boolean onFailed(Input.ConnectFailed failed, long nowNs, Effects effects) {
        Peer peer = byAddress.get(failed.peer());
        if (peer == null) {
            return false;
        }
        peer.refused = failed.refused();
        connectLater(peer, nowNs, effects);
        return true;
    }

    private static void connectLater(Peer peer, long nowNs, Effects effects) {
        effects.setTimer(new TimerId(CONNECT, peer.id), nowNs + peer.backOffNs);
        peer.backOffNs = Math.min(2 * peer.backOffNs, MAX_BACK_OFF_NS);
    }

    private void onClosed(long link, long nowNs, Effects effects) {
        byIncoming.remove(link);
        Peer peer = byOutgoing.remove(link);
        if (peer != null && peer.outgoing == link) {
            peer.outgoing = 0;
            if (nowNs - peer.openedNs >= LASTING_NS) {
                peer.backOffNs = FIRST_BACK_OFF_NS;
                effects.connect(peer.address);
            } else {
                connectLater(peer, nowNs, effects);
            }
            listener.closed(peer.id, nowNs, effects);
        }
    }

    private void onGreeting(long link, Greeting greeting, long nowNs, Effects effects) {
        Peer peer = peers.get(greeting.from());
        if (peer == null || greeting.group() != group.digest()) {
            if (peer == null || !peer.complained) {
                effects.note(
                        "ERROR",
                        "Peer " + greeting.from()
                                + " has another group file than this one: refused. Start all peers with"
                                + " the same file");
            }
            if (peer != null) {
                peer.complained = true;
            }
            effects.close(link);
            return;
        }
        if (link < peer.newest) {
            // Overtaken by a newer link: what still comes on this one is old.
            effects.close(link);
            return;
        }
        boolean sameProcess = peer.newest != Long.MIN_VALUE && peer.incarnation == greeting.incarnation();
        if (sameProcess && peer.outgoing != 0 && nowNs - peer.openedNs > SILENT_NS) {
            // It may have given up the link before this one because nothing of ours arrives.
            effects.close(peer.outgoing);
        }
        byIncoming.values().removeIf(each -> each == peer);
        byIncoming.put(link, peer);
        peer.newest = link;
        peer.incarnation = greeting.incarnation();
        listener.greeted(peer.id, greeting.incarnation(), nowNs, effects);
    }
}
