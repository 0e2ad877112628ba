package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.common.Write.Condition;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.twophase.TwoPhaseMessage;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import java.util.List;

/** Batches and their replies in binary. Thread-safe: no state. */
final class TwoPhaseBinary {
    static final int FAMILY = 2;

    /** Flags, a position, and a key's length. */
    static final int MIN_WRITE_BYTES = 3;

    private static final int BATCH = 0x20;
    private static final int BATCH_REPLY = 0x21;

    private static final int IS_PREV = 1;
    private static final int HAS_VALUE = 2;
    private static final int MUST_EXIST = 4;

    private static final int MIN_PREPARE_BYTES = FrameReader.MIN_VERSION_BYTES + 3;
    private static final int MIN_READ_BYTES = 2;
    private static final int MIN_REFUSAL_BYTES = FrameReader.MIN_VERSION_BYTES + 2;
    private static final int MIN_ANSWER_BYTES = FrameReader.MIN_VERSION_BYTES + 1;

    private static final Table[] TABLES = Table.values();
    private static final ErrorCode[] CODES = ErrorCode.values();

    private TwoPhaseBinary() {}

    static void write(TwoPhaseMessage message, FrameWriter out) {
        if (message instanceof Batch batch) {
            out.u8(BATCH);
            out.number(batch.sequence());
            out.number(batch.epoch());
            out.version(batch.settled());
            out.flag(batch.priorSettled());
            out.versions(batch.commits());
            out.versions(batch.aborts());
            out.list(batch.prepares(), TwoPhaseBinary::writePrepare);
            out.list(batch.reads(), TwoPhaseBinary::writeRead);
        } else if (message instanceof BatchReply reply) {
            out.u8(BATCH_REPLY);
            out.number(reply.sequence());
            out.flag(reply.last());
            out.number(reply.keys());
            out.list(reply.refusals(), TwoPhaseBinary::writeRefusal);
            out.list(reply.answers(), TwoPhaseBinary::writeAnswer);
        }
    }

    static TwoPhaseMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case BATCH -> readBatch(in);
            case BATCH_REPLY ->
                new BatchReply(
                        in.number(),
                        in.flag(),
                        in.number(),
                        in.list(MIN_REFUSAL_BYTES, TwoPhaseBinary::readRefusal),
                        in.list(MIN_ANSWER_BYTES, TwoPhaseBinary::readAnswer));
            default -> throw BinaryCodec.unknownType(type);
        };
    }

    private static Batch readBatch(FrameReader in) throws ProtocolException {
        long sequence = in.number();
        long epoch = in.number();
        Version settled = in.version();
        boolean priorSettled = in.flag();
        List<Version> commits = in.versions();
        List<Version> aborts = in.versions();
        List<Prepare> prepares = in.list(MIN_PREPARE_BYTES, TwoPhaseBinary::readPrepare);
        List<Read> reads = in.list(MIN_READ_BYTES, TwoPhaseBinary::readRead);
        return new Batch(sequence, epoch, settled, priorSettled, commits, aborts, prepares, reads);
    }

    private static void writePrepare(Prepare prepare, FrameWriter out) {
        out.version(prepare.transaction());
        out.numbers(prepare.participants());
        out.list(prepare.writes(), TwoPhaseBinary::writeWrite);
        out.numbers(prepare.elsewhere());
    }

    private static Prepare readPrepare(FrameReader in) throws ProtocolException {
        return new Prepare(
                in.version(),
                in.smallNumbers(),
                in.list(MIN_WRITE_BYTES, TwoPhaseBinary::readWrite),
                in.smallNumbers());
    }

    static void writeWrite(PreparedWrite write, FrameWriter out) {
        Bytes value = write.value();
        out.u8((write.table() == Table.PREV ? IS_PREV : 0)
                | (value != null ? HAS_VALUE : 0)
                | (write.condition() == Condition.EXISTS ? MUST_EXIST : 0));
        out.number(write.position());
        out.bytes(write.key());
        out.bytesIfPresent(value);
    }

    static PreparedWrite readWrite(FrameReader in) throws ProtocolException {
        int flags = in.flags(IS_PREV | HAS_VALUE | MUST_EXIST);
        int position = in.smallNumber();
        Bytes key = in.bytes();
        Bytes value = (flags & HAS_VALUE) != 0 ? in.bytes() : null;
        return new PreparedWrite(
                (flags & IS_PREV) != 0 ? Table.PREV : Table.OWN,
                position,
                key,
                value,
                (flags & MUST_EXIST) != 0 ? Condition.EXISTS : Condition.NONE);
    }

    private static void writeRead(Read read, FrameWriter out) {
        out.choice(read.table());
        out.bytes(read.key());
    }

    private static Read readRead(FrameReader in) throws ProtocolException {
        return new Read(in.choice(TABLES), in.bytes());
    }

    private static void writeRefusal(Refusal refusal, FrameWriter out) {
        out.version(refusal.transaction());
        out.choice(refusal.code());
        out.text(refusal.message());
    }

    private static Refusal readRefusal(FrameReader in) throws ProtocolException {
        return new Refusal(in.version(), in.choice(CODES), in.text());
    }

    private static void writeAnswer(ReadAnswer answer, FrameWriter out) {
        out.flag(answer.value() != null);
        out.bytesIfPresent(answer.value());
        out.version(answer.version());
    }

    private static ReadAnswer readAnswer(FrameReader in) throws ProtocolException {
        return new ReadAnswer(in.flag() ? in.bytes() : null, in.version());
    }
}
