package com.kvstore.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * What several threads share in a client, under every interleaving that a bounded model checker finds (Lincheck: Koval,
 * Fedorov, Sokolova, Tsitelov, Alistarh, 2023), against the same thing for one thread.
 */
class LincheckTest {
    private static ModelCheckingOptions options() {
        return new ModelCheckingOptions()
                .iterations(8)
                .invocationsPerIteration(300)
                .threads(2)
                .actorsPerThread(2);
    }

    @Test
    void nothingPutIntoAnInboxIsLostAndOnlyTheFirstWakes() {
        options().sequentialSpecification(InboxOfOneThread.class).check(InboxOfMany.class);
    }

    @Test
    void aPlaceIsRefusedOnlyWhileAllAreTaken() {
        options().threads(3).sequentialSpecification(PlacesOfOneThread.class).check(PlacesOfMany.class);
    }

    /** One consumer, as the inbox asks for. */
    public static class InboxOfMany {
        private final Inbox<Integer> inbox = new Inbox<>();

        @Operation
        public String put(int thing) {
            return inbox.put(thing).name();
        }

        @Operation(nonParallelGroup = "consumer")
        public List<Integer> take() {
            ArrayDeque<Integer> taken = inbox.take();
            List<Integer> things = new ArrayList<>(taken);
            taken.clear();
            return things;
        }

        @Operation(nonParallelGroup = "consumer")
        public void close() {
            inbox.close();
        }
    }

    public static class InboxOfOneThread {
        private final List<Integer> waiting = new ArrayList<>();
        private boolean closed;

        public String put(int thing) {
            if (closed) {
                return "REFUSED";
            }
            waiting.add(thing);
            return waiting.size() == 1 ? "FIRST" : "MORE";
        }

        public List<Integer> take() {
            List<Integer> things = new ArrayList<>(waiting);
            waiting.clear();
            return things;
        }

        public void close() {
            closed = true;
        }
    }

    /** Some thread has two of the three places from the start, and gives them back some time. */
    public static class PlacesOfMany {
        private final Places places = new Places(3);

        public PlacesOfMany() {
            places.enter();
            places.enter();
        }

        @Operation
        public boolean enter() {
            return places.enter();
        }

        @Operation(nonParallelGroup = "who leaves")
        public void leave() {
            if (places.taken() > 0) {
                places.leave();
            }
        }
    }

    public static class PlacesOfOneThread {
        private int taken = 2;

        public boolean enter() {
            if (taken == 3) {
                return false;
            }
            taken++;
            return true;
        }

        public void leave() {
            taken = Math.max(0, taken - 1);
        }
    }
}
