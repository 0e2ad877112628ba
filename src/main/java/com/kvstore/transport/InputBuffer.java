package com.kvstore.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * What one connection has sent and nobody has understood yet. Grows as bytes arrive, never by what they announce, and
 * shrinks when little is left: many connections may each hold a little.
 *
 * <p>Threading: the event loop only.
 */
final class InputBuffer {
    /** Not worth copying for. */
    private static final int SLACK_BYTES = 4 * 1024;

    private final ByteBufAllocator allocator;
    private final MemoryBudget budget;
    private @Nullable ByteBuf bytes;
    /** The buffer's capacity, as the budget has it. */
    private long countedBytes;

    InputBuffer(ByteBufAllocator allocator, MemoryBudget budget) {
        this.allocator = allocator;
        this.budget = budget;
    }

    /** Takes {@code arrived} over. @return all that is here now */
    ByteBuf append(ByteBuf arrived) {
        ByteBuf before = bytes;
        if (before == null) {
            bytes = arrived;
        } else {
            try {
                before.writeBytes(arrived);
            } finally {
                arrived.release();
            }
        }
        count();
        return before == null ? arrived : before;
    }

    @Nullable ByteBuf bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return bytes == null;
    }

    /** Whether this connection is one of those to blame when memory is short. */
    boolean isLarge() {
        return countedBytes > SLACK_BYTES;
    }

    /** Gives back what the reader has taken. */
    void trim() {
        ByteBuf before = bytes;
        if (before == null) {
            return;
        }
        int rest = before.readableBytes();
        if (rest == 0) {
            release();
        } else if (before.capacity() - SLACK_BYTES > 2L * rest) {
            bytes = allocator.directBuffer(rest + 256).writeBytes(before);
            before.release();
        }
        count();
    }

    /** Throws everything away. */
    void release() {
        if (bytes != null) {
            bytes.release();
            bytes = null;
        }
        count();
    }

    private void count() {
        long now = bytes == null ? 0 : bytes.capacity();
        budget.count(now - countedBytes);
        countedBytes = now;
    }
}
