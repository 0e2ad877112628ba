package com.kvstore.protocol.twophase;

import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewKeeper;
import java.util.SortedSet;
import java.util.function.UnaryOperator;

/** What the transactions ask of the membership beside them: a port, so that neither knows the other. */
public interface Cluster {
    View view();

    Liveness liveness(int member);

    /** The member's open link; 0 if there is none. */
    long link(int member);

    /** Where the member is reached, for people. */
    String name(int member);

    /** Whether the member may end at any moment, as it was told that it may. */
    boolean isGoing(int member);

    /** The members that are down, ascending. */
    SortedSet<Integer> down();

    /** Proposes another view; calls back once the view with it, changed or not, is in force. */
    void propose(UnaryOperator<View> change, ViewKeeper.Then then);
}
