package com.kvstore.wire;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Limits;
import org.json.JSONObject;

/**
 * The one entrance for JSON lines on a server's port: tells requests of clients from messages of nodes by their
 * {@code req_type}.
 *
 * <p>Thread-safe: no state.
 */
public final class JsonLines {
    /** The longest escape of JSON for one byte: a control character as a backslash, a u and four digits. */
    private static final int MAX_ESCAPED_BYTES = 6;

    private JsonLines() {}

    /** How long a line, without its end, may be where values have up to {@code maxValueBytes}. */
    public static int maxLineBytes(int maxValueBytes) {
        long longest = (long) maxValueBytes * MAX_ESCAPED_BYTES + Limits.FRAME_OVERHEAD_BYTES;
        return (int) Math.min(Integer.MAX_VALUE, longest);
    }

    /**
     * @param line without its end
     * @param maxValueBytes longer values of clients are TOO_LARGE
     * @throws RequestException for a line to be answered with an error; the connection goes on
     * @throws ProtocolException for a node's message that is broken; the link is to be closed
     */
    public static JsonLine decode(byte[] line, int maxValueBytes) throws RequestException, ProtocolException {
        JSONObject object;
        try {
            object = JsonText.parse(line);
        } catch (ProtocolException notJson) {
            throw new RequestException(ErrorCode.BAD_REQUEST, String.valueOf(notJson.getMessage()), null);
        }
        if (object.opt(JsonIn.REQ_TYPE) instanceof String type && JsonNodeCodec.isNodeMessage(type)) {
            return new JsonLine.Node(JsonNodeCodec.decode(object));
        }
        return new JsonLine.Client(JsonRequests.decode(object, maxValueBytes));
    }
}
