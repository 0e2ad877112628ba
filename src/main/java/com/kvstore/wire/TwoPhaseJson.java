package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Write.Condition;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.twophase.TwoPhaseMessage;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import java.util.Set;

/** Batches and their replies as JSON. Thread-safe: no state. */
final class TwoPhaseJson {
    static final Set<String> TYPES = Set.of("batch", "batch-reply");

    private static final String TRANSACTION = "transaction";
    private static final String TABLE = "table";
    private static final String KEY = "key";
    private static final String VALUE = "value";
    private static final String OP = "op";
    private static final String CONDITION = "condition";

    private TwoPhaseJson() {}

    static JsonOut write(TwoPhaseMessage message) {
        if (message instanceof Batch batch) {
            return JsonOut.line("batch")
                    .put("sequence", batch.sequence())
                    .put("epoch", batch.epoch())
                    .put("settled", batch.settled())
                    .put("prior_settled", batch.priorSettled())
                    .versions("commits", batch.commits())
                    .versions("aborts", batch.aborts())
                    .list("prepares", batch.prepares(), TwoPhaseJson::writePrepare)
                    .list("reads", batch.reads(), (read, out) -> out.put(TABLE, read.table())
                            .put(KEY, read.key()));
        }
        BatchReply reply = (BatchReply) message;
        return JsonOut.line("batch-reply")
                .put("sequence", reply.sequence())
                .put("last", reply.last())
                .put("keys", reply.keys())
                .list("refusals", reply.refusals(), (refusal, out) -> out.put(TRANSACTION, refusal.transaction())
                        .put("code", refusal.code().name())
                        .put("message", refusal.message()))
                .list("answers", reply.answers(), (answer, out) -> out.putIfPresent(VALUE, answer.value())
                        .put("version", answer.version()));
    }

    static TwoPhaseMessage read(String type, JsonIn in) throws ProtocolException {
        return switch (type) {
            case "batch" ->
                new Batch(
                        in.number("sequence"),
                        in.number("epoch"),
                        in.version("settled"),
                        in.flag("prior_settled"),
                        in.versions("commits"),
                        in.versions("aborts"),
                        in.list("prepares", TwoPhaseJson::readPrepare),
                        in.list("reads", read -> new Read(read.table(TABLE), read.bytes(KEY))));
            case "batch-reply" ->
                new BatchReply(
                        in.number("sequence"),
                        in.flag("last"),
                        in.number("keys"),
                        in.list(
                                "refusals",
                                refusal -> new Refusal(
                                        refusal.version(TRANSACTION), refusal.code("code"), refusal.text("message"))),
                        in.list(
                                "answers",
                                answer -> new ReadAnswer(answer.bytesOrNull(VALUE), answer.version("version"))));
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
                .put(CONDITION, JsonIn.wireName(write.condition()));
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
                in.choice(CONDITION, Condition.values()));
    }
}
