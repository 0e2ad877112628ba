package com.kvstore.wire;

import com.kvstore.common.Message;
import com.kvstore.common.RequestId;
import com.kvstore.protocol.eventual.EventualMessage;
import com.kvstore.protocol.eventual.EventualMessage.Ahead;
import com.kvstore.protocol.eventual.EventualMessage.Change;
import com.kvstore.protocol.eventual.EventualMessage.Position;
import com.kvstore.protocol.parts.Piece;
import com.kvstore.protocol.totalorder.TotalOrderMessage;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Guard;
import com.kvstore.protocol.totalorder.TotalOrderMessage.LaneVote;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Op;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Random valid messages between peers of an eventual or a total-order group. */
final class RandomPeerMessages {
    private final Random random;
    private final RandomMessages basic;

    RandomPeerMessages(Random random, RandomMessages basic) {
        this.random = random;
        this.basic = basic;
    }

    List<Supplier<Message>> types() {
        return List.of(
                () -> new EventualMessage.Sync(n(), n(), n(), basic.list(this::change), n()),
                () -> new EventualMessage.SyncAck(n(), n(), n()),
                () -> new EventualMessage.Report(basic.list(this::position), n()),
                () -> new EventualMessage.Pull(
                        n(), any(), basic.list(() -> new Piece(any(), any())), basic.smallNumber()),
                () -> new EventualMessage.Chunk(n(), any(), basic.list(basic::stretch), basic.list(this::position)),
                () -> new TotalOrderMessage.Cast(
                        any(), lives(), orNone(), n(), n(), n(), basic.list(this::entry), basic.list(this::vote), n()),
                () -> new TotalOrderMessage.Fetch(any(), n(), n()),
                () -> new TotalOrderMessage.Fetched(any(), n(), n(), basic.list(this::entry), n(), n(), orNone()),
                () -> new TotalOrderMessage.Behind(any(), n()),
                () -> new TotalOrderMessage.Prepare(any(), n(), n()),
                () -> new TotalOrderMessage.Promise(any(), lives(), n(), n(), n(), n(), n()),
                () -> new TotalOrderMessage.Refuse(any(), n(), n()),
                () -> new TotalOrderMessage.Accept(any(), n(), n(), n()),
                () -> new TotalOrderMessage.Accepted(any(), lives(), n(), n()),
                () -> new TotalOrderMessage.Sealed(any(), n(), n()),
                () -> new TotalOrderMessage.Join(any(), basic.smallNumber(), n()),
                () -> new TotalOrderMessage.Recover(any(), basic.smallNumber()),
                () -> new TotalOrderMessage.RecoverRefused(any(), basic.smallNumber()),
                () -> new TotalOrderMessage.RecoverState(
                        any(),
                        basic.list(this::any),
                        any(),
                        basic.smallNumber(),
                        lives(),
                        basic.list(() -> new TotalOrderMessage.LaneState(n(), n(), n(), n(), n(), orNone())),
                        n(),
                        n()),
                () -> new TotalOrderMessage.SnapshotAsk(any(), n(), basic.smallNumber()),
                () -> new TotalOrderMessage.SnapshotChunk(
                        any(),
                        n(),
                        basic.smallNumber(),
                        basic.list(basic::storedRecord),
                        basic.list(basic::key),
                        random.nextBoolean() ? state() : null));
    }

    private long n() {
        return basic.number();
    }

    private long any() {
        return basic.anyLong();
    }

    private long orNone() {
        return random.nextBoolean() ? -1 : random.nextInt(1_000_000);
    }

    private List<Integer> lives() {
        return basic.list(basic::smallNumber);
    }

    private Change change() {
        return new Change(basic.list(basic::storedRecord));
    }

    private Position position() {
        return new Position(n(), n(), n(), new Ahead(n(), n()), random.nextBoolean());
    }

    private LaneVote vote() {
        return new LaneVote(n(), n(), orNone());
    }

    Entry entry() {
        return new Entry(n(), n(), basic.list(this::op));
    }

    private Op op() {
        if (random.nextBoolean()) {
            return new TotalOrderMessage.Open(basic.smallNumber(), basic.smallNumber(), n());
        }
        RequestId id = random.nextBoolean() ? basic.requestId() : null;
        return new TotalOrderMessage.Transaction(
                id,
                basic.list(() -> new Guard(basic.key(), basic.condition())),
                basic.transact().writes());
    }

    private TotalOrderMessage.OrderState state() {
        return new TotalOrderMessage.OrderState(
                n(),
                n(),
                n(),
                n(),
                basic.list(() -> new TotalOrderMessage.OrderLane(n(), basic.smallNumber(), n())),
                basic.list(() -> new TotalOrderMessage.NewestLane(n(), basic.smallNumber())),
                basic.list(this::client));
    }

    TotalOrderMessage.ClientState client() {
        return new TotalOrderMessage.ClientState(
                "client", n(), n(), basic.list(() -> new TotalOrderMessage.Answer(n(), basic.result())));
    }
}
