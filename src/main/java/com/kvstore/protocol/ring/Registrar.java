package com.kvstore.protocol.ring;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.HashRing;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.DataLoss;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.MembershipMessage.Register;
import com.kvstore.protocol.membership.MembershipMessage.RegisterRefused;
import com.kvstore.protocol.membership.MembershipMessage.Registered;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Takes slaves in. A registration counts once the coordinator has connected back and the incarnation that answers there
 * is the one that asked.
 *
 * <p>Refused, with a reason for people: a slave that holds another store's data, one that has obeyed a newer coordinator,
 * a full ring, an address where somebody else answers.
 */
final class Registrar {
    private record Pending(long link, Register register) {}

    /** @param returns has obeyed a coordinator of this store before, and may have held what the store held then */
    private record Joiner(long incarnation, boolean durable, boolean returns) {}

    private final ViewKeeper views;
    private final Peers peers;
    private final Peers.Listener again;
    private final int heartbeatPort;
    private final TreeMap<ServerNode, Pending> pending = new TreeMap<>();

    /** @param again is told of a process once more when it has become a member */
    Registrar(ViewKeeper views, Peers peers, Peers.Listener again, int heartbeatPort) {
        this.again = again;
        this.views = views;
        this.peers = peers;
        this.heartbeatPort = heartbeatPort;
    }

    void onRegister(long link, Register register, boolean serving, long nowNs, Effects effects) {
        View view = views.current();
        ServerNode address = register.self();
        if (!serving) {
            refuse(link, ErrorCode.UNAVAILABLE, "the coordinator is not ready yet", effects);
        } else if (register.cluster() != 0 && register.cluster() != view.cluster() && register.keys() > 0) {
            refuse(
                    link,
                    ErrorCode.CONFLICT,
                    address + " holds " + register.keys() + " keys of another store ("
                            + Long.toHexString(register.cluster())
                            + ", this one is " + Long.toHexString(view.cluster())
                            + "). Start the coordinator with that store's --state directory, or start the data node empty",
                    effects);
        } else if (register.cluster() == view.cluster() && register.epoch() > view.epoch()) {
            refuse(
                    link,
                    ErrorCode.CONFLICT,
                    address + " has obeyed a newer coordinator (epoch " + register.epoch() + ", this one has "
                            + view.epoch() + "). Is this coordinator's --state directory an old copy?",
                    effects);
        } else if (view.drained().contains(register.incarnation())) {
            refuse(link, ErrorCode.CONFLICT, wasDrained(address, register.durable()), effects);
        } else if (view.memberAt(address) == null && !ViewChanges.canJoin(view, address)) {
            refuse(link, ErrorCode.RING_FULL, ringFull(view), effects);
        } else {
            pending.put(address, new Pending(link, register));
            Peer peer = peers.greet(address, nowNs, effects);
            Member member = view.memberAt(address);
            if (member != null && member.incarnation() == register.incarnation() && peer.liveness() == Liveness.UP) {
                registered(address, effects);
            } else if (peers.greetedOn(peer.link()) == peer) {
                // It answers, but the view has it otherwise, or not yet: begin again with a new greeting.
                effects.close(peer.link());
            }
        }
    }

    private static String wasDrained(ServerNode address, boolean durable) {
        return address + " was drained. Restart it" + (durable ? " with --repair" : "") + " to let it join again";
    }

    private static String ringFull(View view) {
        return "the ring has " + view.ringSize() + " positions and all are taken. A larger ring needs a new store";
    }

    private static void refuse(long link, ErrorCode code, String message, Effects effects) {
        effects.note("REGISTER", "Refused: " + message);
        effects.send(link, new RegisterRefused(code, message));
    }

    /**
     * A process answered a greeting.
     *
     * @return whether it is a member as it stands; else it becomes one in a later view, or not at all
     */
    boolean admit(Peer peer, Welcome welcome, long nowNs, Effects effects) {
        ServerNode address = peer.address();
        Member member = views.current().memberAt(address);
        if (member != null && member.incarnation() == welcome.incarnation()) {
            registered(address, effects);
            return true;
        }
        Pending asked = pending.get(address);
        if (asked != null && asked.register.incarnation() != welcome.incarnation()) {
            pending.remove(address);
            refuse(
                    asked.link,
                    ErrorCode.CONFLICT,
                    "another process answers at " + address
                            + " than the one that asked. Are there two with one address?",
                    effects);
            asked = null;
        }
        if (member == null && asked == null) {
            effects.close(peer.link());
            return false;
        }
        if (asked != null && asked.register.incarnation() == welcome.incarnation()) {
            peer.keys(asked.register.keys());
        }
        boolean durable = asked != null ? asked.register.durable() : member != null && member.durable();
        boolean returns = asked != null && asked.register.cluster() != 0 && asked.register.epoch() > 0;
        long incarnation = welcome.incarnation();
        long link = peer.link();
        boolean[] newStore = new boolean[1];
        views.propose(
                view -> {
                    // A store that is slow to write may come to this when yet another process answers there.
                    Peer now = peers.at(address);
                    boolean stillThere = now != null && now.incarnation() == incarnation;
                    View after = stillThere
                            ? take(view, address, new Joiner(incarnation, durable, returns), mayHoldKeys(view))
                            : view;
                    newStore[0] = view.memberAt(address) != null
                            && after.epoch() > view.epoch()
                            && DataLoss.isNewStore(view, after);
                    return after;
                },
                (view, thenNs, sink) -> {
                    if (newStore[0]) {
                        sink.note("INFO", "All data was kept in memory only and is gone: the store is new");
                    }
                    taken(peer, link, welcome, view, thenNs, sink);
                });
        return false;
    }

    /** Members that are not known to hold no key: what is left of the data may be with them. */
    private Set<Integer> mayHoldKeys(View view) {
        Set<Integer> holders = new TreeSet<>();
        for (int member : view.members().keySet()) {
            Peer peer = peers.of(member);
            if (peer == null || !peer.isKnownToBeEmpty()) {
                holders.add(member);
            }
        }
        return holders;
    }

    private static View take(View view, ServerNode address, Joiner joiner, Set<Integer> mayHoldKeys) {
        long incarnation = joiner.incarnation;
        Member member = view.memberAt(address);
        if (member == null) {
            // Asked while it was being drained, it may have left meanwhile: then for good.
            boolean welcome =
                    ViewChanges.canJoin(view, address) && !view.drained().contains(incarnation);
            return welcome ? ViewChanges.join(view, address, incarnation, joiner.durable, joiner.returns) : view;
        }
        return member.incarnation() == incarnation
                ? view
                : ViewChanges.reincarnate(view, member.id(), incarnation, joiner.durable, mayHoldKeys);
    }

    /** The view with the proposal is in force: greets the process again, now as a member, unless it has gone meanwhile. */
    private void taken(Peer peer, long link, Welcome welcome, View view, long nowNs, Effects effects) {
        if (view.memberAt(peer.address()) == null) {
            Pending asked = pending.remove(peer.address());
            if (asked != null) {
                boolean drained = view.drained().contains(asked.register.incarnation());
                refuse(
                        asked.link,
                        drained ? ErrorCode.CONFLICT : ErrorCode.RING_FULL,
                        drained ? wasDrained(peer.address(), asked.register.durable()) : ringFull(view),
                        effects);
            }
        } else if (peer.link() == link && peers.greetedOn(link) == peer) {
            again.greeted(peer, welcome, nowNs, effects);
        }
    }

    void onUnreachable(ServerNode address, String reason, Effects effects) {
        Pending asked = pending.remove(address);
        if (asked != null) {
            refuse(
                    asked.link,
                    ErrorCode.UNAVAILABLE,
                    "the coordinator cannot connect back to " + address + ": " + reason,
                    effects);
        }
    }

    void onLinkClosed(long link) {
        pending.values().removeIf(asked -> asked.link == link);
    }

    private void registered(ServerNode address, Effects effects) {
        Pending asked = pending.remove(address);
        if (asked == null) {
            return;
        }
        int position = firstPosition(views.current(), address);
        if (position < 0) {
            refuse(asked.link, ErrorCode.UNAVAILABLE, address + " is being drained", effects);
            return;
        }
        effects.note("REGISTER", "Server " + address + " registered at position " + position);
        effects.send(asked.link, new Registered(position, heartbeatPort));
    }

    /** The lowest position of a server's points; -1 if it has none, for it is leaving. */
    static int firstPosition(View view, ServerNode address) {
        for (HashRing.Point point : view.ring().points()) {
            if (point.server().equals(address)) {
                return point.position();
            }
        }
        return -1;
    }
}
