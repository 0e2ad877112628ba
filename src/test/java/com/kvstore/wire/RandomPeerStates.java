package com.kvstore.wire;

import com.kvstore.protocol.eventual.EventualMessage.Ahead;
import com.kvstore.protocol.eventual.EventualMessage.Position;
import com.kvstore.protocol.eventual.StoredPeer;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.primarybackup.StoredState;
import com.kvstore.protocol.totalorder.StoredOrder;
import com.kvstore.protocol.totalorder.TotalOrderMessage.NewestLane;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Random valid values that peers of groups keep on disk. */
final class RandomPeerStates {
    private final Random random;
    private final RandomMessages basic;
    private final RandomGroupMessages logs;
    private final RandomPeerMessages lanes;

    RandomPeerStates(Random random) {
        this.random = random;
        this.basic = new RandomMessages(random);
        this.logs = new RandomGroupMessages(random, basic);
        this.lanes = new RandomPeerMessages(random, basic);
    }

    /** One of each kind. */
    List<Supplier<Persistent>> kinds() {
        return List.of(
                logs::client,
                () -> new StoredState.Summary(
                        formation(),
                        new StoredState.Place(n(), orNone(), n(), n()),
                        new StoredState.Progress(n(), n(), n(), n(), n())),
                () -> new StoredState.Entry(n(), logs.entry()),
                () -> new StoredPeer(
                        basic.anyLong(),
                        n(),
                        n(),
                        random.nextBoolean(),
                        random.nextBoolean(),
                        basic.list(() -> new Position(n(), n(), n(), new Ahead(n(), n()), random.nextBoolean()))),
                () -> new StoredOrder.Summary(vital(), progress()),
                () -> new StoredOrder.LaneEntry(n(), n(), lanes.entry()),
                () -> new StoredOrder.Client(n(), lanes.client()));
    }

    private StoredOrder.Vital vital() {
        return new StoredOrder.Vital(
                formation(),
                basic.anyLong(),
                random.nextBoolean(),
                basic.list(basic::smallNumber),
                basic.list(basic::anyLong),
                orNone(),
                basic.list(() ->
                        new StoredOrder.Vote(n(), basic.smallNumber(), n(), n(), random.nextBoolean(), n(), n())));
    }

    private StoredOrder.Progress progress() {
        return new StoredOrder.Progress(
                n(),
                n(),
                n(),
                n(),
                basic.list(() -> new NewestLane(n(), basic.smallNumber())),
                basic.list(() -> new StoredOrder.LaneProgress(n(), n(), n(), n(), n(), orNone())));
    }

    private Formation.Saved formation() {
        return new Formation.Saved(
                basic.anyLong(),
                basic.anyLong(),
                basic.list(basic::anyLong),
                random.nextBoolean(),
                basic.list(basic::anyLong));
    }

    private long n() {
        return basic.number();
    }

    private long orNone() {
        return random.nextBoolean() ? -1 : random.nextInt(1_000_000);
    }
}
