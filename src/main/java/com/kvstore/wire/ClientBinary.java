package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.ClientMessage;
import com.kvstore.common.ClientMessage.Request;
import com.kvstore.common.ClientMessage.Response;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Write;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Requests and responses in binary. Thread-safe: no state. */
final class ClientBinary {
    static final int FAMILY = 0;

    private static final int REQUEST = 0x01;
    private static final int RESPONSE = 0x02;

    private static final int GET = 1;
    private static final int GET_FROM_TABLE = 2;
    private static final int TRANSACT = 3;
    private static final int PING = 4;
    private static final int DESCRIBE = 5;
    private static final int PLAN = 6;
    private static final int DRAIN = 7;
    private static final int FORGET = 8;
    private static final int ACCEPT_LOSS = 9;
    private static final int GET_ALL = 10;
    private static final int SCAN = 11;
    private static final int COUNT_KEYS = 12;
    private static final int AUTHENTICATE = 13;
    private static final int SNAPSHOT = 30;
    private static final int REPAIR = 31;
    private static final int STORE_BACKUP = 32;
    private static final int GET_LOCAL = 14;

    private static final int ACK = 1;
    private static final int VALUE = 2;
    private static final int DOCUMENT = 3;
    private static final int PONG = 4;
    private static final int FAILURE = 5;
    private static final int VALUES = 6;
    private static final int PAGE = 7;
    private static final int COUNT = 8;

    private static final int HAS_VALUE = 1;
    private static final int HAS_EXPIRY = 2;
    private static final int HAS_CONDITION = 4;
    /** Flags, and a key's length. */
    static final int MIN_WRITE_BYTES = 2;
    /** A host's length, and a port. */
    private static final int MIN_SERVER_BYTES = 2;

    private static final Table[] TABLES = Table.values();
    private static final Expiry.Kind[] EXPIRIES = Expiry.Kind.values();
    private static final ErrorCode[] CODES = ErrorCode.values();
    private static final Command.Describe.Subject[] SUBJECTS = Command.Describe.Subject.values();

    private ClientBinary() {}

    static void write(ClientMessage message, FrameWriter out) {
        if (message instanceof Request request) {
            out.u8(REQUEST);
            out.number(request.tag());
            writeId(request.id(), out);
            writeCommand(request.command(), out);
        } else if (message instanceof Response response) {
            out.u8(RESPONSE);
            out.number(response.tag());
            writeResult(response.result(), out);
        }
    }

    static ClientMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case REQUEST -> {
                long tag = in.anyNumber();
                RequestId id = readId(in);
                yield new Request(tag, readCommand(in), id);
            }
            case RESPONSE -> new Response(in.anyNumber(), readResult(in));
            default -> throw BinaryCodec.unknownType(type);
        };
    }

    static void writeId(@Nullable RequestId id, FrameWriter out) {
        out.flag(id != null);
        if (id != null) {
            out.text(id.client());
            out.number(id.number());
            out.number(id.epoch());
            out.number(id.acknowledged());
        }
    }

    static @Nullable RequestId readId(FrameReader in) throws ProtocolException {
        return in.flag() ? new RequestId(in.text(), in.number(), in.number(), in.number()) : null;
    }

    private static void writeCommand(Command command, FrameWriter out) {
        if (command instanceof Command.Get get) {
            out.u8(GET);
            out.bytes(get.key());
        } else if (command instanceof Command.Transact transact) {
            out.u8(TRANSACT);
            out.list(transact.writes(), ClientBinary::writeWrite);
        } else if (command instanceof Command.GetLocal get) {
            out.u8(GET_LOCAL);
            out.bytes(get.key());
            out.version(get.atLeast());
        } else if (command instanceof Command.GetFromTable get) {
            out.u8(GET_FROM_TABLE);
            out.choice(get.table());
            out.bytes(get.key());
        } else if (command instanceof Command.Ping) {
            out.u8(PING);
        } else if (command instanceof Command.Describe describe) {
            out.u8(DESCRIBE);
            out.choice(describe.subject());
            out.bytes(describe.key());
        } else if (command instanceof Command.Plan plan) {
            out.u8(PLAN);
            out.flag(plan.add());
            out.server(plan.server());
        } else if (command instanceof Command.Drain drain) {
            out.u8(DRAIN);
            out.server(drain.server());
        } else if (command instanceof Command.Forget forget) {
            out.u8(FORGET);
            out.server(forget.server());
        } else if (command instanceof Command.AcceptLoss) {
            out.u8(ACCEPT_LOSS);
        } else if (command instanceof Command.GetAll get) {
            out.u8(GET_ALL);
            out.list(get.keys(), (key, to) -> to.bytes(key));
        } else if (command instanceof Command.Scan scan) {
            out.u8(SCAN);
            out.fixed64(scan.cursor());
            out.number(scan.limit());
            out.bytes(scan.prefix());
        } else if (command instanceof Command.Count) {
            out.u8(COUNT_KEYS);
        } else if (command instanceof Command.Repair) {
            out.u8(REPAIR);
        } else if (command instanceof Command.Snapshot snapshot) {
            out.u8(SNAPSHOT);
            out.fixed64(snapshot.id());
            out.number(snapshot.node());
            out.fixed64(snapshot.from());
        } else if (command instanceof Command.StoreBackup part) {
            writeStoreBackup(part, out);
        } else if (command instanceof Command.Authenticate authenticate) {
            out.u8(AUTHENTICATE);
            out.bytes(authenticate.password());
        } else {
            throw new IllegalArgumentException("this command never crosses the wire: " + command);
        }
    }

    private static void writeStoreBackup(Command.StoreBackup part, FrameWriter out) {
        out.u8(STORE_BACKUP);
        out.text(part.name());
        out.number(part.totalBytes());
        out.number(part.offset());
        out.bytes(part.chunk());
    }

    private static Command readCommand(FrameReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case GET -> new Command.Get(in.bytes());
            case GET_FROM_TABLE -> new Command.GetFromTable(in.choice(TABLES), in.bytes());
            case TRANSACT -> new Command.Transact(in.list(MIN_WRITE_BYTES, ClientBinary::readWrite));
            case PING -> new Command.Ping();
            case GET_LOCAL -> new Command.GetLocal(in.bytes(), in.version());
            case DESCRIBE -> new Command.Describe(in.choice(SUBJECTS), in.bytes());
            case PLAN -> new Command.Plan(in.flag(), in.server());
            case DRAIN -> new Command.Drain(in.server());
            case FORGET -> new Command.Forget(in.server());
            case ACCEPT_LOSS -> new Command.AcceptLoss();
            case GET_ALL -> new Command.GetAll(in.list(1, FrameReader::bytes));
            case SCAN -> new Command.Scan(in.fixed64(), in.smallNumber(), in.bytes());
            case COUNT_KEYS -> new Command.Count();
            case REPAIR -> new Command.Repair();
            case SNAPSHOT -> new Command.Snapshot(in.fixed64(), in.smallNumber(), in.fixed64());
            case STORE_BACKUP -> new Command.StoreBackup(in.text(), in.number(), in.number(), in.bytes());
            case AUTHENTICATE -> new Command.Authenticate(in.bytes());
            default -> throw new ProtocolException("unknown command " + kind);
        };
    }

    static void writeWrite(Write write, FrameWriter out) {
        Bytes value = write.value();
        boolean expires = write.expiry().kind() != Expiry.Kind.NEVER;
        out.u8((value != null ? HAS_VALUE : 0)
                | (expires ? HAS_EXPIRY : 0)
                | (write.condition().isNone() ? 0 : HAS_CONDITION));
        out.bytes(write.key());
        out.bytesIfPresent(value);
        if (expires) {
            out.choice(write.expiry().kind());
            out.number(write.expiry().ms());
        }
        if (!write.condition().isNone()) {
            ConditionBinary.write(write.condition(), out);
        }
    }

    static Write readWrite(FrameReader in) throws ProtocolException {
        int flags = in.flags(HAS_VALUE | HAS_EXPIRY | HAS_CONDITION);
        Bytes key = in.bytes();
        Bytes value = (flags & HAS_VALUE) != 0 ? in.bytes() : null;
        Expiry expiry = (flags & HAS_EXPIRY) != 0 ? readExpiry(in) : Expiry.NEVER;
        return new Write(key, value, expiry, (flags & HAS_CONDITION) != 0 ? ConditionBinary.read(in) : Condition.NONE);
    }

    private static Expiry readExpiry(FrameReader in) throws ProtocolException {
        Expiry.Kind kind = in.choice(EXPIRIES);
        long ms = in.number();
        if (kind == Expiry.Kind.NEVER || ms == 0) {
            throw new ProtocolException("an expiry of " + ms + " ms, " + kind);
        }
        return new Expiry(kind, ms);
    }

    private static void writeValue(Result.Value value, FrameWriter out) {
        out.bytes(value.value());
        out.version(value.version());
        out.number(value.deadlineMs());
    }

    private static Result.Value readValue(FrameReader in) throws ProtocolException {
        return new Result.Value(in.bytes(), in.version(), in.number());
    }

    static void writeResult(Result result, FrameWriter out) {
        if (result instanceof Result.Value value) {
            out.u8(VALUE);
            writeValue(value, out);
        } else if (result instanceof Result.Ack ack) {
            out.u8(ACK);
            out.number(ack.copies());
            out.list(ack.missing(), (server, to) -> to.server(server));
            out.text(ack.note());
            out.version(ack.version());
        } else if (result instanceof Result.Failure failure) {
            out.u8(FAILURE);
            out.choice(failure.code());
            out.text(failure.message());
            ServerNode redirect = failure.redirect();
            out.flag(redirect != null);
            if (redirect != null) {
                out.server(redirect);
            }
            out.number(failure.epoch());
        } else if (result instanceof Result.Document document) {
            out.u8(DOCUMENT);
            out.text(document.json());
        } else if (result instanceof Result.Pong pong) {
            out.u8(PONG);
            out.number(pong.epoch());
        } else if (result instanceof Result.Values values) {
            out.u8(VALUES);
            out.list(values.values(), (value, to) -> {
                to.flag(value.isPresent());
                value.ifPresent(present -> writeValue(present, to));
            });
        } else if (result instanceof Result.Page page) {
            out.u8(PAGE);
            out.list(page.keys(), (key, to) -> to.bytes(key));
            out.fixed64(page.cursor());
        } else if (result instanceof Result.Count count) {
            out.u8(COUNT);
            out.number(count.keys());
        } else {
            throw new IllegalArgumentException("this answer never crosses the wire: " + result);
        }
    }

    static Result readResult(FrameReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case ACK -> readAck(in);
            case VALUE -> readValue(in);
            case DOCUMENT -> new Result.Document(in.text());
            case PONG -> new Result.Pong(in.number());
            case VALUES ->
                new Result.Values(in.list(1, from -> from.flag() ? Optional.of(readValue(from)) : Optional.empty()));
            case PAGE -> new Result.Page(in.list(1, FrameReader::bytes), in.fixed64());
            case COUNT -> new Result.Count(in.number());
            case FAILURE ->
                new Result.Failure(in.choice(CODES), in.text(), in.flag() ? in.server() : null, in.number());
            default -> throw new ProtocolException("unknown result " + kind);
        };
    }

    private static Result.Ack readAck(FrameReader in) throws ProtocolException {
        int copies = in.smallNumber();
        List<ServerNode> missing = in.list(MIN_SERVER_BYTES, FrameReader::server);
        String note = in.text();
        Result.Ack ack = new Result.Ack(copies, missing, note, in.version());
        return ack.equals(Result.Ack.WHOLE) ? Result.Ack.WHOLE : ack;
    }
}
