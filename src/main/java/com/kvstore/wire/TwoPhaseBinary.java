package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
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
import java.util.List;

/** Batches and their replies in binary. Thread-safe: no state. */
final class TwoPhaseBinary {
    static final int FAMILY = 2;

    /** Flags, a position, and a key's length. */
    static final int MIN_WRITE_BYTES = 3;

    private static final int BATCH = 0x20;
    private static final int BATCH_REPLY = 0x21;
    private static final int SCAN = 0x22;
    private static final int SCAN_REPLY = 0x23;

    private static final int IS_LAST = 1;
    private static final int IS_STORED = 2;

    private static final int IS_PREV = 1;
    private static final int HAS_VALUE = 2;
    private static final int HAS_DEADLINE = 4;
    private static final int HAS_CONDITION = 8;

    private static final int MIN_PREPARE_BYTES = FrameReader.MIN_VERSION_BYTES + 3;
    private static final int MIN_READ_BYTES = 2;
    private static final int MIN_REFUSAL_BYTES = FrameReader.MIN_VERSION_BYTES + 2;
    private static final int MIN_EXPIRED_BYTES = FrameReader.MIN_VERSION_BYTES + 1;
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
            out.number(batch.nowMs());
            out.versions(batch.commits());
            out.versions(batch.aborts());
            out.list(batch.prepares(), TwoPhaseBinary::writePrepare);
            out.list(batch.reads(), TwoPhaseBinary::writeRead);
        } else if (message instanceof BatchReply reply) {
            out.u8(BATCH_REPLY);
            out.number(reply.sequence());
            out.u8((reply.last() ? IS_LAST : 0) | (reply.stored() ? IS_STORED : 0));
            out.number(reply.keys());
            out.list(reply.refusals(), TwoPhaseBinary::writeRefusal);
            out.list(reply.answers(), TwoPhaseBinary::writeAnswer);
            out.list(reply.expired(), TwoPhaseBinary::writeExpired);
        } else if (message instanceof Scan scan) {
            writeScan(scan, out);
        } else if (message instanceof ScanReply reply) {
            out.u8(SCAN_REPLY);
            out.number(reply.id());
            out.fixed64(reply.upTo());
            out.number(reply.count());
            out.list(reply.keys(), (key, to) -> to.bytes(key));
        }
    }

    static TwoPhaseMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case BATCH -> readBatch(in);
            case BATCH_REPLY -> readBatchReply(in);
            case SCAN ->
                new Scan(
                        in.number(),
                        in.number(),
                        in.smallNumbers(),
                        in.fixed64(),
                        in.smallNumber(),
                        in.bytes(),
                        in.number(),
                        in.flag());
            case SCAN_REPLY -> new ScanReply(in.number(), in.fixed64(), in.number(), in.list(1, FrameReader::bytes));
            default -> throw BinaryCodec.unknownType(type);
        };
    }

    private static BatchReply readBatchReply(FrameReader in) throws ProtocolException {
        long sequence = in.number();
        int flags = in.flags(IS_LAST | IS_STORED);
        return new BatchReply(
                sequence,
                (flags & IS_LAST) != 0,
                (flags & IS_STORED) != 0,
                in.number(),
                in.list(MIN_REFUSAL_BYTES, TwoPhaseBinary::readRefusal),
                in.list(MIN_ANSWER_BYTES, TwoPhaseBinary::readAnswer),
                in.list(MIN_EXPIRED_BYTES, TwoPhaseBinary::readExpired));
    }

    private static Batch readBatch(FrameReader in) throws ProtocolException {
        long sequence = in.number();
        long epoch = in.number();
        Version settled = in.version();
        boolean priorSettled = in.flag();
        long nowMs = in.number();
        List<Version> commits = in.versions();
        List<Version> aborts = in.versions();
        List<Prepare> prepares = in.list(MIN_PREPARE_BYTES, TwoPhaseBinary::readPrepare);
        List<Read> reads = in.list(MIN_READ_BYTES, TwoPhaseBinary::readRead);
        return new Batch(sequence, epoch, settled, priorSettled, nowMs, commits, aborts, prepares, reads);
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
                | (write.deadlineMs() != Expiry.NO_DEADLINE ? HAS_DEADLINE : 0)
                | (write.condition().isNone() ? 0 : HAS_CONDITION));
        out.number(write.position());
        out.bytes(write.key());
        out.bytesIfPresent(value);
        if (write.deadlineMs() != Expiry.NO_DEADLINE) {
            out.number(write.deadlineMs());
        }
        if (!write.condition().isNone()) {
            ConditionBinary.write(write.condition(), out);
        }
    }

    static PreparedWrite readWrite(FrameReader in) throws ProtocolException {
        int flags = in.flags(IS_PREV | HAS_VALUE | HAS_DEADLINE | HAS_CONDITION);
        int position = in.smallNumber();
        Bytes key = in.bytes();
        Bytes value = (flags & HAS_VALUE) != 0 ? in.bytes() : null;
        return new PreparedWrite(
                (flags & IS_PREV) != 0 ? Table.PREV : Table.OWN,
                position,
                key,
                value,
                (flags & HAS_DEADLINE) != 0 ? in.number() : Expiry.NO_DEADLINE,
                (flags & HAS_CONDITION) != 0 ? ConditionBinary.read(in) : Condition.NONE);
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
        boolean expires = answer.deadlineMs() != Expiry.NO_DEADLINE;
        out.u8((answer.value() != null ? HAS_VALUE : 0) | (expires ? HAS_DEADLINE : 0));
        out.bytesIfPresent(answer.value());
        if (expires) {
            out.number(answer.deadlineMs());
        }
        out.version(answer.version());
    }

    private static ReadAnswer readAnswer(FrameReader in) throws ProtocolException {
        int flags = in.flags(HAS_VALUE | HAS_DEADLINE);
        Bytes value = (flags & HAS_VALUE) != 0 ? in.bytes() : null;
        return new ReadAnswer(value, (flags & HAS_DEADLINE) != 0 ? in.number() : Expiry.NO_DEADLINE, in.version());
    }

    private static void writeExpired(Expired expired, FrameWriter out) {
        out.bytes(expired.key());
        out.version(expired.version());
    }

    private static Expired readExpired(FrameReader in) throws ProtocolException {
        return new Expired(in.bytes(), in.version());
    }

    private static void writeScan(Scan scan, FrameWriter out) {
        out.u8(SCAN);
        out.number(scan.id());
        out.number(scan.epoch());
        out.numbers(scan.down());
        out.fixed64(scan.from());
        out.number(scan.limit());
        out.bytes(scan.prefix());
        out.number(scan.nowMs());
        out.flag(scan.countOnly());
    }
}
