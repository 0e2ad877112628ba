package com.kvstore.wire;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.json.JSONObject;
import org.jspecify.annotations.Nullable;

/**
 * Answers to clients as JSON lines, such as {@code {"req_type":"ack","message":"success"}}.
 *
 * <p>Thread-safe: no state.
 */
public final class JsonResponses {
    private static final Set<String> TYPES =
            Set.of("ack", "data", "document", "pong", "error", "values", "page", "total");
    private static final int WHOLE = Result.Ack.WHOLE.copies();
    private static final String MESSAGE = "message";
    private static final String COPIES = "copies";
    private static final String MISSING = "missing";
    private static final String NOTE = "note";
    private static final String VERSION = "version";
    private static final String DOCUMENT = "document";
    private static final String EPOCH = "epoch";
    private static final String EXPIRES_AT = "expires_at_ms";
    private static final String VALUES = "values";
    private static final String KEYS = "keys";
    private static final String CURSOR = "cursor";
    private static final String CODE = "code";
    private static final String COORDINATOR = "coordinator";

    private JsonResponses() {}

    /**
     * @param id the request's, null if it had none
     * @return one line, without its end
     * @throws IllegalArgumentException when a {@link Result.Document} is not a JSON object: a bug of who made it
     */
    public static String encode(Result result, @Nullable Object id) {
        JsonOut out = start(result);
        if (id != null) {
            out.putParsed(JsonIn.ID, id);
        }
        return out.end();
    }

    /**
     * As {@link #encode}, for a client: a value comes alone, without the version that only nodes need.
     *
     * @param id the request's, null if it had none
     */
    public static String encodeForClient(Result result, @Nullable Object id) {
        if (!(result instanceof Result.Value value)) {
            return encode(result, id);
        }
        JsonOut out = JsonOut.line("data").put(MESSAGE, value.value());
        if (id != null) {
            out.putParsed(JsonIn.ID, id);
        }
        return out.end();
    }

    /** @param line without its end */
    public static JsonResponse decode(String line) throws ProtocolException {
        return decode(JsonText.parse(line));
    }

    static boolean isResponse(String reqType) {
        return TYPES.contains(reqType);
    }

    static JsonResponse decode(JSONObject object) throws ProtocolException {
        JsonIn in = JsonIn.line(object);
        return new JsonResponse(result(in), in.anyOrNull(JsonIn.ID));
    }

    private static JsonOut start(Result result) {
        if (result instanceof Result.Value value) {
            return writeValue(value, JsonOut.line("data"));
        }
        if (result instanceof Result.Ack ack) {
            return ack(ack);
        }
        if (result instanceof Result.Failure failure) {
            JsonOut out = JsonOut.line("error")
                    .put(CODE, failure.code().name())
                    .put(MESSAGE, failure.message())
                    .putIfPresent(COORDINATOR, failure.redirect());
            return failure.epoch() > 0 ? out.put(EPOCH, failure.epoch()) : out;
        }
        if (result instanceof Result.Pong pong) {
            return JsonOut.line("pong").put(EPOCH, pong.epoch());
        }
        if (result instanceof Result.Values values) {
            return JsonOut.line("values")
                    .list(
                            VALUES,
                            values.values(),
                            (value, out) -> value.ifPresent(present -> writeValue(present, out)));
        }
        if (result instanceof Result.Page page) {
            return JsonOut.line("page").keys(KEYS, page.keys()).hex(CURSOR, page.cursor());
        }
        if (result instanceof Result.Count count) {
            return JsonOut.line("total").put(KEYS, count.keys());
        }
        if (result instanceof Result.Computed) {
            throw new IllegalArgumentException("this answer never crosses the wire: " + result);
        }
        String json = ((Result.Document) result).json();
        return JsonOut.line("document").putJson(DOCUMENT, oneLine(json));
    }

    private static JsonOut writeValue(Result.Value value, JsonOut out) {
        return out.put(MESSAGE, value.value())
                .put(VERSION, value.version())
                .putUnless(Expiry.NO_DEADLINE, EXPIRES_AT, value.deadlineMs());
    }

    private static Result.Value readValue(JsonIn in) throws ProtocolException {
        return new Result.Value(in.bytes(MESSAGE), in.version(VERSION), in.number(EXPIRES_AT, Expiry.NO_DEADLINE));
    }

    private static JsonOut ack(Result.Ack ack) {
        JsonOut out = JsonOut.line("ack").put(MESSAGE, "success");
        if (ack.copies() != WHOLE) {
            out.put(COPIES, ack.copies()).put("degraded", ack.degraded());
        }
        if (!ack.missing().isEmpty()) {
            out.servers(MISSING, ack.missing());
        }
        if (!ack.version().equals(Version.ZERO)) {
            out.put(VERSION, ack.version());
        }
        return ack.note().isEmpty() ? out : out.put(NOTE, ack.note());
    }

    /** Keeps the document's own order of fields where it can: org.json would lose it. */
    private static String oneLine(String json) {
        try {
            JSONObject parsed = JsonText.parse(json);
            boolean severalLines = json.indexOf('\n') >= 0 || json.indexOf('\r') >= 0;
            return severalLines ? parsed.toString() : json;
        } catch (ProtocolException broken) {
            throw new IllegalArgumentException("a document is " + broken.getMessage(), broken);
        }
    }

    static Result result(JsonIn in) throws ProtocolException {
        String type = in.text(JsonIn.REQ_TYPE);
        return switch (type) {
            case "ack" -> {
                int copies = in.has(COPIES) ? in.smallNumber(COPIES) : WHOLE;
                List<ServerNode> missing = in.has(MISSING) ? in.servers(MISSING) : List.of();
                Version version = in.has(VERSION) ? in.version(VERSION) : Version.ZERO;
                yield new Result.Ack(copies, missing, in.text(NOTE, ""), version);
            }
            case "data" -> readValue(in);
            case "values" ->
                new Result.Values(
                        in.list(VALUES, each -> each.has(VERSION) ? Optional.of(readValue(each)) : Optional.empty()));
            case "page" -> new Result.Page(in.keys(KEYS), in.hex(CURSOR));
            case "total" -> new Result.Count(in.number(KEYS));
            case "document" -> new Result.Document(in.json(DOCUMENT));
            case "pong" -> new Result.Pong(in.number(EPOCH));
            case "error" -> {
                ErrorCode code = in.code(CODE);
                ServerNode coordinator = in.has(COORDINATOR) ? in.server(COORDINATOR) : null;
                yield new Result.Failure(code, in.text(MESSAGE), coordinator, in.number(EPOCH, 0));
            }
            default -> throw new ProtocolException("unknown answer '" + JsonText.shorten(type) + "'");
        };
    }
}
