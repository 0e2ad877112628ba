package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Expiry;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.twophase.TwoPhaseMessage;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Expired;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Scan;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ScanReply;
import java.util.Set;

/** Batches and their replies as JSON. Thread-safe: no state. */
final class TwoPhaseJson {
    static final Set<String> TYPES = Set.of("batch", "batch-reply", "scan-keys", "scan-keys-reply");

    private static final String TRANSACTION = "transaction";
    private static final String TABLE = "table";
    private static final String KEY = "key";
    private static final String VALUE = "value";
    private static final String OP = "op";
    private static final String VERSION = "version";
    private static final String DEADLINE = "deadline_ms";
    private static final String NOW = "now_ms";
    private static final String SCAN_ID = "scan";

    private TwoPhaseJson() {}

    static JsonOut write(TwoPhaseMessage message) {
        if (message instanceof Batch batch) {
            return JsonOut.nodeLine("batch")
                    .put("sequence", batch.sequence())
                    .put("epoch", batch.epoch())
                    .put("settled", batch.settled())
                    .put("prior_settled", batch.priorSettled())
                    .put(NOW, batch.nowMs())
                    .versions("commits", batch.commits())
                    .versions("aborts", batch.aborts())
                    .list("prepares", batch.prepares(), TwoPhaseJson::writePrepare)
                    .list("reads", batch.reads(), (read, out) -> out.put(TABLE, read.table())
                            .put(KEY, read.key()));
        }
        if (message instanceof Scan scan) {
            return JsonOut.nodeLine("scan-keys")
                    .put(SCAN_ID, scan.id())
                    .put("epoch", scan.epoch())
                    .numbers("down", scan.down())
                    .hex("from", scan.from())
                    .put("limit", scan.limit())
                    .put("prefix", scan.prefix())
                    .put(NOW, scan.nowMs())
                    .put("count_only", scan.countOnly());
        }
        if (message instanceof ScanReply reply) {
            return JsonOut.nodeLine("scan-keys-reply")
                    .put(SCAN_ID, reply.id())
                    .hex("up_to", reply.upTo())
                    .put("count", reply.count())
                    .list("keys", reply.keys(), (key, out) -> out.put(KEY, key));
        }
        BatchReply reply = (BatchReply) message;
        return JsonOut.nodeLine("batch-reply")
                .put("sequence", reply.sequence())
                .put("last", reply.last())
                .put("stored", reply.stored())
                .put("keys", reply.keys())
                .list("refusals", reply.refusals(), (refusal, out) -> out.put(TRANSACTION, refusal.transaction())
                        .put("code", refusal.code().name())
                        .put("message", refusal.message()))
                .list("answers", reply.answers(), (answer, out) -> out.putIfPresent(VALUE, answer.value())
                        .putUnless(Expiry.NO_DEADLINE, DEADLINE, answer.deadlineMs())
                        .put(VERSION, answer.version()))
                .list("expired", reply.expired(), (expired, out) -> out.put(KEY, expired.key())
                        .put(VERSION, expired.version()));
    }

    static TwoPhaseMessage read(String type, JsonIn in) throws ProtocolException {
        return switch (type) {
            case "batch" ->
                new Batch(
                        in.number("sequence"),
                        in.number("epoch"),
                        in.version("settled"),
                        in.flag("prior_settled"),
                        in.number(NOW),
                        in.versions("commits"),
                        in.versions("aborts"),
                        in.list("prepares", TwoPhaseJson::readPrepare),
                        in.list("reads", read -> new Read(read.table(TABLE), read.bytes(KEY))));
            case "batch-reply" ->
                new BatchReply(
                        in.number("sequence"),
                        in.flag("last"),
                        in.flag("stored"),
                        in.number("keys"),
                        in.list(
                                "refusals",
                                refusal -> new Refusal(
                                        refusal.version(TRANSACTION), refusal.code("code"), refusal.text("message"))),
                        in.list(
                                "answers",
                                answer -> new ReadAnswer(
                                        answer.bytesOrNull(VALUE),
                                        answer.number(DEADLINE, Expiry.NO_DEADLINE),
                                        answer.version(VERSION))),
                        in.list("expired", each -> new Expired(each.bytes(KEY), each.version(VERSION))));
            case "scan-keys" ->
                new Scan(
                        in.number(SCAN_ID),
                        in.number("epoch"),
                        in.smallNumbers("down"),
                        in.hex("from"),
                        in.smallNumber("limit"),
                        in.bytes("prefix"),
                        in.number(NOW),
                        in.flag("count_only"));
            case "scan-keys-reply" ->
                new ScanReply(
                        in.number(SCAN_ID),
                        in.hex("up_to"),
                        in.number("count"),
                        in.list("keys", each -> each.bytes(KEY)));
            default -> throw JsonNodeCodec.unknown(type);
        };
    }

    private static void writePrepare(Prepare prepare, JsonOut out) {
        out.put(TRANSACTION, prepare.transaction())
                .numbers("participants", prepare.participants())
                .list("writes", prepare.writes(), TwoPhaseJson::writeWrite)
                .numbers("elsewhere", prepare.elsewhere());
    }

    private static Prepare readPrepare(JsonIn in) throws ProtocolException {
        return new Prepare(
                in.version(TRANSACTION),
                in.smallNumbers("participants"),
                in.list("writes", TwoPhaseJson::readWrite),
                in.smallNumbers("elsewhere"));
    }

    static void writeWrite(PreparedWrite write, JsonOut out) {
        out.put(OP, write.value() == null ? "delete" : "put")
                .put(TABLE, write.table())
                .put("position", write.position())
                .put(KEY, write.key())
                .putIfPresent(VALUE, write.value())
                .putUnless(Expiry.NO_DEADLINE, DEADLINE, write.deadlineMs());
        ConditionJson.write(write.condition(), out);
    }

    /** The operation says whether a value is there, so that a write whose value got lost is not a delete. */
    static PreparedWrite readWrite(JsonIn in) throws ProtocolException {
        String op = in.text(OP);
        Bytes value =
                switch (op) {
                    case "put" -> in.bytes(VALUE);
                    case "delete" -> null;
                    default ->
                        throw new ProtocolException(
                                "a prepared write's \"op\" is put or delete, not '" + JsonText.shorten(op) + "'");
                };
        return new PreparedWrite(
                in.table(TABLE),
                in.smallNumber("position"),
                in.bytes(KEY),
                value,
                in.number(DEADLINE, Expiry.NO_DEADLINE),
                ConditionJson.read(in, Condition.NONE));
    }
}
