package com.kvstore.wire;

import com.kvstore.protocol.eventual.EventualMessage;
import com.kvstore.protocol.eventual.EventualMessage.Ahead;
import com.kvstore.protocol.eventual.EventualMessage.Change;
import com.kvstore.protocol.eventual.EventualMessage.Chunk;
import com.kvstore.protocol.eventual.EventualMessage.Position;
import com.kvstore.protocol.eventual.EventualMessage.Pull;
import com.kvstore.protocol.eventual.EventualMessage.Report;
import com.kvstore.protocol.eventual.EventualMessage.Sync;
import com.kvstore.protocol.eventual.EventualMessage.SyncAck;

/** What peers of an eventual group say to each other, in binary. Thread-safe: no state. */
final class EventualBinary {
    static final int FAMILY = 6;

    private static final int SYNC = 0x60;
    private static final int SYNC_ACK = 0x61;
    private static final int REPORT = 0x62;
    private static final int PULL = 0x63;
    private static final int CHUNK = 0x64;

    static final int MIN_POSITION_BYTES = 6;

    private EventualBinary() {}

    static void write(EventualMessage message, FrameWriter out) {
        if (message instanceof Sync sync) {
            out.u8(SYNC);
            out.number(sync.to());
            out.number(sync.stream());
            out.number(sync.firstSeq());
            out.list(sync.changes(), EventualBinary::writeChange);
            out.number(sync.clock());
        } else if (message instanceof SyncAck ack) {
            out.u8(SYNC_ACK);
            out.number(ack.stream());
            out.number(ack.seq());
            out.number(ack.clock());
        } else if (message instanceof Report report) {
            out.u8(REPORT);
            out.list(report.positions(), EventualBinary::writePosition);
            out.number(report.horizon());
        } else if (message instanceof Pull pull) {
            out.u8(PULL);
            out.number(pull.pull());
            out.fixed64(pull.from());
            out.list(pull.pieces(), MoveBinary::writePiece);
            out.number(pull.maxBytes());
        } else if (message instanceof Chunk chunk) {
            out.u8(CHUNK);
            out.number(chunk.pull());
            out.fixed64(chunk.last());
            out.list(chunk.differing(), MoveBinary::writeStretch);
            out.list(chunk.positions(), EventualBinary::writePosition);
        }
    }

    static EventualMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case SYNC ->
                new Sync(in.number(), in.number(), in.number(), in.list(1, EventualBinary::readChange), in.number());
            case SYNC_ACK -> new SyncAck(in.number(), in.number(), in.number());
            case REPORT -> new Report(in.list(MIN_POSITION_BYTES, EventualBinary::readPosition), in.number());
            case PULL ->
                new Pull(
                        in.number(),
                        in.fixed64(),
                        in.list(MoveBinary.PIECE_BYTES, MoveBinary::readPiece),
                        in.smallNumber());
            case CHUNK ->
                new Chunk(
                        in.number(),
                        in.fixed64(),
                        in.list(MoveBinary.MIN_STRETCH_BYTES, MoveBinary::readStretch),
                        in.list(MIN_POSITION_BYTES, EventualBinary::readPosition));
            default -> throw BinaryCodec.unknownType(type);
        };
    }

    private static void writeChange(Change change, FrameWriter out) {
        out.list(change.records(), MoveBinary::writeRecord);
    }

    private static Change readChange(FrameReader in) throws ProtocolException {
        return new Change(in.list(MoveBinary.MIN_RECORD_BYTES, MoveBinary::readRecord));
    }

    static void writePosition(Position position, FrameWriter out) {
        out.number(position.stream());
        out.number(position.seq());
        out.number(position.clock());
        out.number(position.ahead().from());
        out.number(position.ahead().to());
        out.flag(position.current());
    }

    static Position readPosition(FrameReader in) throws ProtocolException {
        return new Position(in.number(), in.number(), in.number(), new Ahead(in.number(), in.number()), in.flag());
    }
}
