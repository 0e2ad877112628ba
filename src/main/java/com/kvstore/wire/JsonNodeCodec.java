package com.kvstore.wire;

import com.kvstore.common.ClientMessage;
import com.kvstore.common.Message;
import com.kvstore.protocol.eventual.EventualMessage;
import com.kvstore.protocol.membership.MembershipMessage;
import com.kvstore.protocol.movement.MoveMessage;
import com.kvstore.protocol.parts.PeerMessage;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage;
import com.kvstore.protocol.snapshot.SnapshotMessage;
import com.kvstore.protocol.totalorder.TotalOrderMessage;
import com.kvstore.protocol.twophase.TwoPhaseMessage;
import org.json.JSONObject;

/**
 * Every message as one line of JSON, for node-to-node traffic that a person can read ({@code --wire json}).
 *
 * <p>{@code req_type} comes first and names the message. Transactions are {@code "epoch.counter"}, numbers that may exceed
 * 2^53 are 16 hexadecimal digits, keys and values are text or base64 ({@code key_b64}). Client messages carry their tag
 * as {@code "id"}.
 *
 * <p>Thread-safe: no state. Failure of decoding: a {@link ProtocolException} and nothing else.
 */
public final class JsonNodeCodec {
    private JsonNodeCodec() {}

    /**
     * @return one line, without its end
     * @throws IllegalArgumentException when the message breaks an invariant of its own: a bug of the sender
     */
    public static String encode(Message message) {
        if (message instanceof TwoPhaseMessage twoPhase) {
            return TwoPhaseJson.write(twoPhase).end();
        }
        if (message instanceof MembershipMessage membership) {
            return MembershipJson.write(membership).end();
        }
        if (message instanceof MoveMessage move) {
            return MoveJson.write(move).end();
        }
        if (message instanceof SnapshotMessage snapshot) {
            return SnapshotJson.write(snapshot).end();
        }
        if (message instanceof TotalOrderMessage ordered) {
            return TotalOrderJson.write(ordered).end();
        }
        if (message instanceof EventualMessage eventual) {
            return EventualJson.write(eventual).end();
        }
        if (message instanceof PrimaryBackupMessage primaryBackup) {
            return PrimaryBackupJson.write(primaryBackup).end();
        }
        if (message instanceof PeerMessage peer) {
            return PeerJson.write(peer).end();
        }
        if (message instanceof ClientMessage.Request request) {
            return JsonRequests.encode(request.command(), request.id(), request.tag());
        }
        if (message instanceof ClientMessage.Response response) {
            return JsonResponses.encode(response.result(), response.tag());
        }
        throw new IllegalArgumentException(
                "no JSON form of " + message.getClass().getName());
    }

    /** @param line without its end */
    public static Message decode(String line) throws ProtocolException {
        return decode(JsonText.parse(line));
    }

    static Message decode(JSONObject object) throws ProtocolException {
        JsonIn in = JsonIn.line(object);
        String type = in.text(JsonIn.REQ_TYPE);
        try {
            if (isNodeMessage(type)) {
                return readNodeMessage(type, in);
            }
            if (JsonRequests.isRequest(type)) {
                JsonRequest request = JsonRequests.decode(object, Integer.MAX_VALUE);
                return new ClientMessage.Request(in.anyNumber(JsonIn.ID), request.command(), request.requestId());
            }
            if (JsonResponses.isResponse(type)) {
                // An error that ends a connection answers no request, and has none's id.
                long tag = in.has(JsonIn.ID) ? in.anyNumber(JsonIn.ID) : 0;
                return new ClientMessage.Response(
                        tag, JsonResponses.decode(object).result());
            }
        } catch (RequestException wrong) {
            throw new ProtocolException(String.valueOf(wrong.getMessage()), wrong);
        } catch (IllegalArgumentException broken) {
            throw new ProtocolException("a message breaks a rule: " + broken.getMessage(), broken);
        }
        throw unknown(type);
    }

    /** Whether only nodes say this to each other. */
    static boolean isNodeMessage(String reqType) {
        return TwoPhaseJson.TYPES.contains(reqType)
                || MembershipJson.TYPES.contains(reqType)
                || SnapshotJson.TYPES.contains(reqType)
                || PeerJson.TYPES.contains(reqType)
                || EventualJson.TYPES.contains(reqType)
                || TotalOrderJson.TYPES.contains(reqType)
                || PrimaryBackupJson.TYPES.contains(reqType)
                || MoveJson.TYPES.contains(reqType);
    }

    static ProtocolException unknown(String reqType) {
        return new ProtocolException("unknown req_type '" + JsonText.shorten(reqType) + "'");
    }

    private static Message readNodeMessage(String type, JsonIn in) throws ProtocolException {
        if (TwoPhaseJson.TYPES.contains(type)) {
            return TwoPhaseJson.read(type, in);
        }
        if (SnapshotJson.TYPES.contains(type)) {
            return SnapshotJson.read(type, in);
        }
        if (TotalOrderJson.TYPES.contains(type)) {
            return TotalOrderJson.read(type, in);
        }
        if (EventualJson.TYPES.contains(type)) {
            return EventualJson.read(type, in);
        }
        if (PrimaryBackupJson.TYPES.contains(type)) {
            return PrimaryBackupJson.read(type, in);
        }
        if (PeerJson.TYPES.contains(type)) {
            return PeerJson.read(type, in);
        }
        return MembershipJson.TYPES.contains(type) ? MembershipJson.read(type, in) : MoveJson.read(type, in);
    }
}
