package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.movement.MoveMessage;
import com.kvstore.protocol.movement.MoveMessage.CancelMove;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.Fetch;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.movement.MoveMessage.MoveFailed;
import com.kvstore.protocol.movement.MoveMessage.MoveProgress;
import com.kvstore.protocol.movement.MoveMessage.OpenMove;
import com.kvstore.protocol.movement.MoveMessage.RefuseMove;
import com.kvstore.protocol.movement.MoveMessage.StartMove;
import com.kvstore.protocol.parts.Piece;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.parts.Stretch;
import java.util.List;

/** The messages that fill a copy, in binary. Thread-safe: no state. */
final class MoveBinary {
    static final int FAMILY = 3;

    private static final int START_MOVE = 0x30;
    private static final int CANCEL_MOVE = 0x31;
    private static final int MOVE_PROGRESS = 0x32;
    private static final int MOVE_DONE = 0x33;
    private static final int MOVE_FAILED = 0x34;
    private static final int OPEN_MOVE = 0x35;
    private static final int FETCH = 0x36;
    private static final int CHUNK = 0x37;
    private static final int REFUSE_MOVE = 0x38;

    static final int PIECE_BYTES = 2 * Long.BYTES;
    private static final int MIN_RANGE_BYTES = 2;
    static final int MIN_STRETCH_BYTES = 2 * Long.BYTES + 1;
    private static final int HAS_VALUE = 1;
    private static final int HAS_DEADLINE = 2;
    /** Flags, position, key length, version. */
    static final int MIN_RECORD_BYTES = 3 + FrameReader.MIN_VERSION_BYTES;

    private MoveBinary() {}

    static void write(MoveMessage message, FrameWriter out) {
        if (message instanceof Chunk chunk) {
            out.u8(CHUNK);
            out.number(chunk.move());
            out.fixed64(chunk.last());
            out.list(chunk.differing(), MoveBinary::writeStretch);
            out.versions(chunk.committed());
            out.number(chunk.requests());
        } else if (message instanceof Fetch fetch) {
            out.u8(FETCH);
            out.number(fetch.move());
            out.fixed64(fetch.from());
            out.list(fetch.pieces(), MoveBinary::writePiece);
            out.number(fetch.maxBytes());
        } else if (message instanceof StartMove start) {
            writeStart(start, out);
        } else if (message instanceof CancelMove cancel) {
            out.u8(CANCEL_MOVE);
            out.number(cancel.move());
        } else if (message instanceof OpenMove open) {
            out.u8(OPEN_MOVE);
            out.number(open.move());
            out.number(open.epoch());
            out.list(open.ranges(), MoveBinary::writeRange);
        } else {
            writeReport(message, out);
        }
    }

    private static void writeReport(MoveMessage message, FrameWriter out) {
        if (message instanceof MoveProgress progress) {
            out.u8(MOVE_PROGRESS);
            out.number(progress.move());
            out.number(progress.keys());
            out.number(progress.bytes());
            out.fixed64(Double.doubleToLongBits(progress.fraction()));
        } else if (message instanceof MoveDone done) {
            out.u8(MOVE_DONE);
            out.number(done.move());
            out.number(done.keys());
            out.number(done.bytes());
        } else if (message instanceof MoveFailed failed) {
            out.u8(MOVE_FAILED);
            out.number(failed.move());
            out.text(failed.reason());
        } else if (message instanceof RefuseMove refuse) {
            out.u8(REFUSE_MOVE);
            out.number(refuse.move());
            out.text(refuse.reason());
        }
    }

    static MoveMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case START_MOVE -> readStart(in);
            case CANCEL_MOVE -> new CancelMove(in.number());
            case MOVE_PROGRESS -> new MoveProgress(in.number(), in.number(), in.number(), readFraction(in));
            case MOVE_DONE -> new MoveDone(in.number(), in.number(), in.number());
            case MOVE_FAILED -> new MoveFailed(in.number(), in.text());
            case OPEN_MOVE -> new OpenMove(in.number(), in.number(), readRanges(in));
            case FETCH ->
                new Fetch(in.number(), in.fixed64(), in.list(PIECE_BYTES, MoveBinary::readPiece), in.smallNumber());
            case CHUNK ->
                new Chunk(
                        in.number(),
                        in.fixed64(),
                        in.list(MIN_STRETCH_BYTES, MoveBinary::readStretch),
                        in.versions(),
                        in.number());
            case REFUSE_MOVE -> new RefuseMove(in.number(), in.text());
            default -> throw BinaryCodec.unknownType(type);
        };
    }

    private static void writeStart(StartMove start, FrameWriter out) {
        out.u8(START_MOVE);
        out.number(start.move());
        out.number(start.epoch());
        ServerNode source = start.source();
        out.flag(source != null);
        if (source != null) {
            out.server(source);
        }
        out.list(start.ranges(), MoveBinary::writeRange);
        out.number(start.bytesPerSecond());
    }

    private static StartMove readStart(FrameReader in) throws ProtocolException {
        return new StartMove(in.number(), in.number(), in.flag() ? in.server() : null, readRanges(in), in.number());
    }

    private static double readFraction(FrameReader in) throws ProtocolException {
        double fraction = Double.longBitsToDouble(in.fixed64());
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new ProtocolException("a move's progress is from 0 to 1, not " + fraction);
        }
        return fraction;
    }

    private static void writeRange(Range range, FrameWriter out) {
        out.number(range.start());
        out.number(range.end());
    }

    private static List<Range> readRanges(FrameReader in) throws ProtocolException {
        return in.list(MIN_RANGE_BYTES, from -> new Range(from.smallNumber(), from.smallNumber()));
    }

    static void writePiece(Piece piece, FrameWriter out) {
        out.fixed64(piece.last());
        out.fixed64(piece.digest());
    }

    static Piece readPiece(FrameReader in) throws ProtocolException {
        return new Piece(in.fixed64(), in.fixed64());
    }

    static void writeStretch(Stretch stretch, FrameWriter out) {
        out.fixed64(stretch.first());
        out.fixed64(stretch.last());
        out.list(stretch.records(), MoveBinary::writeRecord);
    }

    static Stretch readStretch(FrameReader in) throws ProtocolException {
        return new Stretch(in.fixed64(), in.fixed64(), in.list(MIN_RECORD_BYTES, MoveBinary::readRecord));
    }

    static void writeRecord(StoredRecord record, FrameWriter out) {
        Bytes value = record.value();
        boolean expires = record.deadlineMs() != Expiry.NO_DEADLINE;
        out.u8((value != null ? HAS_VALUE : 0) | (expires ? HAS_DEADLINE : 0));
        out.number(record.position());
        out.bytes(record.key());
        out.bytesIfPresent(value);
        if (expires) {
            out.number(record.deadlineMs());
        }
        out.version(record.version());
    }

    static StoredRecord readRecord(FrameReader in) throws ProtocolException {
        int flags = in.flags(HAS_VALUE | HAS_DEADLINE);
        int position = in.smallNumber();
        Bytes key = in.bytes();
        Bytes value = (flags & HAS_VALUE) != 0 ? in.bytes() : null;
        long deadlineMs = (flags & HAS_DEADLINE) != 0 ? in.number() : Expiry.NO_DEADLINE;
        Version version = in.version();
        return new StoredRecord(position, key, value, deadlineMs, version);
    }
}
