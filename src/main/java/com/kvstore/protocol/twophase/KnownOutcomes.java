package com.kvstore.protocol.twophase;

import com.kvstore.common.Version;
import com.kvstore.protocol.membership.MembershipMessage.InDoubt;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a slave said, when it was greeted, of the transactions it has seen. Looked up, never iterated in hash order. */
final class KnownOutcomes {
    private final List<InDoubt> inDoubt;
    private final Set<Version> prepared = new HashSet<>();
    private final Set<Version> committed;

    KnownOutcomes(Welcome welcome) {
        inDoubt = welcome.prepared();
        for (InDoubt transaction : inDoubt) {
            prepared.add(transaction.transaction());
        }
        committed = new HashSet<>(welcome.committed());
    }

    List<InDoubt> inDoubt() {
        return inDoubt;
    }

    boolean prepared(Version transaction) {
        return prepared.contains(transaction);
    }

    boolean committed(Version transaction) {
        return committed.contains(transaction);
    }
}
