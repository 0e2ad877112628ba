package com.kvstore.sim;

/** What can go wrong. Each seed draws how often each of them does, and leaves some out altogether. */
public enum Fault {
    KILL_SLAVE,
    KILL_COORDINATOR,
    /** Every process at once: where data is in memory only, that is the end of it. */
    KILL_ALL,
    PAUSE_SLAVE,
    PAUSE_COORDINATOR,
    /** Another coordinator starts on the same state while the old one may still run; from then on the old one cannot write it. */
    REPLACE_COORDINATOR,
    /** Two nodes cannot reach each other. */
    CUT,
    /** One node cannot reach another, which can reach it. */
    ONE_WAY_CUT,
    /** One node can reach nobody. */
    ISOLATE,
    /** Two halves that cannot reach each other, and one node that both can reach. */
    BRIDGE,
    /** All links between two nodes break. */
    RESET,
    /** Datagrams are lost everywhere; TCP is as good as ever. */
    LOSE_DATAGRAMS,
    /** Datagrams are lost from one node to another alone. */
    CUT_DATAGRAMS,
    SLOW_NETWORK,
    /** The coordinator's state cannot be written. */
    FULL_DISK,
    /** A write of the coordinator's state ends with an error, and is there all the same or not. */
    FAILED_SYNC,
    /** A write of the coordinator's state takes seconds. */
    SLOW_DISK,
    /** SIGTERM. */
    STOP_SLAVE,
    JOIN,
    /** An operator sends a server away, its data first. */
    DRAIN,
    /** A server dies, and an operator gives it up at once. */
    FORGET,
    /** Data nodes with disks: they are full. */
    FULL_SLAVE_DISK,
    /** A sync of a data node's disk ends with an error; what was to be synced is there all the same, or a part of it. */
    FAILED_SLAVE_SYNC,
    SLOW_SLAVE_DISK,
    /** A data node dies and comes back with an empty disk. */
    WIPE_SLAVE;

    /** Whether it needs data nodes with disks. */
    boolean strikesSlaveDisks() {
        return compareTo(FULL_SLAVE_DISK) >= 0;
    }
}
