package com.kvstore.sim;

import static com.kvstore.sim.Toys.MS;
import static com.kvstore.sim.Toys.SECOND;
import static com.kvstore.sim.Toys.address;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.sim.SimNode.Death;
import com.kvstore.sim.Toys.Counter;
import com.kvstore.sim.Toys.Pair;
import com.kvstore.sim.Toys.Recorder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SimNetworkTest {
    private static final NetworkOptions JITTERY =
            new NetworkOptions(10_000, 50 * MS, 0.05, 500 * MS, 2 * SECOND, 0.2, 0.2);

    private static Pair counting(long seed) {
        return new Pair(seed, JITTERY, recovered -> new Counter(address(2), 100), Recorder::new);
    }

    @Test
    void anOpenLinkKeepsTheOrderAndLosesNothing() {
        Pair pair = counting(1);
        pair.start();
        pair.pass(20 * SECOND);
        List<Long> numbers = pair.second().numbers();
        assertTrue(numbers.size() > 1_500, "only " + numbers.size());
        assertEquals(LongStream.range(0, numbers.size()).boxed().toList(), numbers);
    }

    @Test
    void aDownProcessRefusesAndALostHostTimesOut() {
        Pair pair = counting(2);
        pair.one.start();
        pair.pass(SECOND);
        assertTrue(pair.first().all(Input.ConnectFailed.class).stream().allMatch(Input.ConnectFailed::refused));

        pair.two.start();
        pair.two.crash(Death.POWER_LOST);
        pair.first().inputs.clear();
        pair.pass(10 * SECOND);
        List<Input.ConnectFailed> failures = pair.first().all(Input.ConnectFailed.class);
        assertTrue(failures.stream().anyMatch(failure -> !failure.refused()), "" + failures);
    }

    @Test
    void aCutStallsMessagesUntilItHeals() {
        Pair pair = counting(3);
        pair.start();
        pair.pass(2 * SECOND);
        pair.network.cut(pair.one, pair.two);
        int before = pair.second().numbers().size();
        pair.pass(900 * MS);
        assertEquals(before, pair.second().numbers().size());
        pair.network.heal(pair.one, pair.two);
        pair.pass(5 * SECOND);
        List<Long> numbers = pair.second().numbers();
        assertTrue(numbers.size() > before + 90);
        assertEquals(LongStream.range(0, numbers.size()).boxed().toList(), numbers);
        assertEquals(List.of(), pair.first().all(Input.LinkClosed.class));
    }

    @Test
    void aCutLinkIsResetInTheEndAndBothSidesLearnIt() {
        Pair pair = counting(4);
        pair.start();
        pair.pass(2 * SECOND);
        pair.network.cut(pair.one, pair.two);
        pair.network.cut(pair.two, pair.one);
        pair.pass(60 * SECOND);
        assertEquals(1, pair.first().all(Input.LinkClosed.class).size());
        assertEquals(1, pair.second().all(Input.LinkClosed.class).size());
        assertFalse(pair.first().all(Input.ConnectFailed.class).isEmpty());
    }

    @Test
    void aOneWayCutLeavesTheWayBackOpen() {
        Pair pair = new Pair(5, JITTERY, Recorder::new, recovered -> new Counter(address(1), 100));
        pair.start();
        pair.pass(2 * SECOND);
        pair.network.cut(pair.one, pair.two);
        int before = pair.first().numbers().size();
        pair.pass(900 * MS);
        assertTrue(pair.first().numbers().size() > before + 50);
    }

    @Test
    void nothingArrivesOnALinkAfterItsClose() {
        for (long seed = 0; seed < 50; seed++) {
            Pair pair = counting(seed);
            pair.start();
            for (int i = 0; i < 10; i++) {
                pair.pass(500 * MS);
                pair.network.resetLinks(pair.one, pair.two);
            }
            pair.pass(5 * SECOND);
            Set<Long> closed = new HashSet<>();
            for (Input input : pair.second().inputs) {
                if (input instanceof Input.LinkClosed gone) {
                    assertTrue(closed.add(gone.link()), "closed twice");
                } else if (input instanceof Input.Received received) {
                    assertFalse(closed.contains(received.link()));
                }
            }
            assertTrue(closed.size() >= 5, "closed " + closed.size());
        }
    }

    @Test
    void aResetLosesATailOrNothingAndEitherIsSeen() {
        int whole = 0;
        int torn = 0;
        for (long seed = 0; seed < 100; seed++) {
            Pair pair = counting(seed);
            pair.start();
            pair.pass(2 * SECOND);
            pair.network.resetLinks(pair.one, pair.two);
            pair.pass(5 * SECOND);
            List<Long> numbers = pair.second().numbers();
            if (numbers.size() == numbers.get(numbers.size() - 1) + 1) {
                whole++;
            } else {
                torn++;
            }
        }
        assertTrue(whole > 0 && torn > 0, whole + " whole, " + torn + " torn");
    }

    @Test
    void messagesOfAnOldLinkComeInAfterANewerLinksFirst() {
        int seen = 0;
        for (long seed = 0; seed < 100; seed++) {
            Pair pair = counting(seed);
            pair.start();
            pair.pass(2 * SECOND);
            pair.network.resetLinks(pair.one, pair.two);
            pair.pass(5 * SECOND);
            List<Long> links = new ArrayList<>();
            pair.second().all(Input.Received.class).forEach(received -> links.add(received.link()));
            seen += links.lastIndexOf(links.get(0)) > links.indexOf(links.get(links.size() - 1)) ? 1 : 0;
        }
        assertTrue(seen > 0, "in no run did an old link's message come late");
    }

    @Test
    void aKilledProcessIsNoticedSoonAndALostHostLate() {
        Pair killed = counting(6);
        killed.start();
        killed.pass(2 * SECOND);
        killed.two.crash(Death.KILLED);
        killed.pass(SECOND);
        assertEquals(1, killed.first().all(Input.LinkClosed.class).size());

        Pair lost = counting(6);
        lost.start();
        lost.pass(2 * SECOND);
        lost.two.crash(Death.POWER_LOST);
        lost.pass(900 * MS);
        assertEquals(0, lost.first().all(Input.LinkClosed.class).size());
        lost.two.start();
        lost.pass(2 * SECOND);
        assertEquals(1, lost.first().all(Input.LinkClosed.class).size(), "a host that is back resets unknown links");
    }

    @Test
    void aLinkClosedByItsOwnerClosesAtBothEnds() {
        Pair pair = new Pair(
                7,
                JITTERY,
                recovered -> new Recorder(recovered) {
                    @Override
                    void react(Input input, long nowNs, Effects effects) {
                        if (input instanceof Input.Started) {
                            effects.connect(address(2));
                        } else if (input instanceof Input.LinkOpened opened) {
                            effects.send(opened.link(), Toys.number(1));
                            effects.close(opened.link());
                            effects.send(opened.link(), Toys.number(2));
                        }
                    }
                },
                Recorder::new);
        pair.start();
        pair.pass(2 * SECOND);
        assertEquals(1, pair.first().all(Input.LinkClosed.class).size());
        assertEquals(List.of(1L), pair.second().numbers());
        assertTrue(pair.second().inputs.get(2) instanceof Input.LinkClosed, "" + pair.second().inputs);
    }

    @Test
    void datagramsAreLostDoubledAndOvertaken() {
        Pair pair = new Pair(
                8,
                JITTERY,
                recovered -> new Recorder(recovered) {
                    @Override
                    void react(Input input, long nowNs, Effects effects) {
                        for (int i = 0; i < 1_000; i++) {
                            effects.datagram(address(2), Toys.number(i));
                        }
                    }
                },
                Recorder::new);
        pair.two.start();
        pair.one.start();
        pair.pass(20 * SECOND);
        List<Long> numbers = pair.second().all(Input.DatagramReceived.class).stream()
                .map(received -> Toys.number(received.message()))
                .toList();
        Set<Long> distinct = new HashSet<>(numbers);
        assertTrue(distinct.size() > 700 && distinct.size() < 900, "arrived: " + distinct.size());
        assertTrue(numbers.size() > distinct.size() + 50, "doubled: " + (numbers.size() - distinct.size()));
        assertNotEquals(numbers.stream().sorted().toList(), numbers);
    }

    @Test
    void datagramsAreCutApartFromLinks() {
        Pair pair = new Pair(
                9,
                NetworkOptions.LAN,
                recovered -> new Recorder(recovered) {
                    @Override
                    void react(Input input, long nowNs, Effects effects) {
                        if (input instanceof Input.Started) {
                            effects.connect(address(2));
                        } else if (input instanceof Input.LinkOpened opened) {
                            effects.send(opened.link(), Toys.number(1));
                            effects.datagram(address(2), Toys.number(2));
                        }
                    }
                },
                Recorder::new);
        pair.network.cutDatagrams(pair.one, pair.two);
        pair.start();
        pair.pass(2 * SECOND);
        assertEquals(List.of(1L), pair.second().numbers());
        assertEquals(List.of(), pair.second().all(Input.DatagramReceived.class));
    }
}
