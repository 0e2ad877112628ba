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
import java.util.Set;

/** The messages of a primary-backup group as JSON. Thread-safe: no state. */
final class PrimaryBackupJson {
    static final Set<String> TYPES = Set.of(
            "pb-prepare",
            "pb-prepare-ok",
            "pb-fetch",
            "pb-log-part",
            "pb-fetch-snapshot",
            "pb-snapshot-part",
            "pb-start-view-change",
            "pb-do-view-change",
            "pb-recovery-answer");

    private static final String VIEW = "view";
    private static final String FIRST = "first";
    private static final String COMMIT = "commit";
    private static final String ENTRIES = "entries";
    private static final String FROM = "from";
    private static final String CLOCK = "clock_ms";
    private static final String NONCE = "nonce";

    private PrimaryBackupJson() {}

    static JsonOut write(PrimaryBackupMessage message) {
        if (message instanceof Prepare prepare) {
            return JsonOut.nodeLine("pb-prepare")
                    .put(VIEW, prepare.view())
                    .put("base_view", prepare.baseView())
                    .put("start_op", prepare.startOp())
                    .put(FIRST, prepare.first())
                    .put(COMMIT, prepare.commit())
                    .put("everywhere", prepare.everywhere())
                    .hex("sent_ns", prepare.sentNs())
                    .put(CLOCK, prepare.clockMs())
                    .list(ENTRIES, prepare.entries(), PrimaryBackupJson::writeEntry);
        }
        if (message instanceof PrepareOk ok) {
            return JsonOut.nodeLine("pb-prepare-ok")
                    .put(VIEW, ok.view())
                    .put("op", ok.op())
                    .hex("echo_ns", ok.echoNs())
                    .put("disk_fails", ok.diskFails());
        }
        if (message instanceof StartViewChange start) {
            return JsonOut.nodeLine("pb-start-view-change")
                    .put(VIEW, start.view())
                    .put("promised", start.promised());
        }
        if (message instanceof DoViewChange promise) {
            return JsonOut.nodeLine("pb-do-view-change")
                    .put(VIEW, promise.view())
                    .put("normal_view", promise.normalView())
                    .put("op", promise.op())
                    .put(COMMIT, promise.commit())
                    .put(CLOCK, promise.clockMs())
                    .list("nonces", promise.nonces(), (nonce, out) -> out.hex(NONCE, nonce));
        }
        return writeTransfer(message);
    }

    private static JsonOut writeTransfer(PrimaryBackupMessage message) {
        if (message instanceof Fetch fetch) {
            return JsonOut.nodeLine("pb-fetch").put(VIEW, fetch.view()).put(FROM, fetch.from());
        }
        if (message instanceof LogPart part) {
            return JsonOut.nodeLine("pb-log-part")
                    .put(VIEW, part.view())
                    .put(FIRST, part.first())
                    .put("last", part.last())
                    .list(ENTRIES, part.entries(), PrimaryBackupJson::writeEntry);
        }
        if (message instanceof FetchSnapshot fetch) {
            return JsonOut.nodeLine("pb-fetch-snapshot").put(VIEW, fetch.view()).hex(FROM, fetch.from());
        }
        if (message instanceof SnapshotPart part) {
            return JsonOut.nodeLine("pb-snapshot-part")
                    .put(VIEW, part.view())
                    .put("applied", part.applied())
                    .hex(FROM, part.from())
                    .hex("up_to", part.upTo())
                    .list("records", part.records(), MoveJson::writeRecord)
                    .put("floor", part.requests().floor())
                    .list("clients", part.requests().clients(), PrimaryBackupJson::writeClient);
        }
        RecoveryAnswer answer = (RecoveryAnswer) message;
        return JsonOut.nodeLine("pb-recovery-answer")
                .hex(NONCE, answer.nonce())
                .put(VIEW, answer.view())
                .hex("formed", answer.formed())
                .list("founders", answer.founders(), (nonce, out) -> out.hex(NONCE, nonce))
                .put("primary", answer.primary())
                .put("op", answer.op());
    }

    static PrimaryBackupMessage read(String type, JsonIn in) throws ProtocolException {
        return switch (type) {
            case "pb-prepare" ->
                new Prepare(
                        in.number(VIEW),
                        in.number("base_view"),
                        in.number("start_op"),
                        in.number(FIRST),
                        in.number(COMMIT),
                        in.number("everywhere"),
                        in.hex("sent_ns"),
                        in.number(CLOCK),
                        in.list(ENTRIES, PrimaryBackupJson::readEntry));
            case "pb-prepare-ok" ->
                new PrepareOk(in.number(VIEW), in.number("op"), in.hex("echo_ns"), in.flag("disk_fails"));
            case "pb-start-view-change" -> new StartViewChange(in.number(VIEW), in.number("promised"));
            case "pb-do-view-change" ->
                new DoViewChange(
                        in.number(VIEW),
                        in.number("normal_view"),
                        in.number("op"),
                        in.number(COMMIT),
                        in.number(CLOCK),
                        readNonces("nonces", in));
            case "pb-fetch" -> new Fetch(in.number(VIEW), in.number(FROM));
            case "pb-log-part" ->
                new LogPart(
                        in.number(VIEW),
                        in.number(FIRST),
                        in.number("last"),
                        in.list(ENTRIES, PrimaryBackupJson::readEntry));
            case "pb-fetch-snapshot" -> new FetchSnapshot(in.number(VIEW), in.hex(FROM));
            case "pb-snapshot-part" ->
                new SnapshotPart(
                        in.number(VIEW),
                        in.number("applied"),
                        in.hex(FROM),
                        in.hex("up_to"),
                        in.list("records", MoveJson::readRecord),
                        new AppliedRequests.Image(
                                in.number("floor"), in.list("clients", PrimaryBackupJson::readClient)));
            default ->
                new RecoveryAnswer(
                        in.hex(NONCE),
                        in.number(VIEW),
                        in.hex("formed"),
                        readNonces("founders", in),
                        in.flag("primary"),
                        in.number("op"));
        };
    }

    private static List<Long> readNonces(String name, JsonIn in) throws ProtocolException {
        return in.list(name, each -> each.hex(NONCE));
    }

    private static void writeEntry(LogEntry entry, JsonOut out) {
        JsonRequests.writeRequestId(entry.id(), out);
        out.list("writes", entry.writes(), PrimaryBackupJson::writeWrite);
    }

    private static LogEntry readEntry(JsonIn in) throws ProtocolException {
        return new LogEntry(JsonRequests.requestId(in), in.list("writes", PrimaryBackupJson::readWrite));
    }

    private static void writeWrite(KeyWrite write, JsonOut out) {
        out.put("key", write.key())
                .putIfPresent("value", write.value())
                .putUnless(Expiry.NO_DEADLINE, "deadline_ms", write.deadlineMs());
        if (write.value() == null) {
            out.put("deleted", true);
        }
    }

    private static KeyWrite readWrite(JsonIn in) throws ProtocolException {
        Bytes value = in.flag("deleted", false) ? null : in.bytes("value");
        return new KeyWrite(in.bytes("key"), value, in.number("deadline_ms", Expiry.NO_DEADLINE));
    }

    private static void writeClient(AppliedRequests.ClientImage client, JsonOut out) {
        out.put("name", client.name())
                .put("last_op", client.lastOp())
                .put("forgotten", client.forgotten())
                .list("numbers", client.numbers(), (number, each) -> each.put("number", number));
    }

    private static AppliedRequests.ClientImage readClient(JsonIn in) throws ProtocolException {
        return new AppliedRequests.ClientImage(
                in.text("name"),
                in.number("last_op"),
                in.number("forgotten"),
                in.list("numbers", each -> each.number("number")));
    }
}
