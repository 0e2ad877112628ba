package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.primarybackup.LogEntry;
import com.kvstore.protocol.primarybackup.LogEntry.KeyWrite;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.DoViewChange;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Fetch;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.FetchSnapshot;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.LogPart;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Prepare;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.PrepareOk;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.RecoveryAnswer;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.SnapshotPart;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.StartViewChange;
import java.util.List;

/** The messages of a primary-backup group in binary. Thread-safe: no state. */
final class PrimaryBackupBinary {
    static final int FAMILY = 5;

    private static final int PREPARE = 0x50;
    private static final int PREPARE_OK = 0x51;
    private static final int FETCH = 0x52;
    private static final int LOG_PART = 0x53;
    private static final int FETCH_SNAPSHOT = 0x54;
    private static final int SNAPSHOT_PART = 0x55;
    private static final int START_VIEW_CHANGE = 0x56;
    private static final int DO_VIEW_CHANGE = 0x57;
    private static final int RECOVERY_ANSWER = 0x58;

    private static final int HAS_VALUE = 1;
    private static final int HAS_DEADLINE = 2;
    /** A flag and a count. */
    private static final int MIN_ENTRY_BYTES = 2;
    /** Flags and a length. */
    private static final int MIN_WRITE_BYTES = 2;
    /** Flags, position, key length, version. */
    private static final int MIN_RECORD_BYTES = 5;
    /** Name length, three numbers. */
    private static final int MIN_CLIENT_BYTES = 4;

    private PrimaryBackupBinary() {}

    static void write(PrimaryBackupMessage message, FrameWriter out) {
        if (message instanceof Prepare prepare) {
            out.u8(PREPARE);
            out.number(prepare.view());
            out.number(prepare.baseView());
            out.number(prepare.startOp());
            out.number(prepare.first());
            out.number(prepare.commit());
            out.number(prepare.everywhere());
            out.fixed64(prepare.sentNs());
            out.number(prepare.clockMs());
            out.list(prepare.entries(), PrimaryBackupBinary::writeEntry);
        } else if (message instanceof PrepareOk ok) {
            out.u8(PREPARE_OK);
            out.number(ok.view());
            out.number(ok.op());
            out.fixed64(ok.echoNs());
            out.flag(ok.diskFails());
        } else if (message instanceof StartViewChange start) {
            out.u8(START_VIEW_CHANGE);
            out.number(start.view());
            out.number(start.promised());
        } else if (message instanceof DoViewChange promise) {
            out.u8(DO_VIEW_CHANGE);
            out.number(promise.view());
            out.number(promise.normalView());
            out.number(promise.op());
            out.number(promise.commit());
            out.number(promise.clockMs());
            writeNonces(promise.nonces(), out);
        } else {
            writeTransfer(message, out);
        }
    }

    private static void writeTransfer(PrimaryBackupMessage message, FrameWriter out) {
        if (message instanceof Fetch fetch) {
            out.u8(FETCH);
            out.number(fetch.view());
            out.number(fetch.from());
        } else if (message instanceof LogPart part) {
            out.u8(LOG_PART);
            out.number(part.view());
            out.number(part.first());
            out.number(part.last());
            out.list(part.entries(), PrimaryBackupBinary::writeEntry);
        } else if (message instanceof FetchSnapshot fetch) {
            out.u8(FETCH_SNAPSHOT);
            out.number(fetch.view());
            out.fixed64(fetch.from());
        } else if (message instanceof SnapshotPart part) {
            out.u8(SNAPSHOT_PART);
            out.number(part.view());
            out.number(part.applied());
            out.fixed64(part.from());
            out.fixed64(part.upTo());
            out.list(part.records(), MoveBinary::writeRecord);
            out.number(part.requests().floor());
            out.list(part.requests().clients(), PrimaryBackupBinary::writeClient);
        } else if (message instanceof RecoveryAnswer answer) {
            out.u8(RECOVERY_ANSWER);
            out.fixed64(answer.nonce());
            out.number(answer.view());
            out.fixed64(answer.formed());
            writeNonces(answer.founders(), out);
            out.flag(answer.primary());
            out.number(answer.op());
        }
    }

    static PrimaryBackupMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case PREPARE ->
                new Prepare(
                        in.number(),
                        in.number(),
                        in.number(),
                        in.number(),
                        in.number(),
                        in.number(),
                        in.fixed64(),
                        in.number(),
                        readEntries(in));
            case PREPARE_OK -> new PrepareOk(in.number(), in.number(), in.fixed64(), in.flag());
            case START_VIEW_CHANGE -> new StartViewChange(in.number(), in.number());
            case DO_VIEW_CHANGE ->
                new DoViewChange(in.number(), in.number(), in.number(), in.number(), in.number(), readNonces(in));
            case FETCH -> new Fetch(in.number(), in.number());
            case LOG_PART -> new LogPart(in.number(), in.number(), in.number(), readEntries(in));
            case FETCH_SNAPSHOT -> new FetchSnapshot(in.number(), in.fixed64());
            case SNAPSHOT_PART ->
                new SnapshotPart(
                        in.number(),
                        in.number(),
                        in.fixed64(),
                        in.fixed64(),
                        in.list(MIN_RECORD_BYTES, MoveBinary::readRecord),
                        new AppliedRequests.Image(
                                in.number(), in.list(MIN_CLIENT_BYTES, PrimaryBackupBinary::readClient)));
            case RECOVERY_ANSWER ->
                new RecoveryAnswer(in.fixed64(), in.number(), in.fixed64(), readNonces(in), in.flag(), in.number());
            default -> throw BinaryCodec.unknownType(type);
        };
    }

    private static void writeNonces(List<Long> nonces, FrameWriter out) {
        out.list(nonces, (nonce, to) -> to.fixed64(nonce));
    }

    private static List<Long> readNonces(FrameReader in) throws ProtocolException {
        return in.list(Long.BYTES, FrameReader::fixed64);
    }

    static void writeEntry(LogEntry entry, FrameWriter out) {
        ClientBinary.writeId(entry.id(), out);
        out.list(entry.writes(), PrimaryBackupBinary::writeWrite);
    }

    private static List<LogEntry> readEntries(FrameReader in) throws ProtocolException {
        return in.list(MIN_ENTRY_BYTES, PrimaryBackupBinary::readEntry);
    }

    static LogEntry readEntry(FrameReader in) throws ProtocolException {
        return new LogEntry(ClientBinary.readId(in), in.list(MIN_WRITE_BYTES, PrimaryBackupBinary::readWrite));
    }

    private static void writeWrite(KeyWrite write, FrameWriter out) {
        Bytes value = write.value();
        boolean expires = write.deadlineMs() != Expiry.NO_DEADLINE;
        out.u8((value != null ? HAS_VALUE : 0) | (expires ? HAS_DEADLINE : 0));
        out.bytes(write.key());
        out.bytesIfPresent(value);
        if (expires) {
            out.number(write.deadlineMs());
        }
    }

    private static KeyWrite readWrite(FrameReader in) throws ProtocolException {
        int flags = in.flags(HAS_VALUE | HAS_DEADLINE);
        Bytes key = in.bytes();
        Bytes value = (flags & HAS_VALUE) != 0 ? in.bytes() : null;
        return new KeyWrite(key, value, (flags & HAS_DEADLINE) != 0 ? in.number() : Expiry.NO_DEADLINE);
    }

    static void writeClient(AppliedRequests.ClientImage client, FrameWriter out) {
        out.text(client.name());
        out.number(client.lastOp());
        out.number(client.forgotten());
        out.list(client.numbers(), (number, to) -> to.number(number));
    }

    static AppliedRequests.ClientImage readClient(FrameReader in) throws ProtocolException {
        return new AppliedRequests.ClientImage(in.text(), in.number(), in.number(), in.list(1, FrameReader::number));
    }
}
