package com.kvstore.protocol.membership;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import java.util.List;

/** How a slave joins, how a coordinator takes it in, and how both know that the other is there. */
public sealed interface MembershipMessage extends Message {

    /**
     * Slave to coordinator, on a link the slave opened: take me in.
     *
     * @param cluster the cluster whose data it holds, 0 if it holds none
     * @param epoch the highest epoch it has accepted
     * @param keys how many keys it holds
     */
    record Register(ServerNode self, long cluster, long incarnation, long epoch, boolean durable, long keys)
            implements MembershipMessage {}

    /**
     * Coordinator to slave, once it has connected back and the incarnation matched.
     *
     * @param position the server's (first) position on the ring
     * @param heartbeatPort where it expects heartbeats, UDP
     */
    record Registered(int position, int heartbeatPort) implements MembershipMessage {}

    record RegisterRefused(ErrorCode code, String message) implements MembershipMessage {}

    /**
     * Coordinator to slave, first on every link it opens: this is the view, obey nobody older.
     *
     * @param coordinator drawn at random by the coordinator's process: tells two coordinators of one epoch apart
     * @param self where clients reach the coordinator
     * @param startEpoch the first epoch of this coordinator's life; transactions of earlier epochs were another's
     */
    record Hello(long coordinator, ServerNode self, long startEpoch, View view) implements MembershipMessage {}

    /**
     * Slave to coordinator: accepted; what I hold prepared, and what became of what I no longer hold.
     *
     * @param epoch the highest epoch it had accepted before this hello
     * @param committed versions of transactions committed here that the coordinator has not yet called settled
     * @param aborted likewise
     */
    record Welcome(long incarnation, long epoch, List<InDoubt> prepared, List<Version> committed, List<Version> aborted)
            implements MembershipMessage {
        public Welcome {
            prepared = List.copyOf(prepared);
            committed = List.copyOf(committed);
            aborted = List.copyOf(aborted);
        }
    }

    /**
     * A transaction a slave holds prepared.
     *
     * @param participants member ids its prepare named
     * @param elsewhere positions of its other keys, which this slave has no copy of
     */
    record InDoubt(
            Version transaction, List<Integer> participants, List<PreparedWrite> writes, List<Integer> elsewhere) {
        public InDoubt {
            participants = List.copyOf(participants);
            writes = List.copyOf(writes);
            elsewhere = List.copyOf(elsewhere);
        }
    }

    /** Slave to coordinator: refused, I have accepted a newer coordinator. */
    record Fenced(long epoch) implements MembershipMessage {}

    /** Coordinator to slave: the view changed. */
    record NewView(View view) implements MembershipMessage {}

    /** Slave to coordinator, UDP. */
    record Heartbeat(ServerNode self, long incarnation, long sequence) implements MembershipMessage {}

    /**
     * Slave to coordinator: I am about to end; answered with {@link GoodbyeAnswer}.
     *
     * @param number counts the times this process has asked, from 1
     */
    record Goodbye(ServerNode self, long incarnation, long number) implements MembershipMessage {}

    /**
     * Until the slave is greeted again, the coordinator reckons with its end once it has said that it may go.
     *
     * @param number the question's: what was asked before the slave was last greeted says nothing any more
     * @param arcs how many arcs only this slave holds in sync: 0, it may go; else it should wait
     */
    record GoodbyeAnswer(long number, int arcs) implements MembershipMessage {}
}
