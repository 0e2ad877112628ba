package com.kvstore.mutants;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Finds the first seed that notices each mutant, for whoever starts it with the test class path. Arguments: parts of the
 * names of those to search for; none: all.
 */
public final class MutantSearchMain {
    private MutantSearchMain() {}

    public static void main(String[] args) throws InterruptedException {
        for (Mutant mutant : Mutants.allAndSought()) {
            if (args.length == 0
                    || java.util.Arrays.stream(args).anyMatch((mutant.name() + mutant.protocol())::contains)) {
                String line;
                try {
                    line = search(mutant);
                } catch (IllegalStateException e) {
                    line = "!!! " + e.getMessage();
                }
                System.out.println(line);
            }
        }
    }

    private static String search(Mutant mutant) throws InterruptedException {
        MutantProduct product = MutantProduct.of(mutant);
        AtomicLong next = new AtomicLong(Mutant.FIRST_SEED);
        AtomicLong found = new AtomicLong(Mutant.FIRST_SEED + Mutant.MAX_SEEDS);
        String[] how = {""};
        Runnable work = () -> {
            for (long seed = next.getAndIncrement(); seed < found.get(); seed = next.getAndIncrement()) {
                String failure = product.failureOf(seed);
                if (failure != null) {
                    synchronized (how) {
                        if (seed < found.get()) {
                            found.set(seed);
                            how[0] = failure;
                        }
                    }
                }
            }
        };
        Thread other = new Thread(work);
        other.start();
        work.run();
        other.join();
        long seeds = found.get() - Mutant.FIRST_SEED + 1;
        String text = how[0].replace('\n', ' ');
        return (seeds > Mutant.MAX_SEEDS ? "NOT CAUGHT" : "seed " + found.get()) + " | " + mutant.name() + " | "
                + text.substring(0, Math.min(160, text.length()));
    }
}
