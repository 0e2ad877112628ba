package com.kvstore.protocol.totalorder;

import com.kvstore.common.Group;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.WallClock;

/**
 * What the parts of one peer share: who it is, its links, its Lamport clock.
 *
 * <p>Threading: one machine's.
 */
final class Node {
    final TotalOrderConfig config;
    final PeerLinks links;
    final Formation formation;
    final Votes votes;
    final WallClock wall = new WallClock();
    /** When each peer, by index, was last heard. */
    final long[] heardNs;

    private final int[] ids;
    private long clock;
    private boolean active;
    private long recovering;
    private int rotation;

    Node(TotalOrderConfig config, PeerLinks links, Formation formation, Votes votes) {
        this.config = config;
        this.links = links;
        this.formation = formation;
        this.votes = votes;
        this.ids = config.group().members().stream().mapToInt(Group.Member::id).toArray();
        this.heardNs = new long[ids.length];
    }

    int size() {
        return ids.length;
    }

    int index() {
        return config.index();
    }

    int majority() {
        return config.group().majority();
    }

    int idOf(int index) {
        return ids[index];
    }

    /** Whether this peer votes: it has formed the group with the others, or has recovered. */
    boolean isActive() {
        return active;
    }

    void activate() {
        active = true;
    }

    void deactivate() {
        active = false;
    }

    /** The formation of the group whose messages count here; 0: none does. */
    long formed() {
        return formation.formed() != 0 ? formation.formed() : recovering;
    }

    /** A recovery into this formation is under way; 0: none. */
    void recoverInto(long formed) {
        recovering = formed;
    }

    /** The largest counter this peer has seen or used. */
    long clock() {
        return clock;
    }

    void observe(long counter) {
        clock = Math.max(clock, counter);
    }

    long tickClock() {
        return ++clock;
    }

    boolean isOpen(int index) {
        return index != index() && links.isOpen(ids[index]);
    }

    void send(int index, TotalOrderMessage message, Effects effects) {
        links.send(ids[index], message, effects);
    }

    void broadcast(TotalOrderMessage message, Effects effects) {
        links.broadcast(message, effects);
    }

    /** Whether a majority, this peer included, has been heard lately. */
    boolean hearsMajority(long nowNs) {
        int heard = 1;
        for (int i = 0; i < ids.length; i++) {
            heard += i != index() && heardNs[i] != 0 && nowNs - heardNs[i] < TotalOrderConfig.MAJORITY_NS ? 1 : 0;
        }
        return heard >= majority();
    }

    /** Another peer that can be sent to, a different one each time; -1: there is none. */
    int someOther() {
        for (int i = 0; i < ids.length; i++) {
            rotation = (rotation + 1) % ids.length;
            if (isOpen(rotation)) {
                return rotation;
            }
        }
        return -1;
    }
}
