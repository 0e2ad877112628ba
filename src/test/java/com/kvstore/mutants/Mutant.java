package com.kvstore.mutants;

/**
 * The product, broken in one place on purpose.
 *
 * @param name what is broken, in words
 * @param file the source, below {@code src/main/java/com/kvstore}
 * @param was a piece of it that is there exactly once
 * @param is what stands there in the mutant
 * @param seed the first seed that notices, of those from {@link #FIRST_SEED} on; 0: none is known
 * @param protocol whose simulation it is
 */
record Mutant(String name, String file, String was, String is, long seed, String protocol) {
    /** Of the ring. */
    Mutant(String name, String file, String was, String is, long seed) {
        this(name, file, was, is, seed, "ring");
    }

    static final long FIRST_SEED = 1;
    /** How many seeds may pass it. */
    static final int MAX_SEEDS = 2_000;

    /** After how many seeds it was noticed. */
    long seeds() {
        return seed - FIRST_SEED + 1;
    }

    @Override
    public String toString() {
        return name;
    }
}
