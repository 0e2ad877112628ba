package com.kvstore.protocol.movement;

import static com.kvstore.protocol.movement.MoveHarness.LOWER_HALF;
import static com.kvstore.protocol.movement.MoveHarness.record;
import static com.kvstore.protocol.movement.MoveHarness.store;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.Fetch;
import com.kvstore.protocol.movement.MoveMessage.OpenMove;
import com.kvstore.protocol.movement.MoveMessage.RefuseMove;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.Piece;
import com.kvstore.protocol.parts.Stretch;
import com.kvstore.storage.MemoryTable;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MoveSourceTest {
    private static final long LINK = 7;
    private static final List<Version> COMMITTED = List.of(new Version(3, 4));
    private static final List<Piece> NOTHING_THERE = List.of(new Piece(-1, 0));

    private final MemoryTable table = new MemoryTable();
    private final MoveSource source = new MoveSource(table, () -> 7, () -> COMMITTED);
    private final RecordingEffects effects = new RecordingEffects();
    private boolean inSync = true;

    @Test
    void aMoveNeverOpenedIsRefused() {
        RefuseMove refusal = assertInstanceOf(RefuseMove.class, ask(new Fetch(1, 0, NOTHING_THERE, 1000)));
        assertTrue(refusal.reason().contains("not opened"));
    }

    @Test
    void aMoveOfALaterEpochIsRefusedAndNotServedAfterwards() {
        source.on(LINK, new OpenMove(1, 6, LOWER_HALF), 5, any -> inSync, effects);
        assertInstanceOf(RefuseMove.class, effects.takeSent().get(0).message());
        assertInstanceOf(RefuseMove.class, ask(new Fetch(1, 0, NOTHING_THERE, 1000)));
    }

    /** Seed 50 of the simulator: it had lost its copy, and dropped it, before the target heard of that view. */
    @Test
    void aSourceWhoseCopyIsNotInSyncAnyMoreAnswersNothing() {
        open(LOWER_HALF);
        inSync = false;

        RefuseMove refusal = assertInstanceOf(RefuseMove.class, ask(new Fetch(1, 0, NOTHING_THERE, 1000)));

        assertTrue(refusal.reason().contains("not in sync"));
    }

    @Test
    void aClosedLinkIsForgotten() {
        open(LOWER_HALF);
        source.linkClosed(LINK);
        assertInstanceOf(RefuseMove.class, ask(new Fetch(1, 0, NOTHING_THERE, 1000)));
    }

    @Test
    void piecesOutOfOrderAreRefused() {
        open(LOWER_HALF);
        List<Piece> backwards = List.of(new Piece(100, 0), new Piece(50, 0));
        List<Piece> beyondTheEnd = List.of(new Piece(-1, 0), new Piece(-1, 0));
        assertInstanceOf(RefuseMove.class, ask(new Fetch(1, 0, backwards, 1000)));
        assertInstanceOf(RefuseMove.class, ask(new Fetch(1, 0, beyondTheEnd, 1000)));
        assertInstanceOf(RefuseMove.class, ask(new Fetch(1, 200, List.of(new Piece(100, 0)), 1000)));
        assertInstanceOf(RefuseMove.class, ask(new Fetch(1, 0, List.of(), 1000)));
    }

    @Test
    void anEmptySourceAnswersATargetThatHasSomethingWithAnEmptyStretch() {
        open(LOWER_HALF);
        Chunk chunk = fetch(new Fetch(1, 0, List.of(new Piece(100, 5), new Piece(-1, 0)), 1000));
        assertEquals(new Chunk(1, -1, List.of(new Stretch(0, 100, List.of())), COMMITTED, 7), chunk);
    }

    @Test
    void anAnswerHoldsAboutWhatWasAskedForAndSaysHowFarItGot() {
        fill(5_000);
        open(List.of(new Range(0, 30)));
        Chunk chunk = fetch(new Fetch(1, 0, NOTHING_THERE, 20_000));
        int bytes = 0;
        for (Stretch stretch : chunk.differing()) {
            bytes += stretch.records().size() * 50;
        }
        assertTrue(bytes > 5_000 && bytes < 30_000, bytes + " bytes");
        assertTrue(chunk.last() != -1);
        assertEquals(chunk.last(), chunk.differing().get(0).last());
    }

    @Test
    void oneFetchLooksAtABoundedNumberOfRecordsThoughNothingDiffers() {
        fill(BoundedScan.MAX_RECORDS * 3);
        open(List.of(new Range(1_000, 2_000)));
        long from = 0;
        int fetches = 0;
        while (true) {
            Chunk chunk = fetch(new Fetch(1, from, NOTHING_THERE, 1_000_000));
            fetches++;
            assertEquals(List.of(), chunk.differing());
            if (chunk.last() == -1) {
                assertEquals(COMMITTED, chunk.committed());
                break;
            }
            assertEquals(List.of(), chunk.committed(), "known outcomes go with the last of the data");
            assertTrue(Long.compareUnsigned(chunk.last(), from) > 0);
            from = chunk.last() + 1;
        }
        assertEquals(3, fetches);
    }

    @Test
    void aPieceThatCannotBeFinishedInOneFetchIsLeftForTheNextOne() {
        fill(BoundedScan.MAX_RECORDS * 2);
        open(List.of(new Range(0, 30)));
        List<Piece> pieces = List.of(new Piece(1L << 50, 0), new Piece(-1, 5));
        Chunk first = fetch(new Fetch(1, 0, pieces, Integer.MAX_VALUE));
        assertEquals(1L << 50, first.last());

        Chunk second = fetch(new Fetch(1, (1L << 50) + 1, List.of(new Piece(-1, 5)), Integer.MAX_VALUE));
        assertEquals(
                BoundedScan.MAX_RECORDS, second.differing().get(0).records().size());
        assertEquals((1L << 50) + 1, second.differing().get(0).first());
        assertEquals(second.last(), second.differing().get(0).last());
    }

    @Test
    void theAnswerEndsWithTheLastPieceIfThatIsNotTheEnd() {
        fill(10);
        open(List.of(new Range(0, 30)));
        Chunk chunk = fetch(new Fetch(1, 0, List.of(new Piece(Long.MAX_VALUE, 0)), 1_000_000));
        assertEquals(Long.MAX_VALUE, chunk.last());
    }

    private void fill(int records) {
        for (int i = 0; i < records; i++) {
            store(table, record(i, 1));
        }
    }

    private void open(List<Range> ranges) {
        source.on(LINK, new OpenMove(1, 5, ranges), 5, any -> inSync, effects);
        assertEquals(List.of(), effects.takeSent());
    }

    private Chunk fetch(Fetch fetch) {
        return assertInstanceOf(Chunk.class, ask(fetch));
    }

    private Object ask(Fetch fetch) {
        source.on(LINK, fetch, 5, any -> inSync, effects);
        List<RecordingEffects.Sent> sent = effects.takeSent();
        assertEquals(1, sent.size());
        assertEquals(LINK, sent.get(0).link());
        return sent.get(0).message();
    }
}
