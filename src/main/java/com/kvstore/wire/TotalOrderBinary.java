package com.kvstore.wire;

import com.kvstore.common.Condition;
import com.kvstore.protocol.totalorder.TotalOrderMessage;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Accept;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Accepted;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Answer;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Behind;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Cast;
import com.kvstore.protocol.totalorder.TotalOrderMessage.ClientState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetch;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetched;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Guard;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Join;
import com.kvstore.protocol.totalorder.TotalOrderMessage.LaneState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.LaneVote;
import com.kvstore.protocol.totalorder.TotalOrderMessage.NewestLane;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Op;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Open;
import com.kvstore.protocol.totalorder.TotalOrderMessage.OrderLane;
import com.kvstore.protocol.totalorder.TotalOrderMessage.OrderState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Prepare;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Promise;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Recover;
import com.kvstore.protocol.totalorder.TotalOrderMessage.RecoverRefused;
import com.kvstore.protocol.totalorder.TotalOrderMessage.RecoverState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Refuse;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Sealed;
import com.kvstore.protocol.totalorder.TotalOrderMessage.SnapshotAsk;
import com.kvstore.protocol.totalorder.TotalOrderMessage.SnapshotChunk;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Transaction;
import java.util.List;

/** What peers of a total-order group say to each other, in binary. Thread-safe: no state. */
final class TotalOrderBinary {
    static final int FAMILY = 7;

    private static final int CAST = 0x70;
    private static final int FETCH = 0x71;
    private static final int FETCHED = 0x72;
    private static final int BEHIND = 0x73;
    private static final int PREPARE = 0x74;
    private static final int PROMISE = 0x75;
    private static final int REFUSE = 0x76;
    private static final int ACCEPT = 0x77;
    private static final int ACCEPTED = 0x78;
    private static final int SEALED = 0x79;
    private static final int JOIN = 0x7A;
    private static final int RECOVER = 0x7B;
    private static final int RECOVER_REFUSED = 0x7C;
    private static final int RECOVER_STATE = 0x7D;
    private static final int SNAPSHOT_ASK = 0x7E;
    private static final int SNAPSHOT_CHUNK = 0x7F;

    private static final int TRANSACTION = 1;
    private static final int OPEN = 2;

    private static final int MIN_ENTRY_BYTES = 3;
    private static final int MIN_OP_BYTES = 3;
    private static final int VOTE_BYTES = 3;

    private TotalOrderBinary() {}

    static void write(TotalOrderMessage message, FrameWriter out) {
        if (message instanceof Cast cast) {
            writeCast(cast, out);
        } else if (message instanceof Fetch fetch) {
            start(FETCH, fetch, out);
            out.number(fetch.lane());
            out.number(fetch.from());
        } else if (message instanceof Fetched fetched) {
            start(FETCHED, fetched, out);
            out.number(fetched.lane());
            out.number(fetched.first());
            out.list(fetched.entries(), TotalOrderBinary::writeEntry);
            out.number(fetched.known());
            out.number(fetched.clock());
            out.number(fetched.sealed() + 1);
        } else if (message instanceof Behind behind) {
            start(BEHIND, behind, out);
            out.number(behind.delivered());
        } else if (message instanceof Sealed sealed) {
            start(SEALED, sealed, out);
            out.number(sealed.lane());
            out.number(sealed.length());
        } else if (message instanceof Join join) {
            start(JOIN, join, out);
            out.number(join.life());
            out.number(join.after());
        } else {
            writeBallot(message, out);
        }
    }

    private static void start(int type, TotalOrderMessage message, FrameWriter out) {
        out.u8(type);
        out.fixed64(message.formation());
    }

    private static void writeBallot(TotalOrderMessage message, FrameWriter out) {
        if (message instanceof Prepare prepare) {
            start(PREPARE, prepare, out);
            out.number(prepare.lane());
            out.number(prepare.ballot());
        } else if (message instanceof Promise promise) {
            start(PROMISE, promise, out);
            out.numbers(promise.lives());
            out.number(promise.lane());
            out.number(promise.ballot());
            out.number(promise.voted());
            out.number(promise.sealBallot());
            out.number(promise.sealLength());
        } else if (message instanceof Refuse refuse) {
            start(REFUSE, refuse, out);
            out.number(refuse.lane());
            out.number(refuse.ballot());
        } else if (message instanceof Accept accept) {
            start(ACCEPT, accept, out);
            out.number(accept.lane());
            out.number(accept.ballot());
            out.number(accept.length());
        } else if (message instanceof Accepted accepted) {
            start(ACCEPTED, accepted, out);
            out.numbers(accepted.lives());
            out.number(accepted.lane());
            out.number(accepted.ballot());
        } else {
            writeRecovery(message, out);
        }
    }

    private static void writeRecovery(TotalOrderMessage message, FrameWriter out) {
        if (message instanceof Recover recover) {
            start(RECOVER, recover, out);
            out.fixed64(recover.nonce());
            out.number(recover.life());
        } else if (message instanceof RecoverRefused refused) {
            start(RECOVER_REFUSED, refused, out);
            out.fixed64(refused.nonce());
            out.number(refused.life());
        } else if (message instanceof RecoverState state) {
            start(RECOVER_STATE, state, out);
            out.list(state.founders(), (nonce, to) -> to.fixed64(nonce));
            out.fixed64(state.nonce());
            out.number(state.life());
            out.numbers(state.lives());
            out.list(state.lanes(), TotalOrderBinary::writeLaneState);
            out.number(state.clock());
            out.number(state.delivered());
        } else if (message instanceof SnapshotAsk ask) {
            start(SNAPSHOT_ASK, ask, out);
            out.number(ask.snapshot());
            out.number(ask.chunk());
        } else if (message instanceof SnapshotChunk chunk) {
            start(SNAPSHOT_CHUNK, chunk, out);
            out.number(chunk.snapshot());
            out.number(chunk.chunk());
            out.list(chunk.records(), MoveBinary::writeRecord);
            out.list(chunk.removed(), (key, to) -> to.bytes(key));
            OrderState end = chunk.end();
            out.flag(end != null);
            if (end != null) {
                writeState(end, out);
            }
        }
    }

    static TotalOrderMessage read(int type, FrameReader in) throws ProtocolException {
        long formation = in.fixed64();
        return switch (type) {
            case CAST -> readCast(formation, in);
            case FETCH -> new Fetch(formation, in.number(), in.number());
            case FETCHED ->
                new Fetched(
                        formation,
                        in.number(),
                        in.number(),
                        in.list(MIN_ENTRY_BYTES, TotalOrderBinary::readEntry),
                        in.number(),
                        in.number(),
                        in.number() - 1);
            case BEHIND -> new Behind(formation, in.number());
            case PREPARE -> new Prepare(formation, in.number(), in.number());
            case PROMISE ->
                new Promise(
                        formation,
                        in.list(1, FrameReader::smallNumber),
                        in.number(),
                        in.number(),
                        in.number(),
                        in.number(),
                        in.number());
            case REFUSE -> new Refuse(formation, in.number(), in.number());
            case ACCEPT -> new Accept(formation, in.number(), in.number(), in.number());
            case ACCEPTED -> new Accepted(formation, in.list(1, FrameReader::smallNumber), in.number(), in.number());
            case SEALED -> new Sealed(formation, in.number(), in.number());
            case JOIN -> new Join(formation, in.smallNumber(), in.number());
            case RECOVER -> new Recover(in.fixed64(), in.smallNumber());
            case RECOVER_REFUSED -> new RecoverRefused(in.fixed64(), in.smallNumber());
            case RECOVER_STATE ->
                new RecoverState(
                        formation,
                        in.list(Long.BYTES, FrameReader::fixed64),
                        in.fixed64(),
                        in.smallNumber(),
                        in.list(1, FrameReader::smallNumber),
                        in.list(1, TotalOrderBinary::readLaneState),
                        in.number(),
                        in.number());
            case SNAPSHOT_ASK -> new SnapshotAsk(formation, in.number(), in.smallNumber());
            case SNAPSHOT_CHUNK ->
                new SnapshotChunk(
                        formation,
                        in.number(),
                        in.smallNumber(),
                        in.list(MoveBinary.MIN_RECORD_BYTES, MoveBinary::readRecord),
                        in.list(1, FrameReader::bytes),
                        in.flag() ? readState(in) : null);
            default -> throw BinaryCodec.unknownType(type);
        };
    }

    private static void writeCast(Cast cast, FrameWriter out) {
        start(CAST, cast, out);
        out.numbers(cast.lives());
        out.number(cast.lane() + 1);
        out.number(cast.clock());
        out.number(cast.echo());
        out.number(cast.first());
        out.list(cast.entries(), TotalOrderBinary::writeEntry);
        out.list(cast.votes(), (vote, to) -> {
            to.number(vote.lane());
            to.number(vote.voted());
            to.number(vote.echo() + 1);
        });
        out.number(cast.delivered());
    }

    private static Cast readCast(long formation, FrameReader in) throws ProtocolException {
        return new Cast(
                formation,
                in.list(1, FrameReader::smallNumber),
                in.number() - 1,
                in.number(),
                in.number(),
                in.number(),
                in.list(MIN_ENTRY_BYTES, TotalOrderBinary::readEntry),
                in.list(VOTE_BYTES, from -> new LaneVote(from.number(), from.number(), from.number() - 1)),
                in.number());
    }

    static void writeEntry(Entry entry, FrameWriter out) {
        out.number(entry.counter());
        out.number(entry.wallMs());
        out.list(entry.ops(), TotalOrderBinary::writeOp);
    }

    static Entry readEntry(FrameReader in) throws ProtocolException {
        return new Entry(in.number(), in.number(), in.list(MIN_OP_BYTES, TotalOrderBinary::readOp));
    }

    private static void writeOp(Op op, FrameWriter out) {
        if (op instanceof Transaction transaction) {
            out.u8(TRANSACTION);
            ClientBinary.writeId(transaction.id(), out);
            out.list(transaction.guards(), (guard, to) -> {
                to.bytes(guard.key());
                ConditionBinary.write(guard.condition(), to);
            });
            out.list(transaction.writes(), ClientBinary::writeWrite);
        } else if (op instanceof Open open) {
            out.u8(OPEN);
            out.number(open.owner());
            out.number(open.life());
            out.number(open.after());
        }
    }

    private static Op readOp(FrameReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case TRANSACTION ->
                new Transaction(
                        ClientBinary.readId(in),
                        in.list(2, from -> new Guard(from.bytes(), readCondition(from))),
                        in.list(ClientBinary.MIN_WRITE_BYTES, ClientBinary::readWrite));
            case OPEN -> new Open(in.smallNumber(), in.smallNumber(), in.number());
            default -> throw new ProtocolException("unknown operation " + kind);
        };
    }

    private static Condition readCondition(FrameReader in) throws ProtocolException {
        return ConditionBinary.read(in);
    }

    private static void writeLaneState(LaneState lane, FrameWriter out) {
        out.number(lane.lane());
        out.number(lane.known());
        out.number(lane.promised());
        out.number(lane.sealBallot());
        out.number(lane.sealLength());
        out.number(lane.sealed() + 1);
    }

    private static LaneState readLaneState(FrameReader in) throws ProtocolException {
        return new LaneState(in.number(), in.number(), in.number(), in.number(), in.number(), in.number() - 1);
    }

    private static void writeState(OrderState state, FrameWriter out) {
        out.number(state.delivered());
        out.number(state.counter());
        out.number(state.wallMs());
        out.number(state.epoch());
        out.list(state.lanes(), (lane, to) -> {
            to.number(lane.lane());
            to.number(lane.life());
            to.number(lane.delivered());
        });
        out.list(state.newest(), (newest, to) -> {
            to.number(newest.lane());
            to.number(newest.life());
        });
        out.list(state.clients(), TotalOrderBinary::writeClient);
    }

    private static OrderState readState(FrameReader in) throws ProtocolException {
        return new OrderState(
                in.number(),
                in.number(),
                in.number(),
                in.number(),
                in.list(VOTE_BYTES, from -> new OrderLane(from.number(), from.smallNumber(), from.number())),
                in.list(2, from -> new NewestLane(from.number(), from.smallNumber())),
                in.list(2, TotalOrderBinary::readClient));
    }

    static void writeClient(ClientState client, FrameWriter out) {
        out.text(client.client());
        out.number(client.forgotten());
        out.number(client.lastEpoch());
        out.list(client.answers(), (answer, to) -> {
            to.number(answer.number());
            ClientBinary.writeResult(answer.result(), to);
        });
    }

    static ClientState readClient(FrameReader in) throws ProtocolException {
        String client = in.text();
        long forgotten = in.number();
        long lastEpoch = in.number();
        List<Answer> answers = in.list(2, from -> new Answer(from.number(), ClientBinary.readResult(from)));
        return new ClientState(client, forgotten, lastEpoch, answers);
    }
}
