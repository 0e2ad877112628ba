package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.View;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Reads of several keys as of one moment. They leave within one turn, behind every commit decided before and ahead of
 * every one decided later, so they see all of a transaction or nothing of it; when one of them is lost, all are sent again.
 */
final class MultiRead {
    /** Who wants to know. */
    interface Sink {
        /** @param values one for each key; empty where it is absent */
        void found(List<Optional<Result.Value>> values, Effects effects);

        void failed(Result.Failure failure, Effects effects);
    }

    final List<Bytes> keys;
    final int[] positions;
    /** Counts how often it was sent: answers to an earlier time are void. */
    int round;

    private final Sink sink;
    private final List<Optional<Result.Value>> found;
    private int missing;
    private boolean done;

    MultiRead(List<Bytes> keys, View view, Sink sink) {
        this.keys = keys;
        this.positions = new int[keys.size()];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = view.positionOf(keys.get(i));
        }
        this.sink = sink;
        this.found = new ArrayList<>(Collections.nCopies(keys.size(), Optional.empty()));
    }

    /** It is about to be sent, for the first time or again. */
    void begin() {
        round++;
        missing = keys.size();
    }

    /** Whether this answer or loss still matters. */
    boolean awaits(PendingRead read) {
        return !done && read.round == round;
    }

    void found(int index, Optional<Result.Value> value, Effects effects) {
        found.set(index, value);
        if (--missing == 0) {
            done = true;
            sink.found(found, effects);
        }
    }

    void failed(Result.Failure failure, Effects effects) {
        done = true;
        sink.failed(failure, effects);
    }
}
