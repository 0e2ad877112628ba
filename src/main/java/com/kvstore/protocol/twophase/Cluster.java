package com.kvstore.protocol.twophase;

import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewKeeper;
import java.util.SortedSet;

/** What the transactions ask of the membership beside them: a port, so that neither knows the other. */
public interface Cluster {
    View view();

    Liveness liveness(int member);

    /** The member's open link; 0 if there is none. */
    long link(int member);

    /** Where the member is reached, for people. */
    String name(int member);

    /** The members that are down, ascending. */
    SortedSet<Integer> down();

    /** Proposes that every member that is down loses sync wherever another copy has it; then calls back. */
    void proposeDownAreStale(ViewKeeper.Then then);
}
