package com.kvstore.wire;

import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.snapshot.SnapshotMessage;
import com.kvstore.protocol.snapshot.SnapshotMessage.DigestPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchDigests;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchFrozen;
import com.kvstore.protocol.snapshot.SnapshotMessage.Freeze;
import com.kvstore.protocol.snapshot.SnapshotMessage.FrozenPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.Thaw;
import java.util.Set;

/** The messages of a snapshot, as JSON. Thread-safe: no state. */
final class SnapshotJson {
    static final Set<String> TYPES =
            Set.of("freeze", "fetch-frozen", "frozen-page", "fetch-digests", "digest-page", "thaw");

    private static final String SNAPSHOT = "snapshot";
    private static final String VALUE = "value";

    private SnapshotJson() {}

    static JsonOut write(SnapshotMessage message) {
        if (message instanceof Freeze freeze) {
            return JsonOut.nodeLine("freeze")
                    .put(SNAPSHOT, freeze.id())
                    .list("ranges", freeze.ranges(), (range, to) -> to.put("start", range.start())
                            .put("end", range.end()));
        }
        if (message instanceof FetchFrozen fetch) {
            return JsonOut.nodeLine("fetch-frozen")
                    .put(SNAPSHOT, fetch.id())
                    .hex("from", fetch.from())
                    .put("max_bytes", fetch.maxBytes());
        }
        if (message instanceof FrozenPage page) {
            return JsonOut.nodeLine("frozen-page")
                    .put(SNAPSHOT, page.id())
                    .hex("up_to", page.upTo())
                    .put("problem", page.problem())
                    .put(VALUE, page.entries());
        }
        if (message instanceof FetchDigests fetch) {
            return JsonOut.nodeLine("fetch-digests").put(SNAPSHOT, fetch.id()).hex("from", fetch.from());
        }
        if (message instanceof DigestPage page) {
            return JsonOut.nodeLine("digest-page")
                    .put(SNAPSHOT, page.id())
                    .hex("up_to", page.upTo())
                    .put("problem", page.problem())
                    .list("sums", page.sums(), (sum, to) -> to.hex("sum", sum));
        }
        return JsonOut.nodeLine("thaw").put(SNAPSHOT, ((Thaw) message).id());
    }

    static SnapshotMessage read(String type, JsonIn in) throws ProtocolException {
        return switch (type) {
            case "freeze" ->
                new Freeze(
                        in.number(SNAPSHOT),
                        in.list("ranges", range -> new Range(range.smallNumber("start"), range.smallNumber("end"))));
            case "fetch-frozen" -> new FetchFrozen(in.number(SNAPSHOT), in.hex("from"), in.smallNumber("max_bytes"));
            case "frozen-page" ->
                new FrozenPage(in.number(SNAPSHOT), in.hex("up_to"), in.text("problem"), in.bytes(VALUE));
            case "fetch-digests" -> new FetchDigests(in.number(SNAPSHOT), in.hex("from"));
            case "digest-page" ->
                new DigestPage(
                        in.number(SNAPSHOT),
                        in.hex("up_to"),
                        in.text("problem"),
                        in.list("sums", each -> each.hex("sum")));
            case "thaw" -> new Thaw(in.number(SNAPSHOT));
            default -> throw JsonNodeCodec.unknown(type);
        };
    }
}
