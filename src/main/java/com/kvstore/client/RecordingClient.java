package com.kvstore.client;

import com.kvstore.client.RecordMix.Op;
import com.kvstore.client.RecordedHistory.Span;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One of the clients whose doing is recorded: one request after the other over a connection of its own.
 *
 * <p>Every value it writes is written once only, so that a read tells which write it saw. Several keys are written and read
 * together only in groups of their own, which nobody writes to but as a whole: half of a transaction shows at once.
 *
 * <p>Threading: runs on a thread of its own; {@link Recorder#stopped} ends it.
 */
final class RecordingClient implements Runnable {
    static final int KEYS_A_GROUP = 3;

    private final String name;
    private final KvClient client;
    private final Recorder recorder;
    private final RecordMix mix;
    private final SplittableRandom random;
    private long written;

    RecordingClient(String name, KvClient client, Recorder recorder, RecordMix mix, SplittableRandom random) {
        this.name = name;
        this.client = client;
        this.recorder = recorder;
        this.mix = mix;
        this.random = random;
    }

    @Override
    public void run() {
        while (true) {
            long dueNs = recorder.next();
            for (long waitNs = dueNs - System.nanoTime(); waitNs > 0; waitNs = dueNs - System.nanoTime()) {
                if (recorder.stopped()) {
                    return;
                }
                LockSupport.parkNanos(Math.min(waitNs, 10_000_000));
            }
            if (recorder.stopped()) {
                return;
            }
            step(mix.pick(random));
        }
    }

    private void step(Op op) {
        boolean several = op == Op.MULTI_PUT || op == Op.MULTI_GET;
        if (several) {
            ask(op, recorder.group(random.nextInt(recorder.groups())));
        } else if (op == Op.GET && mix.has(Op.MULTI_PUT) && random.nextInt(5) == 0) {
            // Now and then a read of one key of a group.
            List<Bytes> group = recorder.group(random.nextInt(recorder.groups()));
            ask(op, List.of(group.get(random.nextInt(group.size()))));
        } else {
            ask(op, List.of(recorder.key(random.nextInt(recorder.keys()))));
        }
    }

    /** Asks, waits for the answer and writes both down. */
    @Nullable Result ask(Op op, List<Bytes> keys) {
        boolean writesValue = op == Op.PUT || op == Op.UPDATE || op == Op.MULTI_PUT;
        Bytes value = writesValue ? Bytes.of(name + "-" + ++written) : null;
        long startNs = recorder.nowNs();
        Result result;
        try {
            result = client.execute(command(op, keys, value)).get();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            result = null;
        } catch (ExecutionException | RuntimeException broken) {
            result = Result.Failure.of(ErrorCode.OUTCOME_UNKNOWN, "the client broke down: " + broken.getMessage());
        }
        recorder.history().add(name, op, keys, value, new Span(startNs, recorder.nowNs()), result);
        return result;
    }

    private static Command command(Op op, List<Bytes> keys, @Nullable Bytes value) {
        Bytes key = keys.get(0);
        return switch (op) {
            case GET -> new Command.Get(key);
            case MULTI_GET -> new Command.GetAll(keys);
            case DELETE -> Command.Transact.of(Write.delete(key));
            case PUT -> Command.Transact.of(Write.put(key, given(value)));
            case UPDATE -> Command.Transact.of(Write.update(key, given(value)));
            case MULTI_PUT ->
                new Command.Transact(
                        keys.stream().map(each -> Write.put(each, given(value))).toList());
        };
    }

    private static Bytes given(@Nullable Bytes value) {
        if (value == null) {
            throw new IllegalStateException("a write needs a value");
        }
        return value;
    }

    void close() {
        client.close();
    }
}
