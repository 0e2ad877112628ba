package com.kvstore.protocol.ring;

import com.kvstore.common.ConsistentHash;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.MembershipMessage.Goodbye;
import com.kvstore.protocol.membership.MembershipMessage.GoodbyeAnswer;
import com.kvstore.protocol.membership.MembershipMessage.Heartbeat;
import com.kvstore.protocol.membership.MembershipMessage.Register;
import com.kvstore.protocol.membership.MembershipMessage.RegisterRefused;
import com.kvstore.protocol.membership.MembershipMessage.Registered;
import com.kvstore.protocol.membership.View;
import org.jspecify.annotations.Nullable;

/**
 * How a slave gets into the ring, stays known there, and takes its leave.
 *
 * <p>The link it registers on stays open: when it closes, the coordinator may be gone, and the slave registers again, with
 * back-off, saying so once.
 *
 * <p>Threading: one machine's.
 */
final class Registration {
    private static final TimerId RETRY = new TimerId("register", 0);
    private static final TimerId ANSWER_DUE = new TimerId("register-answer", 0);
    private static final TimerId HEARTBEAT = new TimerId("heartbeat", 0);
    private static final TimerId GOODBYE = new TimerId("goodbye", 0);
    private static final long FIRST_BACK_OFF_NS = 100_000_000L;
    private static final long MAX_BACK_OFF_NS = 2_000_000_000L;
    private static final long ANSWER_NS = 5_000_000_000L;
    private static final long ASK_AGAIN_NS = 500_000_000L;
    private static final long SILENCE_NS = 2_000_000_000L;

    private final SlaveConfig config;
    private final long incarnation;
    private final SlaveStorage storage;
    private @Nullable View view;
    private @Nullable ServerNode connectingTo;
    private long link;
    private long backOffNs = FIRST_BACK_OFF_NS;
    private boolean toldUnreachable;
    private String toldRefusal = "";
    private boolean registeredBefore;
    private boolean drained;
    private @Nullable ServerNode coordinator;
    private @Nullable ServerNode heartbeatTo;
    private long heartbeats;
    /** When a stop gives up waiting; {@link Long#MAX_VALUE}: no stop was asked for. */
    private long leaveAtNs = Long.MAX_VALUE;

    private boolean goodbyeAnswered;
    /** Goodbyes said so far. */
    private long goodbyes;
    /** Answers to goodbyes up to this one came too late. */
    private long goodbyesVoid;

    Registration(SlaveConfig config, SlaveStorage storage) {
        this.config = config;
        this.incarnation = storage.incarnation();
        this.storage = storage;
    }

    void start(Effects effects) {
        ServerNode address = config.coordinator().get();
        effects.note("INFO", "Connecting to CS at " + address);
        connect(address, effects);
    }

    private void connect(ServerNode address, Effects effects) {
        connectingTo = address;
        effects.connect(address);
    }

    void viewChanged(View next) {
        view = next;
    }

    void onLinkOpened(long opened, ServerNode peer, long nowNs, Effects effects) {
        if (!peer.equals(connectingTo)) {
            effects.close(opened);
            return;
        }
        connectingTo = null;
        coordinator = peer;
        link = opened;
        register(nowNs, effects);
    }

    private void register(long nowNs, Effects effects) {
        Promise promise = storage.promise();
        effects.send(
                link,
                new Register(
                        config.self(),
                        promise.cluster(),
                        incarnation,
                        promise.epoch(),
                        config.durable(),
                        storage.table().keys()));
        effects.setTimer(ANSWER_DUE, nowNs + ANSWER_NS);
    }

    void onConnectFailed(ServerNode peer, long nowNs, Effects effects) {
        if (peer.equals(connectingTo)) {
            connectingTo = null;
            retryLater("Cannot reach the coordinator at " + peer, nowNs, effects);
        }
    }

    void onLinkClosed(long closed, long nowNs, Effects effects) {
        if (closed == link) {
            link = 0;
            effects.cancelTimer(ANSWER_DUE);
            retryLater("The connection to the coordinator is gone", nowNs, effects);
        }
    }

    private void retryLater(String what, long nowNs, Effects effects) {
        if (leaveAtNs != Long.MAX_VALUE && !goodbyeAnswered) {
            // Nobody is left to ask whether this node may go.
            effects.stop(0);
        } else if (!drained) {
            if (!toldUnreachable && toldRefusal.isEmpty()) {
                toldUnreachable = true;
                effects.note("INFO", what + "; trying again until it answers");
            }
            effects.setTimer(RETRY, nowNs + backOffNs);
            backOffNs = Math.min(MAX_BACK_OFF_NS, backOffNs * 2);
        }
    }

    void onMessage(long from, Message message, long nowNs, Effects effects) {
        if (from != link) {
            return;
        }
        if (message instanceof Registered registered) {
            onRegistered(registered, nowNs, effects);
        } else if (message instanceof RegisterRefused refused) {
            onRefused(refused, effects);
        } else if (message instanceof GoodbyeAnswer answer) {
            onGoodbyeAnswer(answer, nowNs, effects);
        }
    }

    private void onRegistered(Registered registered, long nowNs, Effects effects) {
        effects.cancelTimer(ANSWER_DUE);
        backOffNs = FIRST_BACK_OFF_NS;
        toldUnreachable = false;
        toldRefusal = "";
        ServerNode at = coordinator;
        if (at != null) {
            heartbeatTo = new ServerNode(at.host(), registered.heartbeatPort());
        }
        if (!registeredBefore) {
            effects.note("REGISTER", "Hash(" + config.self() + ") = " + hash(registered.position()));
        }
        effects.note("REGISTER", "Registration successful");
        if (!registeredBefore) {
            registeredBefore = true;
            effects.note("HEARTBEAT", "Sending heartbeat every " + duration(config.heartbeatIntervalNs()));
            effects.note("INFO", "Ready to accept requests");
        }
        beat(nowNs, effects);
    }

    private String hash(int position) {
        View known = view;
        int hash =
                known == null ? position : ConsistentHash.position(config.self().toString(), known.ringSize());
        return hash == position || known == null || known.pointsPerServer() > 1
                ? String.valueOf(hash)
                : hash + ", which is taken: position " + position;
    }

    private static String duration(long ns) {
        return ns % 1_000_000_000L == 0 ? ns / 1_000_000_000L + " seconds" : ns / 1_000_000L + " ms";
    }

    private void onRefused(RegisterRefused refused, Effects effects) {
        if (refused.code() != ErrorCode.UNAVAILABLE && !refused.message().equals(toldRefusal)) {
            toldRefusal = refused.message();
            effects.note("ERROR", "The coordinator refuses this data node: " + refused.message());
        }
        effects.close(link);
    }

    private void beat(long nowNs, Effects effects) {
        ServerNode to = heartbeatTo;
        if (to != null) {
            effects.datagram(to, new Heartbeat(config.self(), incarnation, ++heartbeats));
            effects.setTimer(HEARTBEAT, nowNs + config.heartbeatIntervalNs());
        }
    }

    /**
     * Handles a timer.
     *
     * @param led whether the coordinator has been heard within the last moment
     * @return whether the timer was this object's
     */
    boolean onTimer(TimerId timer, boolean led, long nowNs, Effects effects) {
        if (timer.equals(HEARTBEAT)) {
            beat(nowNs, effects);
            if (!led && link != 0 && !drained && leaveAtNs == Long.MAX_VALUE) {
                // Taken out of the ring while it was paused or cut off, it would wait for ever: nobody comes to tell.
                register(nowNs, effects);
            }
        } else if (timer.equals(RETRY)) {
            if (link == 0 && connectingTo == null && !drained) {
                connect(config.coordinator().get(), effects);
            }
        } else if (timer.equals(ANSWER_DUE)) {
            effects.close(link);
        } else if (timer.equals(GOODBYE)) {
            sayGoodbye(led, nowNs, effects);
        } else {
            return false;
        }
        return true;
    }

    /** A view without this node came into force. */
    void leftTheRing(boolean wasLeaving, long nowNs, Effects effects) {
        if (wasLeaving) {
            drained = true;
            heartbeatTo = null;
            effects.note("INFO", "Drained: this data node holds nothing any more and may be stopped");
        } else {
            effects.note("INFO", "This data node was taken out of the ring; it registers again");
            if (link != 0) {
                register(nowNs, effects);
            }
        }
    }

    /**
     * The process was asked to end.
     *
     * @param member whether it is in the ring
     */
    void stop(boolean member, long nowNs, Effects effects) {
        if (link == 0 || !member) {
            effects.stop(0);
        } else if (leaveAtNs == Long.MAX_VALUE) {
            leaveAtNs = nowNs + config.drainTimeoutNs();
            sayGoodbye(true, nowNs, effects);
        }
    }

    private void sayGoodbye(boolean led, long nowNs, Effects effects) {
        // A coordinator that is heard is there, however long its answer takes, and may say that this is the only copy.
        boolean silent = !goodbyeAnswered && !led && nowNs > leaveAtNs - config.drainTimeoutNs() + SILENCE_NS;
        if (nowNs >= leaveAtNs || silent) {
            effects.stop(0);
        } else {
            if (link != 0) {
                effects.send(link, new Goodbye(config.self(), incarnation, ++goodbyes));
            }
            effects.setTimer(GOODBYE, nowNs + ASK_AGAIN_NS);
        }
    }

    /** A coordinator has greeted this node and counts on it again, whatever was said before about its leaving. */
    void greeted() {
        goodbyesVoid = goodbyes;
    }

    private void onGoodbyeAnswer(GoodbyeAnswer answer, long nowNs, Effects effects) {
        if (answer.number() <= goodbyesVoid) {
            return;
        }
        if (answer.arcs() == 0) {
            effects.stop(0);
        } else if (!goodbyeAnswered) {
            goodbyeAnswered = true;
            long seconds = Math.max(0, leaveAtNs - nowNs) / 1_000_000_000L;
            effects.note(
                    "INFO",
                    "This data node holds the only up-to-date copy of " + answer.arcs()
                            + (answer.arcs() == 1 ? " arc" : " arcs") + ": waiting up to " + seconds
                            + " s for another copy. Ctrl-C again leaves at once");
        }
    }
}
