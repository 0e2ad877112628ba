package com.kvstore.protocol.parts;

import com.kvstore.common.Group;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.PeerMessage.Presence;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * How peers that hold nothing become a group, once: all listed peers must be present and empty at the same time, or an
 * operator must have said so ({@code --bootstrap}). For protocols where a peer that lost its state must not vote.
 *
 * <p>A peer that starts with nothing draws a <b>nonce</b> and announces it. Whoever has heard a nonce from every peer is
 * <b>ready</b> to found a group with this list and says so; whoever has heard the same readiness from every peer belongs to
 * the <b>formation</b> that the list names, and begins at the protocol's very first state. A peer that hears of a formation
 * that lists its own present nonce joins it in the same way: since it drew that nonce it has done nothing.
 *
 * <p>The readiness is a second round on purpose: a nonce alone may be an old one, of a peer that has recovered meanwhile
 * and holds everything; whoever is ready was empty after all others of the list were.
 *
 * <p>A formation that can never have a majority again, because too many of its founders were restarted, is given up by a
 * member that holds nothing and has promised nothing in it: for the others that is as if it had died. A member that does
 * hold something stays, and an operator has to decide.
 *
 * <p>A protocol takes no part in anything before {@link #isConfirmed}, and listens only to {@link #isFellow}s: links keep
 * the order of what is sent, so a presence that was heard is true of all that follows it on the same link.
 *
 * <p>Invariants: when the first peer became ready with a list, all peers of the list held nothing: each was empty from the
 * drawing of its nonce, before that, until it became ready itself, after that. Two formations with a confirmed majority
 * cannot both be alive, because each peer belongs to one at a time, and one that voted in it leaves it only by dying.
 *
 * <p>Threading: one machine's.
 */
public final class Formation {
    /** Where fresh nonces come from: random, never 0. */
    public interface Nonces {
        long next();
    }

    private final Group group;
    private final int self;
    private final boolean bootstrap;
    private final Nonces nonces;
    private final BooleanSupplier untouched;
    private final SortedMap<Integer, Presence> heard = new TreeMap<>();
    /** The last nonce each peer was heard to have. */
    private final SortedMap<Integer, Long> known = new TreeMap<>();

    private long nonce;
    private long formed;
    private List<Long> founders = List.of();
    private boolean confirmed;

    /**
     * @param bootstrap whether a majority of empty peers is enough
     * @param untouched whether this peer holds nothing at all
     */
    public Formation(Group group, int self, boolean bootstrap, Nonces nonces, BooleanSupplier untouched) {
        this.group = group;
        this.self = self;
        this.bootstrap = bootstrap;
        this.nonces = nonces;
        this.untouched = untouched;
        this.nonce = nonces.next();
    }

    /** What to send to whoever does not know it. */
    public Presence presence() {
        return new Presence(nonce, formed, founders);
    }

    /** Which formation this peer belongs to; 0: none yet. */
    public long formed() {
        return formed;
    }

    public List<Long> founders() {
        return formed == 0 ? List.of() : founders;
    }

    /** Names the emptiness that a recovery would end. */
    public long nonce() {
        return nonce;
    }

    /** The last nonce that a peer was heard to have; 0: none. It names the life of the peer that this one knows. */
    public long nonceOf(int peer) {
        return peer == self ? nonce : known.getOrDefault(peer, 0L);
    }

    /** Whether a recovery may be concluded now: not while this peer stands in the word to found a group. */
    public boolean mayRecover() {
        return formed == 0 && founders.isEmpty();
    }

    /** Whether a majority is known to have joined: before that, nothing may be promised to a client. */
    public boolean isConfirmed() {
        return confirmed;
    }

    /** This peer has recovered what the others hold, or found it on its disk. */
    public void belongTo(long formation, List<Long> listed) {
        formed = formation;
        founders = List.copyOf(listed);
        confirmed = true;
    }

    /**
     * What a peer that keeps its state on disk was when it last saved it. Whom it knew is a part of that: a promise counts
     * by the lives that those who promise know of.
     *
     * @param confirmed as {@link #isConfirmed}
     * @param founders of the formation, or, while {@code formed} is 0, what this peer stood ready to found
     * @param known the last nonce of each peer, in the order of the group
     */
    public record Saved(long nonce, long formed, List<Long> founders, boolean confirmed, List<Long> known) {
        public Saved {
            founders = List.copyOf(founders);
            known = List.copyOf(known);
        }
    }

    /** What is to be kept. */
    public Saved saved() {
        List<Long> nonces = new ArrayList<>();
        group.members().forEach(member -> nonces.add(nonceOf(member.id())));
        return new Saved(nonce, formed, founders, confirmed, nonces);
    }

    /** Goes on where an earlier process of this peer was. */
    public void restore(Saved saved) {
        nonce = saved.nonce();
        formed = saved.formed();
        founders = saved.founders();
        confirmed = saved.confirmed();
        for (Group.Member member : group.members()) {
            long heardOf = saved.known().get(group.indexOf(member.id()));
            if (member.id() != self && heardOf != 0) {
                known.put(member.id(), heardOf);
            }
        }
    }

    /** How many peers are known to hold nothing, this one included. */
    public int empty() {
        int empty = formed == 0 ? 1 : 0;
        for (Presence presence : heard.values()) {
            empty += presence.formed() == 0 ? 1 : 0;
        }
        return empty;
    }

    /** How many are in this peer's formation, itself included. */
    public int members() {
        int members = 1;
        for (Presence presence : heard.values()) {
            members += presence.formed() == formed ? 1 : 0;
        }
        return members;
    }

    /** Whether this peer is in the same formation as far as it has said. */
    public boolean isFellow(int peer) {
        Presence presence = heard.get(peer);
        return formed != 0 && presence != null && presence.formed() == formed;
    }

    /** A peer speaks on another link, or can no longer be heard. */
    public void onSilent(int peer) {
        heard.remove(peer);
    }

    /**
     * A peer has spoken.
     *
     * @return whether {@link #presence} has changed: tell everybody
     */
    public boolean on(int peer, Presence presence, Effects effects) {
        heard.put(peer, presence);
        known.put(peer, presence.nonce());
        return formed == 0 ? found(effects) : settle(effects);
    }

    /** To be called now and then. @return as {@link #on} */
    public boolean tick(Effects effects) {
        return formed == 0 ? found(effects) : settle(effects);
    }

    private boolean found(Effects effects) {
        int own = group.indexOf(self);
        for (Presence presence : heard.values()) {
            if (presence.formed() != 0
                    && presence.founders().size() == group.size()
                    && presence.founders().get(own) == nonce) {
                join(presence.formed(), presence.founders(), effects);
                return true;
            }
        }
        List<Long> list = present();
        int missing = (int) list.stream().filter(each -> each == 0).count();
        if (missing > 0) {
            boolean wasReady = !founders.isEmpty();
            founders = List.of();
            boolean enough = list.size() - missing >= group.majority() && empty() == heard.size() + 1;
            return (bootstrap && enough) ? joinOwn(list, effects) : wasReady;
        }
        boolean changed = !founders.equals(list);
        founders = list;
        return joinIfAllReady(effects) || changed;
    }

    /** The nonces of all that hold nothing, in the order of the group; 0 for the others. */
    private List<Long> present() {
        List<Long> list = new ArrayList<>();
        for (Group.Member member : group.members()) {
            Presence presence = heard.get(member.id());
            list.add(member.id() == self ? nonce : presence == null || presence.formed() != 0 ? 0 : presence.nonce());
        }
        return list;
    }

    private boolean joinIfAllReady(Effects effects) {
        for (Presence presence : heard.values()) {
            if (presence.formed() != 0 || !presence.founders().equals(founders)) {
                return false;
            }
        }
        return joinOwn(founders, effects);
    }

    private boolean joinOwn(List<Long> list, Effects effects) {
        join(digest(list), list, effects);
        return true;
    }

    private void join(long formation, List<Long> list, Effects effects) {
        formed = formation;
        founders = list;
        settle(effects);
    }

    private boolean settle(Effects effects) {
        confirmed |= members() >= group.majority();
        if (!untouched.getAsBoolean()) {
            return false;
        }
        int lost = 0;
        for (Group.Member member : group.members()) {
            Presence presence = heard.get(member.id());
            if (presence != null
                    && presence.formed() != formed
                    && (presence.formed() != 0 || presence.nonce() != founders.get(group.indexOf(member.id())))) {
                lost++;
            }
        }
        if (lost > group.tolerated()) {
            effects.note("GROUP", "Most peers were restarted before the group held anything: it is formed anew");
            withdraw();
            return true;
        }
        return false;
    }

    /** Leaves the formation, as another peer: its word in that one counts no more. */
    private void withdraw() {
        nonce = nonces.next();
        formed = 0;
        founders = List.of();
        confirmed = false;
    }

    private static long digest(List<Long> list) {
        long hash = 0x9E3779B97F4A7C15L;
        for (long each : list) {
            hash = (hash ^ each) * 0xBF58476D1CE4E5B9L;
            hash ^= hash >>> 31;
        }
        return hash == 0 ? 1 : hash;
    }
}
