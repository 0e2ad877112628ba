package com.kvstore.transport;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one connection is to be sent: gathered until the turn ends, counted until the socket has taken it.
 *
 * <p>Threading: the event loop only.
 */
final class OutputBuffer {
    /** Beyond this, growing the buffer would copy more than a second write costs. */
    private static final int CHUNK_BYTES = 128 * 1024;

    /** More waits for nobody who does not read. */
    static final long MAX_UNSENT_BYTES = 64L << 20;

    /** A link to a node is cut when more waits. */
    static final long MAX_NODE_UNSENT_BYTES = 128L << 20;

    /** A node whose answers come to so much is asked for no more until they have left. */
    private static final long PILE_BYTES = 8L << 20;

    /** What a client hears instead of an answer that may not be held. */
    static final Result FULL = Result.Failure.of(
            ErrorCode.OVERLOADED, "Not read: too many earlier answers are waiting for this client to read them.");

    private static final int SMALL_BYTES = 4 * 1024;
    private static final int FIRST_BYTES = 512;

    private final Channel channel;
    private final ByteBufAllocator allocator;
    private final MemoryBudget budget;
    private @Nullable ByteBuf gathered;
    private long unsentBytes;
    private boolean closed;

    OutputBuffer(Channel channel, ByteBufAllocator allocator, MemoryBudget budget) {
        this.channel = channel;
        this.allocator = allocator;
        this.budget = budget;
    }

    /** Whether an answer to a client may be added: small ones always, or nobody could be told that there is no room. */
    boolean mayHold(Result result) {
        long size = 0;
        if (result instanceof Result.Value value) {
            size = value.value().length();
        } else if (result instanceof Result.Document document) {
            size = document.json().length();
        } else if (result instanceof Result.Values values) {
            for (Optional<Result.Value> value : values.values()) {
                size += value.map(present -> present.value().length()).orElse(0);
            }
        }
        return size <= SMALL_BYTES || mayHold(size);
    }

    boolean mayHold(long bytes) {
        return unsentBytes < MAX_UNSENT_BYTES && budget.fits(bytes);
    }

    /** Copies the bytes. */
    void write(byte[] bytes, int offset, int length) {
        if (closed) {
            return;
        }
        if (gathered != null && gathered.readableBytes() + length > CHUNK_BYTES) {
            push();
        }
        if (gathered == null) {
            gathered = allocator.directBuffer(Math.max(FIRST_BYTES, length));
        }
        gathered.writeBytes(bytes, offset, length);
        count(length);
    }

    /** Hands what was gathered to the channel, which sends it with its next flush. */
    @SuppressWarnings("FutureReturnValueIgnored") // its listener sees to failures
    void push() {
        ByteBuf out = gathered;
        if (out == null) {
            return;
        }
        gathered = null;
        int length = out.readableBytes();
        channel.write(out).addListener(written -> {
            if (!closed) {
                count(-length);
                if (!written.isSuccess()) {
                    channel.close();
                }
            }
        });
    }

    /** Counts bytes that wait elsewhere to be written here. */
    void count(long bytes) {
        unsentBytes += bytes;
        budget.count(bytes);
    }

    boolean isPiledUp() {
        return unsentBytes >= PILE_BYTES;
    }

    /** Written or gathered, and not taken by the socket yet. */
    long unsentBytes() {
        return unsentBytes;
    }

    void close() {
        closed = true;
        if (gathered != null) {
            gathered.release();
            gathered = null;
        }
        count(-unsentBytes);
    }
}
