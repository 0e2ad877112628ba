package com.kvstore.wire;

import com.kvstore.common.Expiry;
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
import java.util.Set;

/** The messages that fill a copy, as JSON. Thread-safe: no state. */
final class MoveJson {
    static final Set<String> TYPES = Set.of(
            "start-move",
            "cancel-move",
            "move-progress",
            "move-done",
            "move-failed",
            "open-move",
            "fetch",
            "chunk",
            "refuse-move");

    private static final String MOVE = "move";
    private static final String EPOCH = "epoch";
    private static final String SOURCE = "source";
    private static final String DEADLINE = "deadline_ms";
    private static final String RANGES = "ranges";
    private static final String FIRST = "first";
    private static final String LAST = "last";
    private static final String VALUE = "value";

    private MoveJson() {}

    static JsonOut write(MoveMessage message) {
        if (message instanceof StartMove start) {
            return ranges(
                            JsonOut.nodeLine("start-move")
                                    .put(MOVE, start.move())
                                    .put(EPOCH, start.epoch())
                                    .putIfPresent(SOURCE, start.source()),
                            start.ranges())
                    .put("bytes_per_second", start.bytesPerSecond());
        }
        if (message instanceof CancelMove cancel) {
            return JsonOut.nodeLine("cancel-move").put(MOVE, cancel.move());
        }
        if (message instanceof OpenMove open) {
            return ranges(JsonOut.nodeLine("open-move").put(MOVE, open.move()).put(EPOCH, open.epoch()), open.ranges());
        }
        if (message instanceof Fetch fetch) {
            return JsonOut.nodeLine("fetch")
                    .put(MOVE, fetch.move())
                    .hex("from", fetch.from())
                    .list("pieces", fetch.pieces(), (piece, out) -> out.hex(LAST, piece.last())
                            .hex("digest", piece.digest()))
                    .put("max_bytes", fetch.maxBytes());
        }
        if (message instanceof Chunk chunk) {
            return JsonOut.nodeLine("chunk")
                    .put(MOVE, chunk.move())
                    .hex(LAST, chunk.last())
                    .list("differing", chunk.differing(), MoveJson::writeStretch)
                    .versions("committed", chunk.committed())
                    .put("requests", chunk.requests());
        }
        return writeReport(message);
    }

    private static JsonOut writeReport(MoveMessage message) {
        if (message instanceof MoveProgress progress) {
            return JsonOut.nodeLine("move-progress")
                    .put(MOVE, progress.move())
                    .put("keys", progress.keys())
                    .put("bytes", progress.bytes())
                    .put("fraction", progress.fraction());
        }
        if (message instanceof MoveDone done) {
            return JsonOut.nodeLine("move-done")
                    .put(MOVE, done.move())
                    .put("keys", done.keys())
                    .put("bytes", done.bytes());
        }
        if (message instanceof MoveFailed failed) {
            return JsonOut.nodeLine("move-failed").put(MOVE, failed.move()).put("reason", failed.reason());
        }
        RefuseMove refuse = (RefuseMove) message;
        return JsonOut.nodeLine("refuse-move").put(MOVE, refuse.move()).put("reason", refuse.reason());
    }

    static MoveMessage read(String type, JsonIn in) throws ProtocolException {
        long move = in.number(MOVE);
        return switch (type) {
            case "start-move" ->
                new StartMove(
                        move,
                        in.number(EPOCH),
                        in.has(SOURCE) ? in.server(SOURCE) : null,
                        readRanges(in),
                        in.number("bytes_per_second"));
            case "cancel-move" -> new CancelMove(move);
            case "move-progress" ->
                new MoveProgress(move, in.number("keys"), in.number("bytes"), in.fraction("fraction"));
            case "move-done" -> new MoveDone(move, in.number("keys"), in.number("bytes"));
            case "move-failed" -> new MoveFailed(move, in.text("reason"));
            case "open-move" -> new OpenMove(move, in.number(EPOCH), readRanges(in));
            case "fetch" ->
                new Fetch(
                        move,
                        in.hex("from"),
                        in.list("pieces", piece -> new Piece(piece.hex(LAST), piece.hex("digest"))),
                        in.smallNumber("max_bytes"));
            case "chunk" ->
                new Chunk(
                        move,
                        in.hex(LAST),
                        in.list("differing", MoveJson::readStretch),
                        in.versions("committed"),
                        in.number("requests"));
            case "refuse-move" -> new RefuseMove(move, in.text("reason"));
            default -> throw JsonNodeCodec.unknown(type);
        };
    }

    private static JsonOut ranges(JsonOut out, List<Range> ranges) {
        return out.list(
                RANGES, ranges, (range, to) -> to.put("start", range.start()).put("end", range.end()));
    }

    private static List<Range> readRanges(JsonIn in) throws ProtocolException {
        return in.list(RANGES, range -> new Range(range.smallNumber("start"), range.smallNumber("end")));
    }

    static void writeStretch(Stretch stretch, JsonOut out) {
        out.hex(FIRST, stretch.first())
                .hex(LAST, stretch.last())
                .list("records", stretch.records(), MoveJson::writeRecord);
    }

    static void writeRecord(StoredRecord record, JsonOut to) {
        to.put("position", record.position()).put("key", record.key());
        if (record.value() == null) {
            to.put("deleted", true);
        }
        to.putIfPresent(VALUE, record.value())
                .putUnless(Expiry.NO_DEADLINE, DEADLINE, record.deadlineMs())
                .put("version", record.version());
    }

    static Stretch readStretch(JsonIn in) throws ProtocolException {
        return new Stretch(in.hex(FIRST), in.hex(LAST), in.list("records", MoveJson::readRecord));
    }

    /** A tombstone says so, so that a record whose value got lost is not one. */
    static StoredRecord readRecord(JsonIn in) throws ProtocolException {
        boolean deleted = in.flag("deleted", false);
        return new StoredRecord(
                in.smallNumber("position"),
                in.bytes("key"),
                deleted ? null : in.bytes(VALUE),
                in.number(DEADLINE, Expiry.NO_DEADLINE),
                in.version("version"));
    }
}
