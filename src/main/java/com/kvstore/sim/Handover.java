package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.View;

/**
 * What one view says of the data of the one before it: whether what a key's copies held is handed on.
 *
 * <p>Worked out from the two views alone, without the product's own rules for making the second from the first.
 */
record Handover(View before, View after) {

    /**
     * Whether a read of the key will be answered as if nothing had been written before: no copy in sync took writes until
     * now, or the key was called lost and is not any more.
     */
    boolean givesUp(Bytes key) {
        Arc was = before.arcOf(key);
        Arc is = after.arcOf(key);
        return (was.lost() && !is.lost()) || !isHandedOn(was, is);
    }

    private static boolean isHandedOn(Arc was, Arc is) {
        for (Copy copy : is.copies()) {
            Copy same = was.copyOf(copy.member());
            if (copy.inSync() && same != null && same.takesWrites()) {
                return true;
            }
        }
        boolean neverUsed = was.copies().isEmpty() && !was.lost();
        return neverUsed || is.lost();
    }

    /** Whether only newcomers answer for the key, and who took its writes before: a copy that fell behind never does. */
    boolean beginsAnew(Bytes key) {
        Arc was = before.arcOf(key);
        for (Copy copy : after.arcOf(key).copies()) {
            Copy same = was.copyOf(copy.member());
            boolean tookWrites = same != null && same.takesWrites();
            if (copy.inSync() && !tookWrites && copy.member() < before.nextMemberId()) {
                return false;
            }
        }
        return true;
    }
}
