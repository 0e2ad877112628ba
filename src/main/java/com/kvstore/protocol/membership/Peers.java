package com.kvstore.protocol.membership;

import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.MembershipMessage.Heartbeat;
import com.kvstore.protocol.membership.MembershipMessage.Hello;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator's links to the data nodes: opens them, greets, notices when one is gone, tries again.
 *
 * <p>A member whose link closes is {@link Liveness#CONNECTING} while one attempt to open it again is under way; it is
 * {@link Liveness#DOWN} once that is refused or takes too long, or once it leaves a request unanswered too long. Attempts
 * go on with back-off for as long as the address is in the view.
 *
 * <p>Threading: one machine's.
 */
public final class Peers {
    /** A slave obeys no newer coordinator while one it answered may still serve from its cache. */
    public static final long GRANT_NS = 1_000_000_000L;

    private static final long FIRST_BACK_OFF_NS = 100_000_000L;
    private static final long MAX_BACK_OFF_NS = 1_000_000_000L;

    /** Hears what becomes of the links. */
    public interface Listener {
        /** A process answered the greeting. */
        void greeted(Peer peer, Welcome welcome, long nowNs, Effects effects);

        /** A member's open link closed; what was on it is not known to have arrived. */
        void linkLost(Peer peer, long nowNs, Effects effects);

        /** The liveness of a member became {@link Liveness#DOWN}. */
        void wentDown(Peer peer, long nowNs, Effects effects);

        /** An address outside the view could not be greeted. */
        void strangerUnreachable(Peer peer, String reason, Effects effects);
    }

    private final long coordinator;
    private final ServerNode self;
    private final long requestTimeoutNs;
    private final ViewKeeper views;
    private final Listener listener;
    private final SortedMap<ServerNode, Peer> byAddress = new TreeMap<>();
    private final SortedMap<Integer, Peer> byMember = new TreeMap<>();
    private final Map<Long, Peer> byLink = new HashMap<>();
    private long startEpoch;
    private boolean everybodyAskedOnce;

    public Peers(long coordinator, ServerNode self, long requestTimeoutNs, ViewKeeper views, Listener listener) {
        this.coordinator = coordinator;
        this.self = self;
        this.requestTimeoutNs = requestTimeoutNs;
        this.views = views;
        this.listener = listener;
    }

    /** The first epoch of this life is in force: greets every member. */
    public void start(View view, long nowNs, Effects effects) {
        startEpoch = view.epoch();
        viewChanged(view, nowNs, effects);
    }

    public long startEpoch() {
        return startEpoch;
    }

    /** Ends the patience of the start: from now on a greeting is answered within the request time-out. */
    public void everybodyAsked() {
        everybodyAskedOnce = true;
    }

    /** Takes members in and out as the view says, and tells all who are greeted. */
    public void viewChanged(View view, long nowNs, Effects effects) {
        byMember.clear();
        for (Member member : view.members().values()) {
            Peer peer = peerAt(member.address(), nowNs);
            peer.member = member.id();
            byMember.put(member.id(), peer);
            if (peer.stage == Peer.Stage.WAITING && peer.dueNs <= nowNs) {
                connect(peer, nowNs, effects);
            }
        }
        for (Peer peer : new ArrayList<>(byAddress.values())) {
            if (peer.stage == Peer.Stage.OPEN) {
                effects.send(peer.link, new MembershipMessage.NewView(view));
            }
            if (peer.member != 0 && byMember.get(peer.member) != peer) {
                peer.member = 0;
                drop(peer, effects);
            }
        }
    }

    /** Greets a process that asks to be taken in. */
    public Peer greet(ServerNode address, long nowNs, Effects effects) {
        Peer peer = peerAt(address, nowNs);
        if (peer.stage == Peer.Stage.WAITING) {
            connect(peer, nowNs, effects);
        }
        return peer;
    }

    public @Nullable Peer at(ServerNode address) {
        return byAddress.get(address);
    }

    public @Nullable Peer of(int member) {
        return byMember.get(member);
    }

    /** The peer at the other end of a link that this coordinator opened, once greeted; null for any other link. */
    public @Nullable Peer greetedOn(long link) {
        Peer peer = byLink.get(link);
        return peer != null && peer.stage == Peer.Stage.OPEN ? peer : null;
    }

    /** Whether a link is one that this coordinator opened and has not given up. */
    public boolean isPresent(long link) {
        return byLink.containsKey(link);
    }

    public Liveness liveness(int member) {
        Peer peer = byMember.get(member);
        return peer == null ? Liveness.DOWN : peer.liveness;
    }

    /** Members in the order of their ids. */
    public Collection<Peer> members() {
        return byMember.values();
    }

    /** Ids of the members whose liveness is that. */
    public SortedSet<Integer> membersThatAre(Liveness liveness) {
        TreeSet<Integer> ids = new TreeSet<>();
        byMember.forEach((id, peer) -> {
            if (peer.liveness == liveness) {
                ids.add(id);
            }
        });
        return ids;
    }

    public void onLinkOpened(long link, ServerNode address, long nowNs, Effects effects) {
        Peer peer = byAddress.get(address);
        if (peer == null || peer.stage != Peer.Stage.CONNECTING) {
            effects.close(link);
            return;
        }
        peer.link = link;
        byLink.put(link, peer);
        peer.stage = Peer.Stage.GREETING;
        peer.sinceNs = nowNs;
        effects.send(link, new Hello(coordinator, self, startEpoch, views.current()));
    }

    public void onConnectFailed(ServerNode address, boolean refused, long nowNs, Effects effects) {
        Peer peer = byAddress.get(address);
        if (peer != null && peer.stage == Peer.Stage.CONNECTING) {
            failed(peer, refused ? "it refuses connections" : "it does not answer", nowNs, effects);
        }
    }

    /** @return whether the link was one of these */
    public boolean onLinkClosed(long link, long nowNs, Effects effects) {
        Peer peer = byLink.remove(link);
        if (peer == null) {
            return false;
        }
        if (peer.link != link) {
            return true;
        }
        boolean wasOpen = peer.stage == Peer.Stage.OPEN;
        peer.link = 0;
        peer.stage = Peer.Stage.WAITING;
        if (!wasOpen) {
            failed(peer, "it closed the connection", nowNs, effects);
            return true;
        }
        if (peer.member == 0) {
            byAddress.remove(peer.address);
            return true;
        }
        peer.liveness = peer.going ? Liveness.DOWN : Liveness.CONNECTING;
        listener.linkLost(peer, nowNs, effects);
        if (peer.going) {
            peer.dueNs = nowNs + FIRST_BACK_OFF_NS;
            listener.wentDown(peer, nowNs, effects);
        } else {
            connect(peer, nowNs, effects);
        }
        return true;
    }

    /** A process answered a greeting; it is up if the view knows this incarnation of it. */
    public void onWelcome(long link, Welcome welcome, long nowNs, Effects effects) {
        Peer peer = byLink.get(link);
        if (peer == null || peer.stage != Peer.Stage.GREETING || peer.link != link) {
            return;
        }
        peer.stage = Peer.Stage.OPEN;
        peer.backOffNs = 0;
        if (peer.incarnation != welcome.incarnation()) {
            peer.keys = -1;
        }
        peer.incarnation = welcome.incarnation();
        peer.going = false;
        // The view may have changed since the greeting was sent on this link.
        effects.send(link, new MembershipMessage.NewView(views.current()));
        listener.greeted(peer, welcome, nowNs, effects);
    }

    /** The view knows this process: from now on it is reckoned with. */
    public void markUp(Peer peer, long nowNs) {
        peer.liveness = Liveness.UP;
        peer.lastHeartbeatNs = nowNs;
    }

    /** It left a request unanswered for too long: goes on without it, and tries it again in a while. */
    public void hung(Peer peer, long nowNs, Effects effects) {
        long link = peer.link;
        peer.link = 0;
        peer.stage = Peer.Stage.WAITING;
        backOff(peer, nowNs);
        peer.liveness = Liveness.DOWN;
        if (link != 0) {
            byLink.remove(link);
            effects.close(link);
            listener.linkLost(peer, nowNs, effects);
        }
        listener.wentDown(peer, nowNs, effects);
    }

    /**
     * It said that it is about to end, and is told whether it may. One that was told so once is going, whatever it is told
     * later on that link: the first answer may arrive at any time. One that asks on another link has given up the first.
     */
    public void goodbye(Peer peer, long link, boolean mayGo) {
        peer.going = mayGo || (peer.going && peer.goingLink == link);
        peer.goingLink = peer.going ? link : 0;
    }

    public void onHeartbeat(Heartbeat heartbeat, long nowNs) {
        Peer peer = byAddress.get(heartbeat.self());
        if (peer != null && (peer.incarnation == 0 || peer.incarnation == heartbeat.incarnation())) {
            peer.lastHeartbeatNs = nowNs;
        }
    }

    /** Looks for attempts that are due or take too long. */
    public void tick(long nowNs, Effects effects) {
        for (Peer peer : new ArrayList<>(byAddress.values())) {
            switch (peer.stage) {
                case WAITING -> {
                    if (peer.member != 0 && nowNs >= peer.dueNs) {
                        connect(peer, nowNs, effects);
                    }
                }
                case GREETING -> patience(peer, nowNs, effects);
                case CONNECTING, OPEN -> {}
            }
        }
    }

    private void patience(Peer peer, long nowNs, Effects effects) {
        long waitedNs = nowNs - peer.sinceNs;
        long patienceNs = everybodyAskedOnce ? requestTimeoutNs : requestTimeoutNs + GRANT_NS;
        if (waitedNs > patienceNs && peer.liveness == Liveness.CONNECTING && peer.member != 0) {
            peer.liveness = Liveness.DOWN;
            listener.wentDown(peer, nowNs, effects);
        }
        // It may be holding back because of an older coordinator's grant: that much longer the link stays open.
        if (waitedNs > requestTimeoutNs + 2 * GRANT_NS) {
            long link = peer.link;
            byLink.remove(link);
            peer.link = 0;
            peer.stage = Peer.Stage.WAITING;
            effects.close(link);
            failed(peer, "it does not answer", nowNs, effects);
        }
    }

    private Peer peerAt(ServerNode address, long nowNs) {
        Peer peer = byAddress.get(address);
        if (peer == null) {
            peer = new Peer(address);
            peer.lastHeartbeatNs = nowNs;
            byAddress.put(address, peer);
        }
        return peer;
    }

    private void connect(Peer peer, long nowNs, Effects effects) {
        peer.stage = Peer.Stage.CONNECTING;
        peer.sinceNs = nowNs;
        effects.connect(peer.address);
    }

    private void failed(Peer peer, String reason, long nowNs, Effects effects) {
        if (peer.member == 0) {
            byAddress.remove(peer.address);
            listener.strangerUnreachable(peer, reason, effects);
            return;
        }
        peer.stage = Peer.Stage.WAITING;
        backOff(peer, nowNs);
        if (peer.liveness != Liveness.DOWN) {
            peer.liveness = Liveness.DOWN;
            listener.wentDown(peer, nowNs, effects);
        }
    }

    private static void backOff(Peer peer, long nowNs) {
        peer.backOffNs = Math.min(MAX_BACK_OFF_NS, Math.max(FIRST_BACK_OFF_NS, peer.backOffNs * 2));
        peer.dueNs = nowNs + peer.backOffNs;
    }

    private void drop(Peer peer, Effects effects) {
        byAddress.remove(peer.address);
        if (peer.link != 0) {
            byLink.remove(peer.link);
            effects.close(peer.link);
        }
        peer.liveness = Liveness.DOWN;
    }
}
