package com.kvstore.wire;

import static com.kvstore.wire.TotalOrderJson.CLOCK;
import static com.kvstore.wire.TotalOrderJson.DELIVERED;
import static com.kvstore.wire.TotalOrderJson.KNOWN;
import static com.kvstore.wire.TotalOrderJson.LANE;
import static com.kvstore.wire.TotalOrderJson.LIFE;
import static com.kvstore.wire.TotalOrderJson.LIVES;
import static com.kvstore.wire.TotalOrderJson.SEALED;
import static com.kvstore.wire.TotalOrderJson.SEAL_BALLOT;
import static com.kvstore.wire.TotalOrderJson.SEAL_LENGTH;

import com.kvstore.protocol.totalorder.TotalOrderMessage;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Answer;
import com.kvstore.protocol.totalorder.TotalOrderMessage.ClientState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.LaneState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.NewestLane;
import com.kvstore.protocol.totalorder.TotalOrderMessage.OrderLane;
import com.kvstore.protocol.totalorder.TotalOrderMessage.OrderState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Recover;
import com.kvstore.protocol.totalorder.TotalOrderMessage.RecoverRefused;
import com.kvstore.protocol.totalorder.TotalOrderMessage.RecoverState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.SnapshotAsk;
import com.kvstore.protocol.totalorder.TotalOrderMessage.SnapshotChunk;

/** Recovery and snapshots of a total-order group, as JSON. Thread-safe: no state. */
final class TotalOrderRecoveryJson {
    private static final String NONCE = "nonce";
    private static final String SNAPSHOT = "snapshot";
    private static final String CHUNK = "chunk";
    private static final String LANES = "lanes";
    private static final String PROMISED = "promised";
    private static final String END = "end";
    private static final String NUMBER = "number";

    private TotalOrderRecoveryJson() {}

    static JsonOut write(TotalOrderMessage message) {
        if (message instanceof Recover recover) {
            return TotalOrderJson.start("to-recover", recover)
                    .hex(NONCE, recover.nonce())
                    .put(LIFE, recover.life());
        }
        if (message instanceof RecoverRefused refused) {
            return TotalOrderJson.start("to-recover-refused", refused)
                    .hex(NONCE, refused.nonce())
                    .put(LIFE, refused.life());
        }
        if (message instanceof RecoverState state) {
            return TotalOrderJson.start("to-recover-state", state)
                    .list("founders", state.founders(), (founder, to) -> to.hex(NONCE, founder))
                    .hex(NONCE, state.nonce())
                    .put(LIFE, state.life())
                    .numbers(LIVES, state.lives())
                    .list(LANES, state.lanes(), TotalOrderRecoveryJson::writeLane)
                    .put(CLOCK, state.clock())
                    .put(DELIVERED, state.delivered());
        }
        if (message instanceof SnapshotAsk ask) {
            return TotalOrderJson.start("to-snapshot-ask", ask)
                    .put(SNAPSHOT, ask.snapshot())
                    .put(CHUNK, ask.chunk());
        }
        SnapshotChunk chunk = (SnapshotChunk) message;
        JsonOut out = TotalOrderJson.start("to-snapshot-chunk", chunk)
                .put(SNAPSHOT, chunk.snapshot())
                .put(CHUNK, chunk.chunk())
                .list("records", chunk.records(), MoveJson::writeRecord)
                .keys("removed", chunk.removed());
        OrderState end = chunk.end();
        return end == null ? out : out.object(END, end, TotalOrderRecoveryJson::writeState);
    }

    static TotalOrderMessage read(String type, long formation, JsonIn in) throws ProtocolException {
        return switch (type) {
            case "to-recover" -> new Recover(in.hex(NONCE), in.smallNumber(LIFE));
            case "to-recover-refused" -> new RecoverRefused(in.hex(NONCE), in.smallNumber(LIFE));
            case "to-recover-state" ->
                new RecoverState(
                        formation,
                        in.list("founders", each -> each.hex(NONCE)),
                        in.hex(NONCE),
                        in.smallNumber(LIFE),
                        in.smallNumbers(LIVES),
                        in.list(LANES, TotalOrderRecoveryJson::readLane),
                        in.number(CLOCK),
                        in.number(DELIVERED));
            case "to-snapshot-ask" -> new SnapshotAsk(formation, in.number(SNAPSHOT), in.smallNumber(CHUNK));
            case "to-snapshot-chunk" ->
                new SnapshotChunk(
                        formation,
                        in.number(SNAPSHOT),
                        in.smallNumber(CHUNK),
                        in.list("records", MoveJson::readRecord),
                        in.keys("removed"),
                        in.has(END) ? readState(in.object(END)) : null);
            default -> throw JsonNodeCodec.unknown(type);
        };
    }

    private static void writeLane(LaneState lane, JsonOut out) {
        out.put(LANE, lane.lane())
                .put(KNOWN, lane.known())
                .put(PROMISED, lane.promised())
                .put(SEAL_BALLOT, lane.sealBallot())
                .put(SEAL_LENGTH, lane.sealLength())
                .putUnless(-1, SEALED, lane.sealed());
    }

    private static LaneState readLane(JsonIn in) throws ProtocolException {
        return new LaneState(
                in.number(LANE),
                in.number(KNOWN),
                in.number(PROMISED),
                in.number(SEAL_BALLOT),
                in.number(SEAL_LENGTH),
                in.has(SEALED) ? in.number(SEALED) : -1);
    }

    private static void writeState(OrderState state, JsonOut out) {
        out.put(DELIVERED, state.delivered())
                .put("counter", state.counter())
                .put("wall_ms", state.wallMs())
                .put("epoch", state.epoch())
                .list(LANES, state.lanes(), (lane, to) -> to.put(LANE, lane.lane())
                        .put(LIFE, lane.life())
                        .put(DELIVERED, lane.delivered()))
                .list("newest", state.newest(), (newest, to) -> to.put(LANE, newest.lane())
                        .put(LIFE, newest.life()))
                .list("clients", state.clients(), TotalOrderRecoveryJson::writeClient);
    }

    private static OrderState readState(JsonIn in) throws ProtocolException {
        return new OrderState(
                in.number(DELIVERED),
                in.number("counter"),
                in.number("wall_ms"),
                in.number("epoch"),
                in.list(
                        LANES,
                        lane -> new OrderLane(lane.number(LANE), lane.smallNumber(LIFE), lane.number(DELIVERED))),
                in.list("newest", newest -> new NewestLane(newest.number(LANE), newest.smallNumber(LIFE))),
                in.list("clients", TotalOrderRecoveryJson::readClient));
    }

    private static void writeClient(ClientState client, JsonOut out) {
        out.put("client", client.client())
                .put("forgotten", client.forgotten())
                .put("last_epoch", client.lastEpoch())
                .list("answers", client.answers(), (answer, to) -> to.put(NUMBER, answer.number())
                        .putJson("answer", JsonResponses.encode(answer.result(), null)));
    }

    private static ClientState readClient(JsonIn in) throws ProtocolException {
        return new ClientState(
                in.text("client"),
                in.number("forgotten"),
                in.number("last_epoch"),
                in.list(
                        "answers",
                        each -> new Answer(each.number(NUMBER), JsonResponses.result(each.object("answer")))));
    }
}
