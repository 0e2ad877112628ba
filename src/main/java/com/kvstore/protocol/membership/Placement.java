package com.kvstore.protocol.membership;

import com.kvstore.common.Table;
import org.jspecify.annotations.Nullable;

/**
 * Who should hold a position, as the ring says; the arcs say who does.
 *
 * @param owner member id of the position's successor; {@link #NOBODY} if the ring is empty
 * @param replica member id of its predecessor; {@link #NOBODY} with fewer than two servers
 */
public record Placement(int owner, int replica) {
    /** In place of a member id: ids start at 1. */
    public static final int NOBODY = 0;

    /** Where the keys of an empty ring should be. */
    public static final Placement NOWHERE = new Placement(NOBODY, NOBODY);

    /** The table a member's copy belongs to; null if the ring wants none of this member. */
    public @Nullable Table tableOf(int member) {
        if (member == NOBODY) {
            return null;
        }
        if (member == owner) {
            return Table.OWN;
        }
        return member == replica ? Table.PREV : null;
    }

    public boolean wants(int member) {
        return tableOf(member) != null;
    }
}
