package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.membership.ViewChanges;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenAttemptsTest {
    private final ClusterFixture cluster = new ClusterFixture(2);
    private final AttemptBuilder builder = new AttemptBuilder(cluster, 1);
    private final OpenAttempts open = new OpenAttempts();

    @Test
    void everythingBelowTheOldestAttemptThatSomebodyMayHoldIsSettled() {
        Attempt first = attempt();
        Attempt second = attempt();
        assertEquals(first.version, open.settledBelow(builder.nextVersion()));

        finish(second);
        assertEquals(first.version, open.settledBelow(builder.nextVersion()), "an older one is still open");

        finish(first);
        Version next = builder.nextVersion();
        assertEquals(next, open.settledBelow(next));
    }

    @Test
    void aDecidedAttemptIsNotSettledBeforeEveryParticipantHasCarriedItOut() {
        Attempt attempt = attempt();
        attempt.fate = Attempt.Fate.COMMITTED;
        attempt.stand(0, Attempt.Stand.SETTLED);

        assertEquals(attempt.version, open.settledBelow(builder.nextVersion()));
        assertFalse(open.isOpenAt(attempt.version, 1));
        assertTrue(open.isOpenAt(attempt.version, 2));
        assertFalse(open.anyWaitsFor(2), "it is decided: nobody waits");
    }

    @Test
    void aMemberIsAskedForAsLongAsAnUndecidedAttemptNeedsIt() {
        Attempt attempt = attempt();
        assertTrue(open.anyWaitsFor(1));

        attempt.stand(0, Attempt.Stand.SETTLED);

        assertFalse(open.anyWaitsFor(1));
        assertTrue(open.anyWaitsFor(2));
        assertFalse(open.anyWaitsFor(3));
    }

    @Test
    void aScanMayStartOnceWhatIsOfEarlierEpochsIsSettledAtItsSource() {
        Attempt old = attempt();
        long next = cluster.view.epoch() + 1;
        assertFalse(open.settledBefore(1, next));

        cluster.view = ViewChanges.newEpoch(cluster.view);
        attempt();
        old.stand(0, Attempt.Stand.SETTLED);

        assertTrue(open.settledBefore(1, next), "the newer one does not matter");
        assertFalse(open.settledBefore(2, next));
    }

    @Test
    void aVoteCountsOnceAndASettledParticipantNeverGoesBack() {
        Attempt attempt = attempt();
        attempt.stand(0, Attempt.Stand.YES);
        attempt.stand(0, Attempt.Stand.YES);
        assertFalse(attempt.allVoted());

        attempt.stand(1, Attempt.Stand.SETTLED);
        attempt.stand(1, Attempt.Stand.YES);

        assertTrue(attempt.allVoted());
        assertEquals(Attempt.Stand.SETTLED, attempt.stand(1));
        assertFalse(attempt.allSettled());
        attempt.stand(0, Attempt.Stand.SETTLED);
        assertTrue(attempt.allSettled());
    }

    private Attempt attempt() {
        Write write = Write.put(ClusterFixture.KEY, Bytes.of("alice"));
        Attempt attempt =
                builder.build(new Transaction(List.of(write), cluster.view)).attempt();
        assertNotNull(attempt);
        open.add(attempt);
        return attempt;
    }

    private static void finish(Attempt attempt) {
        attempt.fate = Attempt.Fate.ABORTED;
        attempt.stand(0, Attempt.Stand.SETTLED);
        attempt.stand(1, Attempt.Stand.SETTLED);
    }
}
