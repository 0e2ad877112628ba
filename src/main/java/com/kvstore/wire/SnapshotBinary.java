package com.kvstore.wire;

import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.snapshot.SnapshotMessage;
import com.kvstore.protocol.snapshot.SnapshotMessage.DigestPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchDigests;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchFrozen;
import com.kvstore.protocol.snapshot.SnapshotMessage.Freeze;
import com.kvstore.protocol.snapshot.SnapshotMessage.FrozenPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.Thaw;

/** The messages of a snapshot, in binary. Thread-safe: no state. */
final class SnapshotBinary {
    static final int FAMILY = 10;

    private static final int FREEZE = 0xA0;
    private static final int FETCH_FROZEN = 0xA1;
    private static final int FROZEN_PAGE = 0xA2;
    private static final int THAW = 0xA3;
    private static final int FETCH_DIGESTS = 0xA4;
    private static final int DIGEST_PAGE = 0xA5;

    private static final int MIN_RANGE_BYTES = 2;

    private SnapshotBinary() {}

    static void write(SnapshotMessage message, FrameWriter out) {
        if (message instanceof Freeze freeze) {
            out.u8(FREEZE);
            out.number(freeze.id());
            out.list(freeze.ranges(), (range, to) -> {
                to.number(range.start());
                to.number(range.end());
            });
        } else if (message instanceof FetchFrozen fetch) {
            out.u8(FETCH_FROZEN);
            out.number(fetch.id());
            out.fixed64(fetch.from());
            out.number(fetch.maxBytes());
        } else if (message instanceof FrozenPage page) {
            out.u8(FROZEN_PAGE);
            out.number(page.id());
            out.fixed64(page.upTo());
            out.text(page.problem());
            out.bytes(page.entries());
        } else if (message instanceof FetchDigests fetch) {
            out.u8(FETCH_DIGESTS);
            out.number(fetch.id());
            out.fixed64(fetch.from());
        } else if (message instanceof DigestPage page) {
            out.u8(DIGEST_PAGE);
            out.number(page.id());
            out.fixed64(page.upTo());
            out.text(page.problem());
            out.list(page.sums(), (sum, to) -> to.fixed64(sum));
        } else if (message instanceof Thaw thaw) {
            out.u8(THAW);
            out.number(thaw.id());
        }
    }

    static SnapshotMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case FREEZE ->
                new Freeze(
                        in.number(),
                        in.list(MIN_RANGE_BYTES, from -> new Range(from.smallNumber(), from.smallNumber())));
            case FETCH_FROZEN -> new FetchFrozen(in.number(), in.fixed64(), in.smallNumber());
            case FROZEN_PAGE -> new FrozenPage(in.number(), in.fixed64(), in.text(), in.bytes());
            case FETCH_DIGESTS -> new FetchDigests(in.number(), in.fixed64());
            case DIGEST_PAGE ->
                new DigestPage(in.number(), in.fixed64(), in.text(), in.list(Long.BYTES, FrameReader::fixed64));
            case THAW -> new Thaw(in.number());
            default -> throw BinaryCodec.unknownType(type);
        };
    }
}
