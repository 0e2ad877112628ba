package com.kvstore.wire;

import com.kvstore.protocol.eventual.StoredPeer;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.primarybackup.StoredState;
import com.kvstore.protocol.totalorder.StoredOrder;
import java.nio.ByteBuffer;

/**
 * What peers of groups keep on disk, in binary: a byte that says which kind of value it is, then its fields as in messages.
 * A change of it is a new format of the data directory.
 *
 * <p>Threading: belongs to one storage; its one writer is used again and again.
 */
public final class PeerStateCodec {
    private static final int CLIENT_REQUESTS = 1;
    private static final int REPLICA_SUMMARY = 2;
    private static final int REPLICA_ENTRY = 3;
    private static final int EVENTUAL_PEER = 4;

    private final FrameWriter out = new FrameWriter();

    public byte[] encode(Persistent value) {
        out.clear();
        if (value instanceof AppliedRequests.ClientImage client) {
            out.u8(CLIENT_REQUESTS);
            PrimaryBackupBinary.writeClient(client, out);
        } else if (value instanceof StoredState.Summary summary) {
            out.u8(REPLICA_SUMMARY);
            writeSummary(summary, out);
        } else if (value instanceof StoredState.Entry entry) {
            out.u8(REPLICA_ENTRY);
            out.number(entry.op());
            PrimaryBackupBinary.writeEntry(entry.entry(), out);
        } else if (value instanceof StoredPeer peer) {
            out.u8(EVENTUAL_PEER);
            writePeer(peer, out);
        } else if (value instanceof StoredOrder order) {
            OrderStateBinary.write(order, out);
        } else {
            throw new IllegalArgumentException("no peer keeps " + value);
        }
        return out.toByteArray();
    }

    /** @throws ProtocolException if these are not the bytes of any value */
    public Persistent decode(byte[] bytes) throws ProtocolException {
        FrameReader in = new FrameReader(ByteBuffer.wrap(bytes));
        try {
            Persistent value = read(in);
            in.end();
            return value;
        } catch (IllegalArgumentException broken) {
            throw new ProtocolException("a stored value breaks an invariant: " + broken.getMessage(), broken);
        }
    }

    private static Persistent read(FrameReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case CLIENT_REQUESTS -> PrimaryBackupBinary.readClient(in);
            case REPLICA_SUMMARY -> readSummary(in);
            case REPLICA_ENTRY -> new StoredState.Entry(in.number(), PrimaryBackupBinary.readEntry(in));
            case EVENTUAL_PEER -> readPeer(in);
            case OrderStateBinary.SUMMARY, OrderStateBinary.ENTRY, OrderStateBinary.CLIENT ->
                OrderStateBinary.read(kind, in);
            default -> throw new ProtocolException("unknown kind of stored value " + kind);
        };
    }

    private static void writeSummary(StoredState.Summary summary, FrameWriter out) {
        writeFormation(summary.formation(), out);
        StoredState.Place place = summary.place();
        out.number(place.view());
        out.number(place.normalView() + 1);
        out.number(place.baseView());
        out.number(place.startOp());
        StoredState.Progress progress = summary.progress();
        out.number(progress.commit());
        out.number(progress.applied());
        out.number(progress.first());
        out.number(progress.clockMs());
        out.number(progress.floor());
    }

    private static StoredState.Summary readSummary(FrameReader in) throws ProtocolException {
        return new StoredState.Summary(
                readFormation(in),
                new StoredState.Place(in.number(), in.number() - 1, in.number(), in.number()),
                new StoredState.Progress(in.number(), in.number(), in.number(), in.number(), in.number()));
    }

    private static void writePeer(StoredPeer peer, FrameWriter out) {
        out.fixed64(peer.incarnation());
        out.number(peer.clock());
        out.number(peer.horizon());
        out.flag(peer.settled());
        out.flag(peer.known());
        out.list(peer.positions(), EventualBinary::writePosition);
    }

    private static StoredPeer readPeer(FrameReader in) throws ProtocolException {
        return new StoredPeer(
                in.fixed64(),
                in.number(),
                in.number(),
                in.flag(),
                in.flag(),
                in.list(EventualBinary.MIN_POSITION_BYTES, EventualBinary::readPosition));
    }

    static void writeFormation(Formation.Saved saved, FrameWriter out) {
        out.fixed64(saved.nonce());
        out.fixed64(saved.formed());
        out.list(saved.founders(), (nonce, to) -> to.fixed64(nonce));
        out.flag(saved.confirmed());
        out.list(saved.known(), (nonce, to) -> to.fixed64(nonce));
    }

    static Formation.Saved readFormation(FrameReader in) throws ProtocolException {
        return new Formation.Saved(
                in.fixed64(),
                in.fixed64(),
                in.list(Long.BYTES, FrameReader::fixed64),
                in.flag(),
                in.list(Long.BYTES, FrameReader::fixed64));
    }
}
