package com.kvstore.protocol.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.ServerNode;
import com.kvstore.protocol.membership.Copy.Sync;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random walks over all changes of a view, with a model of the data beside it: for each position, who holds every
 * acknowledged write. The model knows nothing of how the changes work; a copy in sync that the model does not bear out
 * is a promise broken.
 */
class ViewChangesWalkTest {
    private static final int RING_SIZE = 31;
    private static final int STEPS = 400;

    private final List<TreeSet<Integer>> complete = new ArrayList<>();
    private final TreeSet<Integer> reachable = new TreeSet<>();
    private View view = View.create(77, RING_SIZE, 1);
    private Random random = new Random(0);
    private long incarnations;
    private int losses;

    /** What happened in all walks together: a walk proves nothing of what it never meets. */
    private static int lossesSeen;

    private static int newStoresSeen;
    private static int removalsSeen;
    private static int refusalsSeen;
    private static int departuresSeen;

    @AfterAll
    static void everyRareThingHappened() {
        assertTrue(lossesSeen > 0, "no arc was lost");
        assertTrue(newStoresSeen > 0, "no store began anew");
        assertTrue(removalsSeen > 0, "nobody was removed");
        assertTrue(refusalsSeen > 0, "no removal was refused");
        assertTrue(departuresSeen > 0, "no drained member went");
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,1", "3,1", "4,3", "5,3", "6,1", "7,3", "8,1", "9,3", "10,1", "11,1", "12,3"})
    void everyCopyInSyncHoldsEveryAcknowledgedWriteAndEveryWalkEndsWhole(int seed, int points) {
        random = new Random(seed);
        view = View.create(77, RING_SIZE, points);
        for (int i = 0; i < RING_SIZE; i++) {
            complete.add(new TreeSet<>());
        }
        for (int i = 0; i < STEPS; i++) {
            step();
            writeEverywhere();
        }
        heal();
        assertTrue(view.whole(), () -> "seed " + seed + ": " + view);
    }

    private void step() {
        switch (random.nextInt(16)) {
            case 0, 1 -> join();
            case 2, 3 -> cutOff();
            case 4, 5, 6 -> reachable.addAll(view.members().keySet());
            case 7 -> reincarnate();
            case 8 -> remove();
            case 9 -> forget();
            case 10 -> drain();
            case 11 -> move(ViewChanges.newEpoch(view), true);
            case 12 -> move(ViewChanges.acceptLoss(view), false);
            default -> {
                announce();
                completeSome();
            }
        }
    }

    /** Adopts the next view and checks what must hold of any change. */
    private void move(View next, boolean alwaysNew) {
        ViewInvariants.check(next);
        if (alwaysNew || !next.equals(view)) {
            assertEquals(view.epoch() + 1, next.epoch());
        }
        for (int p = 0; p < RING_SIZE; p++) {
            int position = p;
            complete.get(p).retainAll(next.members().keySet());
            if (next.arcAt(p).lost() && !view.arcAt(p).lost()) {
                losses++;
                lossesSeen++;
                assertTrue(complete.get(p).isEmpty(), () -> "lost though somebody holds it all: " + position);
            }
            for (Copy copy : next.arcAt(p).copies()) {
                assertTrue(
                        !copy.inSync() || complete.get(p).contains(copy.member()),
                        () -> position + ": " + copy + " is in sync from nothing, in " + next);
            }
        }
        reachable.retainAll(next.members().keySet());
        view = next;
    }

    /** Whoever is in sync and at hand takes a write; everyone who does not take it lacks it from then on. */
    private void writeEverywhere() {
        TreeSet<Integer> away = new TreeSet<>(view.members().keySet());
        away.removeAll(reachable);
        move(ViewChanges.markStale(view, away), false);
        for (Arc arc : view.arcs()) {
            TreeSet<Integer> inSync = new TreeSet<>();
            arc.copies().stream().filter(Copy::inSync).forEach(copy -> inSync.add(copy.member()));
            if (!inSync.isEmpty() && reachable.containsAll(inSync)) {
                for (int p = arc.start(); p <= arc.end(); p++) {
                    complete.get(p).retainAll(inSync);
                }
            }
        }
    }

    private void join() {
        ServerNode address = new ServerNode("127.0.0.1", 9000 + random.nextInt(6));
        if (!ViewChanges.canJoin(view, address)) {
            return;
        }
        boolean first = view.nextMemberId() == 1;
        int id = view.nextMemberId();
        if (first) {
            complete.forEach(holders -> holders.add(id));
        }
        View next = ViewChanges.join(view, address, ++incarnations, random.nextInt(3) == 0);
        move(next, true);
        reachable.add(id);
        assertEquals(first, view.arcAt(0).copyOf(id) != null);
    }

    private void cutOff() {
        if (!reachable.isEmpty()) {
            reachable.remove(anyOf(reachable));
        }
    }

    private void reincarnate() {
        if (view.members().isEmpty()) {
            return;
        }
        int old = anyOf(view.members().keySet());
        int id = view.nextMemberId();
        View next = ViewChanges.reincarnate(view, old, ++incarnations, false);
        complete.forEach(holders -> holders.remove(old));
        assertEquals(view.ring(), next.ring());
        if (DataLoss.isNewStore(view, next)) {
            newStoresSeen++;
            view.members().values().forEach(member -> assertFalse(member.durable()));
            for (int p = 0; p < RING_SIZE; p++) {
                boolean onlyWrittenSinceTheLoss = view.arcAt(p).lost();
                assertTrue(onlyWrittenSinceTheLoss || complete.get(p).isEmpty());
                if (next.arcAt(p).copyOf(id) != null) {
                    complete.get(p).add(id);
                }
            }
        }
        move(next, true);
        reachable.add(id);
    }

    private void remove() {
        TreeSet<Integer> away = new TreeSet<>(view.members().keySet());
        away.removeAll(reachable);
        if (!away.isEmpty()) {
            int member = anyOf(away);
            View next = ViewChanges.remove(view, member);
            assertEquals(next == null, ViewChanges.onlyCopies(view, member) > 0);
            if (next == null) {
                refusalsSeen++;
            } else {
                removalsSeen++;
                int lossesBefore = losses;
                move(next, true);
                assertEquals(lossesBefore, losses, "a removal loses nothing");
            }
        }
    }

    private void forget() {
        if (!view.members().isEmpty() && random.nextInt(3) == 0) {
            move(ViewChanges.forget(view, anyOf(view.members().keySet())), true);
        }
    }

    private void drain() {
        if (view.members().isEmpty()) {
            return;
        }
        Member member = view.members().get(anyOf(view.members().keySet()));
        if (!member.leaving() && view.ring().servers() > 1) {
            move(ViewChanges.drain(view, member.id()), true);
        }
    }

    private void announce() {
        View next = ViewChanges.announce(view, reachable);
        checkRedundancyKept(view, next);
        move(next, false);
        assertEquals(view, ViewChanges.announce(view, reachable), "announcing twice is announcing once");
    }

    /** A random member finishes random arcs that it can be filled for. */
    private void completeSome() {
        if (reachable.isEmpty()) {
            return;
        }
        int member = anyOf(reachable);
        List<Range> filled = new ArrayList<>();
        for (Arc arc : view.arcs()) {
            Copy copy = arc.copyOf(member);
            if (copy == null || copy.sync() == Sync.STALE) {
                // The report of a move that was overtaken: it must count for nothing.
                filled.add(new Range(arc.start(), arc.end()));
            } else if (random.nextInt(4) > 0 && canFill(arc, member)) {
                filled.add(new Range(arc.start(), arc.end()));
                for (int p = arc.start(); p <= arc.end(); p++) {
                    complete.get(p).add(member);
                }
            }
        }
        int members = view.members().size();
        View next = ViewChanges.complete(view, member, filled);
        checkRedundancyKept(view, next);
        move(next, false);
        departuresSeen += members - view.members().size();
    }

    /** Old copies go only when the new ones are there. */
    private static void checkRedundancyKept(View before, View after) {
        for (int p = 0; p < RING_SIZE; p++) {
            int wanted = Math.min(2, Math.max(1, before.ring().servers()));
            int needed = Math.min(wanted, before.arcAt(p).inSyncCopies());
            int position = p;
            assertTrue(
                    after.arcAt(p).inSyncCopies() >= needed, () -> position + " has fewer copies: " + before + after);
        }
    }

    private boolean canFill(Arc arc, int member) {
        Copy copy = arc.copyOf(member);
        if (copy == null || copy.sync() != Sync.SYNCING) {
            return false;
        }
        boolean source = arc.copies().stream().anyMatch(c -> c.inSync() && reachable.contains(c.member()));
        return source || (arc.lost() && arc.inSyncCopies() == 0);
    }

    /** Everyone is back, what is missing is filled, the loss accepted: nothing may be left over. */
    private void heal() {
        if (view.ring().servers() == 0) {
            view = ViewChanges.join(view, new ServerNode("127.0.0.1", 9100), ++incarnations, false);
        }
        reachable.addAll(view.members().keySet());
        List<Range> everything = List.of(new Range(0, RING_SIZE - 1));
        for (int round = 0; round < 3; round++) {
            view = ViewChanges.announce(view, reachable);
            for (int member : List.copyOf(view.members().keySet())) {
                view = ViewChanges.complete(view, member, everything);
            }
            ViewInvariants.check(view);
        }
        view = ViewChanges.acceptLoss(view);
        ViewInvariants.check(view);
    }

    private int anyOf(Set<Integer> members) {
        List<Integer> list = new ArrayList<>(members);
        return list.get(random.nextInt(list.size()));
    }
}
