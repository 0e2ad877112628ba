package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Command.Describe.Subject;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import java.util.Set;
import java.util.TreeSet;
import org.json.JSONObject;
import org.jspecify.annotations.Nullable;

/**
 * Requests of clients as JSON lines, such as {@code {"req_type":"put","key":"username","value":"alice"}}.
 *
 * <p>Keys and values are strings, or base64 in {@code key_b64} and {@code value_b64} when they are not UTF-8 text.
 * {@code id} is any JSON value and comes back in the answer; {@code request_id} makes a retry apply at most once.
 *
 * <p>Thread-safe: no state. Failure: a {@link RequestException} whose message names the field; nothing else.
 */
public final class JsonRequests {
    private static final Set<String> TYPES = new TreeSet<>(Set.of(
            "put",
            "set",
            "update",
            "delete",
            "del",
            "get",
            "multi-get",
            "scan",
            "count",
            "auth",
            "transact",
            "ping",
            "status",
            "ring",
            "where",
            "plan",
            "drain",
            "forget",
            "accept-loss",
            "repair",
            "snapshot",
            "store-backup"));
    /** The specification's names for what travels inside a batch; only the coordinator sends it, and not one by one. */
    private static final Set<String> COORDINATOR_ONLY = Set.of("prepare", "commit", "abort");

    private static final String AT_LEAST = "at_least";
    private static final String KEY = "key";
    private static final String TABLE = "table";
    private static final String SERVER = "server";
    private static final String PASSWORD = "password";
    private static final String KEYS = "keys";
    private static final String CURSOR = "cursor";
    private static final String LIMIT = "limit";
    private static final String PREFIX = "prefix";
    private static final int DEFAULT_SCAN_LIMIT = 100;
    private static final String REQUEST_ID = "request_id";

    private JsonRequests() {}

    /** @param maxValueBytes longer values are TOO_LARGE */
    public static JsonRequest decode(byte[] line, int maxValueBytes) throws RequestException {
        JSONObject object;
        try {
            object = JsonText.parse(line);
        } catch (ProtocolException notJson) {
            throw refusal(notJson, null);
        }
        return decode(object, maxValueBytes);
    }

    /** @param maxValueBytes longer values are TOO_LARGE */
    public static JsonRequest decode(String line, int maxValueBytes) throws RequestException {
        JSONObject object;
        try {
            object = JsonText.parse(line);
        } catch (ProtocolException notJson) {
            throw refusal(notJson, null);
        }
        return decode(object, maxValueBytes);
    }

    static boolean isRequest(String reqType) {
        return TYPES.contains(reqType);
    }

    static JsonRequest decode(JSONObject object, int maxValueBytes) throws RequestException {
        Object id = object.opt(JsonIn.ID);
        JsonRequest request;
        try {
            JsonIn in = JsonIn.line(object);
            String type = in.text(JsonIn.REQ_TYPE);
            Command command = command(type, in);
            request = new JsonRequest(id, requestId(in), command, type);
        } catch (ProtocolException wrong) {
            throw refusal(wrong, id);
        } catch (IllegalArgumentException broken) {
            throw new RequestException(ErrorCode.BAD_REQUEST, String.valueOf(broken.getMessage()), id);
        }
        Result.Failure tooMuch = RequestLimits.check(request.command(), maxValueBytes);
        if (tooMuch != null) {
            throw new RequestException(tooMuch.code(), tooMuch.message(), id);
        }
        return request;
    }

    /**
     * @param id any JSON value, as org.json has it; null for none
     * @return one line, without its end
     */
    public static String encode(Command command, @Nullable RequestId requestId, @Nullable Object id) {
        JsonOut out = JsonOut.line(typeOf(command));
        writeCommand(command, out);
        writeRequestId(requestId, out);
        if (id != null) {
            out.putParsed(JsonIn.ID, id);
        }
        return out.end();
    }

    private static Command command(String type, JsonIn in) throws ProtocolException {
        return switch (type) {
            case "put", "set", "update", "delete", "del" -> write(type, in);
            case "get" -> {
                Bytes key = in.bytes(KEY);
                if (in.has(AT_LEAST)) {
                    yield new Command.GetLocal(key, in.version(AT_LEAST));
                }
                yield in.has(TABLE) ? new Command.GetFromTable(in.table(TABLE), key) : new Command.Get(key);
            }
            case "transact" -> new Command.Transact(in.list("writes", each -> WriteJson.read(each.text("op"), each)));
            case "multi-get" -> new Command.GetAll(in.keys(KEYS));
            case "scan" ->
                new Command.Scan(
                        in.has(CURSOR) ? in.hex(CURSOR) : 0,
                        in.has(LIMIT) ? in.smallNumber(LIMIT) : DEFAULT_SCAN_LIMIT,
                        in.has(PREFIX) || in.has("prefix_b64") ? in.bytes(PREFIX) : Bytes.EMPTY);
            case "count" -> new Command.Count();
            case "auth" -> new Command.Authenticate(in.bytes(PASSWORD));
            case "ping" -> new Command.Ping();
            case "status" -> new Command.Describe(Subject.STATUS, Bytes.EMPTY);
            case "ring" -> new Command.Describe(Subject.RING, Bytes.EMPTY);
            case "where" -> new Command.Describe(Subject.WHERE, in.bytes(KEY));
            case "plan" -> plan(in);
            case "drain" -> new Command.Drain(in.server(SERVER));
            case "forget" -> new Command.Forget(in.server(SERVER));
            case "repair" -> new Command.Repair();
            case "snapshot" ->
                new Command.Snapshot(
                        in.has("snapshot") ? in.hex("snapshot") : 0,
                        in.has("node") ? in.smallNumber("node") : 0,
                        in.has(CURSOR) ? in.hex(CURSOR) : 0);
            case "store-backup" ->
                new Command.StoreBackup(
                        in.text("name"), in.number("total_bytes"), in.number("offset"), in.bytes("chunk"));
            case "accept-loss" -> new Command.AcceptLoss();
            default -> throw unknown(type);
        };
    }

    private static Command write(String type, JsonIn in) throws ProtocolException {
        if (in.has(TABLE)) {
            throw new ProtocolException(type + ": only the coordinator writes to a slave's table; leave \"table\" out"
                    + " and send this to the coordinator");
        }
        return Command.Transact.of(WriteJson.read(type, in));
    }

    private static Command plan(JsonIn in) throws ProtocolException {
        boolean add = in.has("add");
        if (add == in.has("remove")) {
            throw new ProtocolException("plan: give either \"add\" or \"remove\", with an address IP:PORT");
        }
        return new Command.Plan(add, in.server(add ? "add" : "remove"));
    }

    static void writeRequestId(@Nullable RequestId requestId, JsonOut out) {
        if (requestId != null) {
            out.object(REQUEST_ID, requestId, (given, to) -> to.put("client", given.client())
                    .put("number", given.number())
                    .put("epoch", given.epoch())
                    .put("acknowledged", given.acknowledged()));
        }
    }

    static @Nullable RequestId requestId(JsonIn in) throws ProtocolException {
        if (!in.has(REQUEST_ID)) {
            return null;
        }
        JsonIn given = in.object(REQUEST_ID);
        return new RequestId(
                given.text("client"), given.number("number"), given.number("epoch"), given.number("acknowledged", 0));
    }

    private static ProtocolException unknown(String type) {
        return new ProtocolException(
                COORDINATOR_ONLY.contains(type)
                        ? type + ": only the coordinator writes to a slave's table"
                        : "unknown req_type '" + JsonText.shorten(type) + "'; known are " + String.join(", ", TYPES));
    }

    private static RequestException refusal(ProtocolException wrong, @Nullable Object id) {
        return new RequestException(ErrorCode.BAD_REQUEST, String.valueOf(wrong.getMessage()), id);
    }

    private static String typeOf(Command command) {
        if (command instanceof Command.Get
                || command instanceof Command.GetLocal
                || command instanceof Command.GetFromTable) {
            return "get";
        }
        if (command instanceof Command.Transact transact) {
            return transact.writes().size() == 1
                    ? WriteJson.opOf(transact.writes().get(0))
                    : "transact";
        }
        if (command instanceof Command.Describe describe) {
            return JsonIn.wireName(describe.subject());
        }
        if (command instanceof Command.Plan) {
            return "plan";
        }
        if (command instanceof Command.Drain) {
            return "drain";
        }
        if (command instanceof Command.Forget) {
            return "forget";
        }
        if (command instanceof Command.GetAll) {
            return "multi-get";
        }
        if (command instanceof Command.Scan) {
            return "scan";
        }
        if (command instanceof Command.Count) {
            return "count";
        }
        if (command instanceof Command.Authenticate) {
            return "auth";
        }
        if (command instanceof Command.Repair) {
            return "repair";
        }
        if (command instanceof Command.Snapshot) {
            return "snapshot";
        }
        if (command instanceof Command.StoreBackup) {
            return "store-backup";
        }
        if (command instanceof Command.AcceptLoss) {
            return "accept-loss";
        }
        if (command instanceof Command.Ping) {
            return "ping";
        }
        throw new IllegalArgumentException("this command never crosses the wire: " + command);
    }

    private static void writeCommand(Command command, JsonOut out) {
        if (command instanceof Command.Get get) {
            out.put(KEY, get.key());
        } else if (command instanceof Command.GetLocal get) {
            out.put(KEY, get.key()).put(AT_LEAST, get.atLeast());
        } else if (command instanceof Command.GetAll get) {
            out.keys(KEYS, get.keys());
        } else if (command instanceof Command.Scan scan) {
            out.hex(CURSOR, scan.cursor()).put(LIMIT, scan.limit()).put(PREFIX, scan.prefix());
        } else if (command instanceof Command.Snapshot snapshot) {
            out.hex("snapshot", snapshot.id()).put("node", snapshot.node()).hex(CURSOR, snapshot.from());
        } else if (command instanceof Command.StoreBackup part) {
            out.put("name", part.name())
                    .put("total_bytes", part.totalBytes())
                    .put("offset", part.offset())
                    .put("chunk", part.chunk());
        } else if (command instanceof Command.GetFromTable get) {
            out.put(TABLE, get.table()).put(KEY, get.key());
        } else if (command instanceof Command.Transact transact) {
            if (transact.writes().size() == 1) {
                WriteJson.write(transact.writes().get(0), out);
            } else {
                out.list(
                        "writes",
                        transact.writes(),
                        (write, to) -> WriteJson.write(write, to.put("op", WriteJson.opOf(write))));
            }
        } else if (command instanceof Command.Describe describe && describe.subject() == Subject.WHERE) {
            out.put(KEY, describe.key());
        } else if (command instanceof Command.Plan plan) {
            out.put(plan.add() ? "add" : "remove", plan.server());
        } else if (command instanceof Command.Drain drain) {
            out.put(SERVER, drain.server());
        } else if (command instanceof Command.Authenticate authenticate) {
            out.put(PASSWORD, authenticate.password());
        } else if (command instanceof Command.Forget forget) {
            out.put(SERVER, forget.server());
        }
    }
}
