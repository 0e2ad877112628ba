package com.kvstore.common;

import java.util.List;

/** What a client asks for, in whatever language it spoke. Immutable. */
public sealed interface Command {

    /** The committed value of one key. */
    record Get(Bytes key) implements Command {}

    /**
     * What the asked peer of a group holds of one key, read from its own records alone: it may be stale.
     *
     * @param atLeast answer only once the peer has what this version wrote, or something newer: a session that passes on
     *     the versions of its writes reads them everywhere. {@link Version#ZERO}: as it stands
     */
    record GetLocal(Bytes key, Version atLeast) implements Command {}

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

    /**
     * The committed values of several keys, as of one moment: all of a transaction or nothing of it.
     *
     * @param keys one or more; a key may come twice
     */
    record GetAll(List<Bytes> keys) implements Command {
        public GetAll {
            keys = List.copyOf(keys);
        }
    }

    /**
     * Reads keys, computes, and writes some of them, as one transaction; answered with {@link Result.Computed}.
     *
     * @param keys all that it reads or writes, one or more, each once
     */
    record Compute(List<Bytes> keys, Computation computation) implements Command {
        public Compute {
            keys = List.copyOf(keys);
        }
    }

    /**
     * A page of the keys there are, in an order of their own; answered with {@link Result.Page}. A key that is there
     * throughout the pages from cursor 0 to the end comes at least once; one that comes or goes meanwhile may come or not.
     *
     * @param cursor 0 begins; else what the page before gave
     * @param limit about how many keys to look at; 1 to {@link Limits#MAX_SCAN}
     * @param prefix what the keys begin with; empty for all
     */
    record Scan(long cursor, int limit, Bytes prefix) implements Command {}

    /**
     * A part of a snapshot of the whole store, answered with a {@link Result.Value} that holds a {@link SnapshotPage}.
     *
     * @param id 0 begins one; else as the page before has it, and the same for what follows
     */
    record Snapshot(long id, int node, long from) implements Command {}

    /**
     * A part of a backup, for a server to keep: answered with a {@link Result.Document} that has {@code held_bytes}, where the
     * next part begins, and {@code complete}, once the backup has been verified. Sent again, a part changes nothing.
     *
     * @param name the backup's, without any directory
     * @param totalBytes of the whole file
     * @param offset of the first byte of {@code chunk} in it
     * @param chunk at most {@link Limits#MAX_BACKUP_PART_BYTES}; empty asks how much is there
     */
    record StoreBackup(String name, long totalBytes, long offset, Bytes chunk) implements Command {
        @Override
        public String toString() {
            return "StoreBackup[name=" + name + ", totalBytes=" + totalBytes + ", offset=" + offset + ", chunk="
                    + chunk.length() + " bytes]";
        }
    }

    /** Compares all copies and has what differs copied again; answered once they are compared. */
    record Repair() implements Command {}

    /**
     * How many other peers of a group hold what this version wrote; asked of the peer that took the write, by a connection to
     * it, never over a wire of ours. Answered with {@link Result.Count}, as soon as so many hold it or the time is over.
     *
     * @param version of an acknowledged write
     * @param withinMs 0 or more
     */
    record AwaitCopies(Version version, int copies, long withinMs) implements Command {}

    /** How many keys there are; answered with {@link Result.Count}. */
    record Count() implements Command {}

    /** Tells the password; answered by the connection itself. */
    record Authenticate(Bytes password) implements Command {
        @Override
        public String toString() {
            return "Authenticate[password=(hidden)]";
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
