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
import com.kvstore.protocol.parts.Piece;
import java.util.List;
import java.util.Set;

/** What peers of an eventual group say to each other, as JSON. Thread-safe: no state. */
final class EventualJson {
    static final Set<String> TYPES = Set.of("sync", "sync-ack", "sync-report", "sync-pull", "sync-chunk");

    private static final String STREAM = "stream";
    private static final String CLOCK = "clock";
    private static final String SEQ = "seq";
    private static final String PULL = "pull";
    private static final String LAST = "last";
    private static final String POSITIONS = "positions";
    private static final String RECORDS = "records";

    private EventualJson() {}

    static JsonOut write(EventualMessage message) {
        if (message instanceof Sync sync) {
            return JsonOut.nodeLine("sync")
                    .put("to", sync.to())
                    .put(STREAM, sync.stream())
                    .put("first_seq", sync.firstSeq())
                    .list(
                            "changes",
                            sync.changes(),
                            (change, to) -> to.list(RECORDS, change.records(), MoveJson::writeRecord))
                    .put(CLOCK, sync.clock());
        }
        if (message instanceof SyncAck ack) {
            return JsonOut.nodeLine("sync-ack")
                    .put(STREAM, ack.stream())
                    .put(SEQ, ack.seq())
                    .put("clock", ack.clock());
        }
        if (message instanceof Pull pull) {
            return JsonOut.nodeLine("sync-pull")
                    .put(PULL, pull.pull())
                    .hex("from", pull.from())
                    .list("pieces", pull.pieces(), (piece, to) -> to.hex(LAST, piece.last())
                            .hex("digest", piece.digest()))
                    .put("max_bytes", pull.maxBytes());
        }
        if (message instanceof Chunk chunk) {
            return positions(
                    JsonOut.nodeLine("sync-chunk")
                            .put(PULL, chunk.pull())
                            .hex(LAST, chunk.last())
                            .list("differing", chunk.differing(), MoveJson::writeStretch),
                    chunk.positions());
        }
        Report report = (Report) message;
        return positions(JsonOut.nodeLine("sync-report"), report.positions()).put("horizon", report.horizon());
    }

    static EventualMessage read(String type, JsonIn in) throws ProtocolException {
        return switch (type) {
            case "sync" ->
                new Sync(
                        in.number("to"),
                        in.number(STREAM),
                        in.number("first_seq"),
                        in.list("changes", each -> new Change(each.list(RECORDS, MoveJson::readRecord))),
                        in.number(CLOCK));
            case "sync-ack" -> new SyncAck(in.number(STREAM), in.number(SEQ), in.number("clock"));
            case "sync-report" -> new Report(readPositions(in), in.number("horizon"));
            case "sync-pull" ->
                new Pull(
                        in.number(PULL),
                        in.hex("from"),
                        in.list("pieces", piece -> new Piece(piece.hex(LAST), piece.hex("digest"))),
                        in.smallNumber("max_bytes"));
            case "sync-chunk" ->
                new Chunk(
                        in.number(PULL), in.hex(LAST), in.list("differing", MoveJson::readStretch), readPositions(in));
            default -> throw JsonNodeCodec.unknown(type);
        };
    }

    private static JsonOut positions(JsonOut out, List<Position> positions) {
        return out.list(POSITIONS, positions, (position, to) -> to.put(STREAM, position.stream())
                .put(SEQ, position.seq())
                .put(CLOCK, position.clock())
                .put("ahead_from", position.ahead().from())
                .put("ahead_to", position.ahead().to())
                .put("current", position.current()));
    }

    private static List<Position> readPositions(JsonIn in) throws ProtocolException {
        return in.list(
                POSITIONS,
                each -> new Position(
                        each.number(STREAM),
                        each.number(SEQ),
                        each.number(CLOCK),
                        new Ahead(each.number("ahead_from"), each.number("ahead_to")),
                        each.flag("current", false)));
    }
}
