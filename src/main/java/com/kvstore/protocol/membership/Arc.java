package com.kvstore.protocol.membership;

import com.kvstore.common.Table;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the hash circle whose keys have the same copies.
 *
 * <p>Invariants: the arcs of a view are sorted by {@code end}, cover every position exactly once and do not wrap (the
 * stretch through the top of the circle is two arcs); no member holds two copies of one arc; copies are sorted by member
 * id.
 *
 * @param start first position, included
 * @param end last position, included
 * @param copies who holds it; at most one of them is the arc's OWN copy and at most one its PREV copy among those the
 *     ring wants, others are on their way out and stay until the wanted ones are in sync
 * @param lost every in-sync copy was lost: a key that is not there may have been, until the operator accepts the loss
 */
public record Arc(int start, int end, List<Copy> copies, boolean lost) {
    public Arc {
        copies = List.copyOf(copies);
    }

    public @Nullable Copy copyOf(int member) {
        for (Copy copy : copies) {
            if (copy.member() == member) {
                return copy;
            }
        }
        return null;
    }

    public int inSyncCopies() {
        int n = 0;
        for (Copy copy : copies) {
            if (copy.inSync()) {
                n++;
            }
        }
        return n;
    }

    /**
     * The copy that reads go to: the owner's where it is in sync and up, else another that is.
     *
     * @param up by member id
     * @return null if there is none
     */
    public @Nullable Copy readCopy(IntPredicate up) {
        Copy best = null;
        for (Copy copy : copies) {
            boolean better = best == null || (copy.table() == Table.OWN && best.table() != Table.OWN);
            if (better && copy.inSync() && up.test(copy.member())) {
                best = copy;
            }
        }
        return best;
    }

    public Arc with(List<Copy> others) {
        return new Arc(start, end, others, lost);
    }
}
