package com.kvstore.mutants;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The simulator notices what is broken on purpose, and does not cry wolf: each mutant fails at its seed, which the product
 * passes. {@code mvn test -DexcludedGroups= -Dgroups=mutants} runs all of them; {@link MutantSearchMain} finds their
 * seeds anew when the simulator or the protocol has changed.
 */
class MutantsTest {
    /** Broken so badly that whatever seeds come first show it: the part that every build runs. */
    private static final List<String> QUICK = List.of(
            "skip prepare",
            "acknowledge before the second copy",
            "fill the cache late",
            "a write leaves its key in the cache",
            "an update does not look whether the key is there");

    private static final int QUICK_SEEDS = 50;

    private static final Map<String, String> OF_THE_PRODUCT = new ConcurrentHashMap<>();

    static List<Mutant> all() {
        return Mutants.all();
    }

    static List<Mutant> quick() {
        return Mutants.all().stream()
                .filter(mutant -> QUICK.stream().anyMatch(mutant.name()::startsWith))
                .toList();
    }

    /** Its own seed first; where that has lost its meaning by a change elsewhere, any of the two thousand will do. */
    private static void isCaughtAtASeedWhichTheProductPasses(Mutant mutant, int seeds) {
        MutantProduct broken = MutantProduct.of(mutant);
        for (long tried = -1; tried < seeds; tried++) {
            long seed = tried < 0 ? mutant.seed() : Mutant.FIRST_SEED + tried;
            if (broken.failureOf(seed) != null) {
                String failure = OF_THE_PRODUCT.computeIfAbsent(
                        mutant.protocol() + seed,
                        any -> String.valueOf(
                                MutantProduct.unbroken(mutant.protocol()).failureOf(seed)));
                assertEquals("null", failure, "the product fails at seed " + seed);
                return;
            }
        }
        fail("nobody noticed in " + seeds + " seeds");
    }

    @ParameterizedTest
    @MethodSource("quick")
    void whatIsBadlyBrokenIsNoticedAtOnce(Mutant mutant) {
        isCaughtAtASeedWhichTheProductPasses(mutant, QUICK_SEEDS);
    }

    @Tag("slow")
    @Tag("mutants")
    @ParameterizedTest
    @MethodSource("all")
    void whateverIsBrokenIsNoticed(Mutant mutant) {
        isCaughtAtASeedWhichTheProductPasses(mutant, Mutant.MAX_SEEDS);
    }

    @Test
    void everyMutantIsNoticedWithinTwoThousandSeedsAndThereAreTwentyOrMore() {
        assertTrue(Mutants.all().size() >= 20);
        for (Mutant mutant : Mutants.all()) {
            assertTrue(mutant.seeds() >= 1 && mutant.seeds() <= Mutant.MAX_SEEDS, mutant.name());
        }
        assertEquals(
                Mutants.all().size(),
                Mutants.all().stream().map(Mutant::name).distinct().count());
    }

    /** A mutant whose piece of source is gone would pass for the product: that must not go unnoticed. */
    @Test
    void everyMutantStillChangesThePieceOfSourceItNames() {
        for (Mutant mutant : Mutants.allAndSought()) {
            assertNotNull(MutantProduct.of(mutant), mutant.name());
        }
    }

    @Test
    void theProductPassesWhenItIsLoadedAsAMutantIs() {
        assertNull(MutantProduct.unbroken("ring").failureOf(Mutant.FIRST_SEED));
    }
}
