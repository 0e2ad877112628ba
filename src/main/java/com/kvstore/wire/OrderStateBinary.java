package com.kvstore.wire;

import com.kvstore.protocol.totalorder.StoredOrder;
import com.kvstore.protocol.totalorder.StoredOrder.Client;
import com.kvstore.protocol.totalorder.StoredOrder.LaneEntry;
import com.kvstore.protocol.totalorder.StoredOrder.LaneProgress;
import com.kvstore.protocol.totalorder.StoredOrder.Progress;
import com.kvstore.protocol.totalorder.StoredOrder.Summary;
import com.kvstore.protocol.totalorder.StoredOrder.Vital;
import com.kvstore.protocol.totalorder.StoredOrder.Vote;
import com.kvstore.protocol.totalorder.TotalOrderMessage.NewestLane;

/** What a peer of a total-order group keeps on disk, in binary. Thread-safe: no state. */
final class OrderStateBinary {
    static final int SUMMARY = 5;
    static final int ENTRY = 6;
    static final int CLIENT = 7;

    private static final int MIN_VOTE_BYTES = 7;
    private static final int MIN_PROGRESS_BYTES = 6;

    private OrderStateBinary() {}

    static void write(StoredOrder value, FrameWriter out) {
        if (value instanceof Summary summary) {
            out.u8(SUMMARY);
            writeVital(summary.vital(), out);
            writeProgress(summary.progress(), out);
        } else if (value instanceof LaneEntry entry) {
            out.u8(ENTRY);
            out.number(entry.lane());
            out.number(entry.index());
            TotalOrderBinary.writeEntry(entry.entry(), out);
        } else if (value instanceof Client client) {
            out.u8(CLIENT);
            out.number(client.touched());
            TotalOrderBinary.writeClient(client.state(), out);
        }
    }

    static StoredOrder read(int kind, FrameReader in) throws ProtocolException {
        return switch (kind) {
            case SUMMARY -> new Summary(readVital(in), readProgress(in));
            case ENTRY -> new LaneEntry(in.number(), in.number(), TotalOrderBinary.readEntry(in));
            default -> new Client(in.number(), TotalOrderBinary.readClient(in));
        };
    }

    private static void writeVital(Vital vital, FrameWriter out) {
        PeerStateCodec.writeFormation(vital.formation(), out);
        out.fixed64(vital.foundedIn());
        out.flag(vital.active());
        out.numbers(vital.lives());
        out.list(vital.answered(), (nonce, to) -> to.fixed64(nonce));
        out.number(vital.newestOwn() + 1);
        out.list(vital.votes(), (vote, to) -> {
            to.number(vote.lane());
            to.number(vote.life());
            to.number(vote.promised());
            to.number(vote.frozen());
            to.flag(vote.voteless());
            to.number(vote.sealBallot());
            to.number(vote.sealLength());
        });
    }

    private static Vital readVital(FrameReader in) throws ProtocolException {
        return new Vital(
                PeerStateCodec.readFormation(in),
                in.fixed64(),
                in.flag(),
                in.list(1, FrameReader::smallNumber),
                in.list(Long.BYTES, FrameReader::fixed64),
                in.number() - 1,
                in.list(
                        MIN_VOTE_BYTES,
                        from -> new Vote(
                                from.number(),
                                from.smallNumber(),
                                from.number(),
                                from.number(),
                                from.flag(),
                                from.number(),
                                from.number())));
    }

    private static void writeProgress(Progress progress, FrameWriter out) {
        out.number(progress.delivered());
        out.number(progress.counter());
        out.number(progress.wallMs());
        out.number(progress.epoch());
        out.list(progress.newest(), (newest, to) -> {
            to.number(newest.lane());
            to.number(newest.life());
        });
        out.list(progress.lanes(), (lane, to) -> {
            to.number(lane.lane());
            to.number(lane.base());
            to.number(lane.known());
            to.number(lane.delivered());
            to.number(lane.clock());
            to.number(lane.sealed() + 1);
        });
    }

    private static Progress readProgress(FrameReader in) throws ProtocolException {
        return new Progress(
                in.number(),
                in.number(),
                in.number(),
                in.number(),
                in.list(2, from -> new NewestLane(from.number(), from.smallNumber())),
                in.list(
                        MIN_PROGRESS_BYTES,
                        from -> new LaneProgress(
                                from.number(),
                                from.number(),
                                from.number(),
                                from.number(),
                                from.number(),
                                from.number() - 1)));
    }
}
