package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Computation;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.WallClock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns what was asked for into plain writes: times to live into deadlines, computations into what comes of them. */
final class WriteResolver {
    /** Goes on with a transaction whose writes are known now. */
    interface Then {
        /** @param failure why its keys could not be read; null: all is well */
        void computed(Transaction transaction, Result.@Nullable Failure failure, Effects effects);
    }

    private final Cluster cluster;
    private final Reads reads;
    private final WallClock clock;

    WriteResolver(Cluster cluster, Reads reads, WallClock clock) {
        this.cluster = cluster;
        this.reads = reads;
        this.clock = clock;
    }

    /** To be asked once a request: a second attempt must not put a deadline off. */
    List<Write> withDeadlines(List<Write> writes) {
        for (Write write : writes) {
            if (write.expiry().kind() == Expiry.Kind.AFTER) {
                return writes.stream().map(this::withDeadline).toList();
            }
        }
        return writes;
    }

    private Write withDeadline(Write write) {
        long deadlineMs = write.expiry().deadlineMs(clock.nowMs());
        return new Write(write.key(), write.value(), Expiry.ofDeadline(deadlineMs), write.condition());
    }

    /** Shows a computation what its keys hold. They are locked: nobody writes them until its own writes are decided. */
    void compute(Transaction transaction, Then then, Effects effects) {
        reads.readAll(transaction.keys(), new Shown(transaction, then), effects);
    }

    /** Looks whether the conditions of a transaction hold. Its keys are locked, as {@link #compute} has them. */
    void verify(Transaction transaction, Then then, Effects effects) {
        List<Write> conditional = transaction.writes.stream()
                .filter(write -> !write.condition().isNone())
                .toList();
        List<Bytes> keys = conditional.stream().map(Write::key).toList();
        reads.readAll(
                keys,
                new MultiRead.Sink() {
                    @Override
                    public void found(List<Optional<Result.Value>> values, Effects sink) {
                        Result.Failure refusal = null;
                        for (int i = 0; i < values.size() && refusal == null; i++) {
                            Write write = conditional.get(i);
                            boolean holds =
                                    write.condition().holdsFor(values.get(i).orElse(null), clock.nowMs());
                            refusal = holds ? null : Participant.refused(write.key(), write.condition());
                        }
                        transaction.verified = refusal == null;
                        then.computed(transaction, refusal, sink);
                    }

                    @Override
                    public void failed(Result.Failure failure, Effects sink) {
                        then.computed(transaction, failure, sink);
                    }
                },
                effects);
    }

    /** Shows the next computation what one has left, under a version that nobody can have seen. */
    private void show(Map<Bytes, Result.Value> present, Write write, int number) {
        Bytes value = write.value();
        long deadlineMs = write.expiry().deadlineMs(clock.nowMs());
        if (value == null || Expiry.isPast(deadlineMs, clock.nowMs())) {
            present.remove(write.key());
        } else {
            present.put(write.key(), new Result.Value(value, new Version(Long.MAX_VALUE, number), deadlineMs));
        }
    }

    private final class Shown implements MultiRead.Sink {
        private final Transaction transaction;
        private final Then then;

        Shown(Transaction transaction, Then then) {
            this.transaction = transaction;
            this.then = then;
        }

        @Override
        public void found(List<Optional<Result.Value>> values, Effects effects) {
            Map<Bytes, Result.Value> present = new LinkedHashMap<>();
            for (int i = 0; i < values.size(); i++) {
                Bytes key = transaction.key(i);
                values.get(i).ifPresent(value -> present.put(key, value));
            }
            Map<Bytes, Write> writes = new LinkedHashMap<>();
            List<Object> answers = new ArrayList<>(transaction.computations.size());
            for (Computation computation : transaction.computations) {
                Computation.Outcome outcome = computation.compute(present, clock.nowMs());
                answers.add(outcome.answer());
                for (Write write : withDeadlines(outcome.writes())) {
                    writes.put(write.key(), write);
                    show(present, write, answers.size());
                }
            }
            transaction.computed(answers, List.copyOf(writes.values()), cluster.view());
            then.computed(transaction, null, effects);
        }

        @Override
        public void failed(Result.Failure failure, Effects effects) {
            then.computed(transaction, failure, effects);
        }
    }
}
