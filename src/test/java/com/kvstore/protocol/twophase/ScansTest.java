package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.parts.WallClock;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Scan;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScansTest {
    private static final long CLIENT = 9;
    private static final long NOW_MS = 1_000_000;

    private final ClusterFixture cluster = new ClusterFixture(3);
    private final RecordingEffects effects = new RecordingEffects();
    private final WallClock clock = new WallClock();
    private final Channels channels = new Channels(cluster);
    private final Scans scans = new Scans(cluster, new Grants(channels), new StaleMarker(cluster, channels), clock);
    private long nowNs;
    private final Map<Integer, MemoryTable> tables = new TreeMap<>();
    private final TreeSet<String> stored = new TreeSet<>();

    @BeforeEach
    void fill() {
        clock.start(NOW_MS, 0);
        for (int member = 1; member <= 3; member++) {
            tables.put(member, new MemoryTable());
            channels.of(member).grantedFromNs = 0;
        }
        for (int i = 0; i < 3_000; i++) {
            store((i % 3 == 0 ? "user:" : "item:") + i, Bytes.of("x"), Expiry.NO_DEADLINE);
            stored.add((i % 3 == 0 ? "user:" : "item:") + i);
        }
    }

    @Test
    void thePagesTogetherHoldEveryKeyOnceThoughItHasTwoCopies() {
        assertEquals(stored, allPages(""));
    }

    @Test
    void aCountWaitsForTheGrantsOfAllCopiesInSyncAndIsGivenUpWithoutThem() {
        nowNs = 5_000_000_000L;
        scans.count(CLIENT);
        scans.turnEnded(effects);
        answerAll();
        assertEquals(
                List.of(), effects.replies, "a newer coordinator may write where nobody has granted anything lately");
        assertEquals(1, scans.clientsWaiting());
        for (int member = 1; member <= 3; member++) {
            channels.of(member).grantedFromNs = nowNs;
        }
        scans.retry(nowNs, effects);
        assertEquals(new Result.Count(3_000), effects.replies.get(0).result());

        nowNs += 5_000_000_000L;
        scans.count(CLIENT);
        scans.turnEnded(effects);
        answerAll();
        scans.retry(nowNs + 4_000_000_000L, effects);
        assertEquals(
                ErrorCode.UNAVAILABLE, ((Result.Failure) effects.replies.get(1).result()).code());
        assertEquals(0, scans.clientsWaiting());
    }

    @Test
    void aPrefixKeepsTheOthersOut() {
        TreeSet<String> users = new TreeSet<>(stored);
        users.removeIf(key -> !key.startsWith("user:"));

        assertEquals(users, allPages("user:"));
    }

    @Test
    void deletedAndExpiredKeysAreNotThere() {
        store("deleted", null, Expiry.NO_DEADLINE);
        store("expired", Bytes.of("x"), NOW_MS);

        assertEquals(stored, allPages(""));
    }

    @Test
    void aMemberThatIsDownHasItsKeysListedByTheirOtherCopies() {
        cluster.liveness.put(2, Liveness.DOWN);

        assertEquals(stored, allPages(""));
    }

    @Test
    void theCountIsThatOfTheKeysAndNotOfTheirCopies() {
        scans.count(CLIENT);
        scans.turnEnded(effects);
        answerAll();

        assertEquals(new Result.Count(3_000), takeReply());
    }

    @Test
    void aChangeOfTheMembershipBeginsThePageAnewAndVoidsItsFirstAnswers() {
        scans.page(CLIENT, new Command.Scan(0, 10_000, Bytes.EMPTY));
        scans.turnEnded(effects);
        answerNext();
        cluster.liveness.put(2, Liveness.DOWN);

        scans.restart();
        scans.turnEnded(effects);
        answerAll();

        Result.Page page = (Result.Page) takeReply();
        assertEquals(3_000, page.keys().size());
        assertTrue(effects.replies.isEmpty(), "answered once");
        assertEquals(0, scans.clientsWaiting());
    }

    @Test
    void withBothCopiesOfSomeKeysOutOfReachNoPageIsGiven() {
        cluster.liveness.put(1, Liveness.DOWN);
        cluster.liveness.put(2, Liveness.DOWN);

        scans.page(CLIENT, new Command.Scan(0, 10, Bytes.EMPTY));
        scans.turnEnded(effects);

        assertEquals(ErrorCode.UNAVAILABLE, ((Result.Failure) takeReply()).code());
    }

    @Test
    void aPageWaitsForALinkThatIsBeingOpened() {
        cluster.liveness.put(1, Liveness.CONNECTING);
        scans.page(CLIENT, new Command.Scan(0, 10_000, Bytes.EMPTY));
        scans.turnEnded(effects);
        assertTrue(effects.sent.isEmpty());

        cluster.liveness.put(1, Liveness.UP);
        scans.restart();
        scans.turnEnded(effects);
        answerAll();

        assertEquals(3_000, ((Result.Page) takeReply()).keys().size());
    }

    private Set<String> allPages(String prefix) {
        TreeSet<String> keys = new TreeSet<>();
        long cursor = 0;
        do {
            scans.page(CLIENT, new Command.Scan(cursor, 100, Bytes.of(prefix)));
            scans.turnEnded(effects);
            answerAll();
            Result.Page page = (Result.Page) takeReply();
            for (Bytes key : page.keys()) {
                assertTrue(keys.add(key.text()), key + " came twice");
            }
            cursor = page.cursor();
        } while (cursor != 0);
        return keys;
    }

    private void store(String text, @Nullable Bytes value, long deadlineMs) {
        Bytes key = Bytes.of(text);
        int position = cluster.view.positionOf(key);
        for (Copy copy : cluster.arc(key).copies()) {
            table(copy.member()).apply(position, key, value, deadlineMs, new Version(1, 1));
        }
    }

    private MemoryTable table(int member) {
        return tables.computeIfAbsent(member, any -> new MemoryTable());
    }

    private void answerAll() {
        while (!effects.sent.isEmpty()) {
            answerNext();
        }
    }

    private void answerNext() {
        List<RecordingEffects.Sent> asked = new ArrayList<>(effects.sent);
        RecordingEffects.Sent next = asked.remove(0);
        effects.sent.clear();
        effects.sent.addAll(asked);
        int member = (int) next.link();
        scans.onReply(member, KeyScan.run((Scan) next.message(), table(member), cluster.view, member), nowNs, effects);
    }

    private Result takeReply() {
        assertEquals(1, effects.replies.size(), effects.replies.toString());
        return effects.replies.remove(0).result();
    }
}
