package com.kvstore.protocol.membership;

import com.kvstore.common.ServerNode;

/** What a coordinator knows of the process at one address at this moment. Changed by {@link Peers} only. */
public final class Peer {
    /** How far the link has come. */
    enum Stage {
        /** No link; the next attempt is due at {@code dueNs}. */
        WAITING,
        /** Asked for at {@code sinceNs}. */
        CONNECTING,
        /** Open; the greeting was sent at {@code sinceNs}. */
        GREETING,
        /** Greeted. */
        OPEN
    }

    final ServerNode address;
    /** 0: not in the view. */
    int member;

    Stage stage = Stage.WAITING;
    Liveness liveness = Liveness.CONNECTING;
    long link;
    long sinceNs;
    long dueNs;
    long backOffNs;
    boolean going;
    /** Where it was told that it may go. */
    long goingLink;

    long incarnation;
    long lastHeartbeatNs;
    /** Negative: this process has not told yet. */
    long keys = -1;

    Peer(ServerNode address) {
        this.address = address;
    }

    public ServerNode address() {
        return address;
    }

    /** The member's id; 0 if the address is not in the view. */
    public int member() {
        return member;
    }

    public Liveness liveness() {
        return liveness;
    }

    /** The open link; 0 if there is none. */
    public long link() {
        return link;
    }

    /** It was told that it may end: nothing must depend on it any more. */
    public boolean going() {
        return going;
    }

    /** Drawn by the process that answered last; 0 if none did. */
    public long incarnation() {
        return incarnation;
    }

    /** When the last heartbeat came, or the process was greeted, or the coordinator began to wait for it. */
    public long lastHeartbeatNs() {
        return lastHeartbeatNs;
    }

    /** Whether a greeting is under way: the process may count itself in already. */
    public boolean isBeingGreeted() {
        return stage == Stage.GREETING;
    }

    /** How many keys it holds, as far as it has told. */
    public long keys() {
        return Math.max(0, keys);
    }

    /** Whether it is up and has told that it holds no key. */
    public boolean isKnownToBeEmpty() {
        return liveness() == Liveness.UP && keys == 0;
    }

    public void keys(long count) {
        keys = count;
    }
}
