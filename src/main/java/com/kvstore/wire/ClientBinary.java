package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.ClientMessage;
import com.kvstore.common.ClientMessage.Request;
import com.kvstore.common.ClientMessage.Response;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Write;
import com.kvstore.common.Write.Condition;
import java.util.List;
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

    private static final int ACK = 1;
    private static final int VALUE = 2;
    private static final int DOCUMENT = 3;
    private static final int PONG = 4;
    private static final int FAILURE = 5;

    private static final int HAS_VALUE = 1;
    private static final int MUST_EXIST = 2;
    /** Flags, and a key's length. */
    private static final int MIN_WRITE_BYTES = 2;
    /** A host's length, and a port. */
    private static final int MIN_SERVER_BYTES = 2;

    private static final Table[] TABLES = Table.values();
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

    private static void writeId(@Nullable RequestId id, FrameWriter out) {
        out.flag(id != null);
        if (id != null) {
            out.text(id.client());
            out.number(id.number());
            out.number(id.epoch());
            out.number(id.acknowledged());
        }
    }

    private static @Nullable RequestId readId(FrameReader in) throws ProtocolException {
        return in.flag() ? new RequestId(in.text(), in.number(), in.number(), in.number()) : null;
    }

    private static void writeCommand(Command command, FrameWriter out) {
        if (command instanceof Command.Get get) {
            out.u8(GET);
            out.bytes(get.key());
        } else if (command instanceof Command.Transact transact) {
            out.u8(TRANSACT);
            out.list(transact.writes(), ClientBinary::writeWrite);
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
        }
    }

    private static Command readCommand(FrameReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case GET -> new Command.Get(in.bytes());
            case GET_FROM_TABLE -> new Command.GetFromTable(in.choice(TABLES), in.bytes());
            case TRANSACT -> new Command.Transact(in.list(MIN_WRITE_BYTES, ClientBinary::readWrite));
            case PING -> new Command.Ping();
            case DESCRIBE -> new Command.Describe(in.choice(SUBJECTS), in.bytes());
            case PLAN -> new Command.Plan(in.flag(), in.server());
            case DRAIN -> new Command.Drain(in.server());
            case FORGET -> new Command.Forget(in.server());
            case ACCEPT_LOSS -> new Command.AcceptLoss();
            default -> throw new ProtocolException("unknown command " + kind);
        };
    }

    private static void writeWrite(Write write, FrameWriter out) {
        Bytes value = write.value();
        out.u8((value != null ? HAS_VALUE : 0) | (write.condition() == Condition.EXISTS ? MUST_EXIST : 0));
        out.bytes(write.key());
        out.bytesIfPresent(value);
    }

    private static Write readWrite(FrameReader in) throws ProtocolException {
        int flags = in.flags(HAS_VALUE | MUST_EXIST);
        Bytes key = in.bytes();
        Bytes value = (flags & HAS_VALUE) != 0 ? in.bytes() : null;
        return new Write(key, value, (flags & MUST_EXIST) != 0 ? Condition.EXISTS : Condition.NONE);
    }

    private static void writeResult(Result result, FrameWriter out) {
        if (result instanceof Result.Value value) {
            out.u8(VALUE);
            out.bytes(value.value());
            out.version(value.version());
        } else if (result instanceof Result.Ack ack) {
            out.u8(ACK);
            out.number(ack.copies());
            out.list(ack.missing(), (server, to) -> to.server(server));
            out.text(ack.note());
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
        }
    }

    private static Result readResult(FrameReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case ACK -> readAck(in);
            case VALUE -> new Result.Value(in.bytes(), in.version());
            case DOCUMENT -> new Result.Document(in.text());
            case PONG -> new Result.Pong(in.number());
            case FAILURE ->
                new Result.Failure(in.choice(CODES), in.text(), in.flag() ? in.server() : null, in.number());
            default -> throw new ProtocolException("unknown result " + kind);
        };
    }

    private static Result.Ack readAck(FrameReader in) throws ProtocolException {
        int copies = in.smallNumber();
        List<ServerNode> missing = in.list(MIN_SERVER_BYTES, FrameReader::server);
        String note = in.text();
        boolean whole = copies == Result.Ack.WHOLE.copies() && missing.isEmpty() && note.isEmpty();
        return whole ? Result.Ack.WHOLE : new Result.Ack(copies, missing, note);
    }
}
