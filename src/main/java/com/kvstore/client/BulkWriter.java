package com.kvstore.client;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Writes many keys at once, each until it is known to be written: to write the same again changes nothing, provided that
 * nobody else writes these keys meanwhile.
 *
 * <p>Bounded: what is under way is at most 256 writes, and at most some 16 MiB, or one value.
 *
 * <p>Threading: used from one thread, which waits for room.
 */
final class BulkWriter {
    private static final int ROOM = 256;
    private static final int BYTES_A_PLACE = 64 << 10;
    private static final long WRITE_TIMEOUT_MS = 60_000;
    private static final long RETRY_MS = 30_000;

    private final KvClient client;
    private final Semaphore room = new Semaphore(ROOM);
    private final AtomicReference<Result.Failure> failure = new AtomicReference<>();

    BulkWriter(KvClient client) {
        this.client = client;
    }

    /** @throws KvException what an earlier write failed of */
    void write(Write write) {
        Result.Failure failed = failure.get();
        if (failed != null) {
            throw KvException.of(failed);
        }
        int bytes = write.value() == null ? 0 : write.value().length();
        int places = Math.min(ROOM, 1 + bytes / BYTES_A_PLACE);
        room.acquireUninterruptibly(places);
        attempt(write, places, nowMs() + WRITE_TIMEOUT_MS);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // await waits for what is counted here
    private void attempt(Write write, int places, long untilMs) {
        client.execute(Command.Transact.of(write), WRITE_TIMEOUT_MS, RETRY_MS).thenAccept(result -> {
            if (result instanceof Result.Failure failed && !isDeleted(write, failed)) {
                if (failed.code() == ErrorCode.OUTCOME_UNKNOWN && nowMs() < untilMs) {
                    attempt(write, places, untilMs);
                    return;
                }
                failure.compareAndSet(null, failed);
            }
            room.release(places);
        });
    }

    private static boolean isDeleted(Write write, Result.Failure failed) {
        return write.value() == null && failed.code() == ErrorCode.NOT_FOUND;
    }

    /** Returns when all are written. */
    void await() throws InterruptedException {
        room.acquire(ROOM);
        Result.Failure failed = failure.get();
        if (failed != null) {
            throw KvException.of(failed);
        }
    }

    private static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }
}
