package com.kvstore.common;

import java.util.List;

/** What a client asks for, in whatever language it spoke. Immutable. */
public sealed interface Command {

    /** The committed value of one key. */
    record Get(Bytes key) implements Command {}

    /** What a slave's table holds of one key: a debugging aid, answered by slaves only. */
    record GetFromTable(Table table, Bytes key) implements Command {}

    /**
     * A transaction: all of its writes or none. PUT, UPDATE and DELETE are lists of one.
     *
     * @param writes one or more, no key twice
     */
    record Transact(List<Write> writes) implements Command {
        public Transact {
            writes = List.copyOf(writes);
        }

        public static Transact of(Write write) {
            return new Transact(List.of(write));
        }
    }

    /** Answered at once, with the epoch: what a client asks first on a new connection. */
    record Ping() implements Command {}

    /** Something about the cluster, answered with a JSON document. */
    record Describe(Subject subject, Bytes key) implements Command {
        public enum Subject {
            STATUS,
            RING,
            /** Position, owner and replica of {@code key}. */
            WHERE
        }
    }

    /** What would move if a server joined or left; answered with a JSON document, changes nothing. */
    record Plan(boolean add, ServerNode server) implements Command {}

    /** Moves everything off a server, then lets it leave for good. */
    record Drain(ServerNode server) implements Command {}

    /** Gives up a server, and with it whatever only it holds. */
    record Forget(ServerNode server) implements Command {}

    /** Ends the LOST state of every lost arc: what is not there is then simply not found. */
    record AcceptLoss() implements Command {}
}
