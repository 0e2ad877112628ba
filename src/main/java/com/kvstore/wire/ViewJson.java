package com.kvstore.wire;

import com.kvstore.common.HashRing;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.View;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.zip.CRC32C;

/**
 * A view as JSON that a person can read: on the wire with {@code --wire json}, and in the coordinator's state file.
 *
 * <p>Thread-safe: no state.
 */
public final class ViewJson {
    private static final String EPOCH = "epoch";
    private static final String CLUSTER = "cluster";
    private static final String RING_SIZE = "ring_size";
    private static final String POINTS_PER_SERVER = "points_per_server";
    private static final String MEMBERS = "members";
    private static final String POINTS = "points";
    private static final String ARCS = "arcs";
    private static final String NEXT_MEMBER_ID = "next_member_id";
    private static final String DRAINED = "drained";
    private static final String INCARNATION = "incarnation";
    private static final String CHECKSUM = "checksum";

    private ViewJson() {}

    /** The content of a state file: one line, with a checksum (CRC-32C in hex) over the line without it. */
    public static String toText(View view) {
        JsonOut out = new JsonOut();
        write(view, out);
        return out.put(CHECKSUM, checksum(view)).end() + "\n";
    }

    /**
     * Reads what {@link #toText} wrote.
     *
     * @throws ProtocolException when it is not that, or was damaged: no field of it may be trusted then
     */
    public static View fromText(String text) throws ProtocolException {
        View view;
        String found;
        try {
            JsonIn in = new JsonIn(JsonText.parse(text), "view");
            found = in.text(CHECKSUM);
            view = read(in);
        } catch (ProtocolException | IllegalArgumentException damaged) {
            throw new ProtocolException("the stored view is damaged: " + damaged.getMessage(), damaged);
        }
        String expected = checksum(view);
        if (!expected.equals(found)) {
            throw new ProtocolException("the stored view is damaged: its checksum is " + JsonText.shorten(found)
                    + ", but its content has " + expected);
        }
        return view;
    }

    static void write(View view, JsonOut out) {
        out.put(EPOCH, view.epoch())
                .hex(CLUSTER, view.cluster())
                .put(RING_SIZE, view.ringSize())
                .put(POINTS_PER_SERVER, view.pointsPerServer())
                .list(MEMBERS, new ArrayList<>(view.members().values()), ViewJson::writeMember)
                .list(POINTS, view.ring().points(), (point, to) -> to.put("position", point.position())
                        .put("server", point.server()))
                .list(ARCS, view.arcs(), ViewJson::writeArc)
                .put(NEXT_MEMBER_ID, view.nextMemberId());
        // Left out while nobody was drained, as in the files of versions that did not remember.
        if (!view.drained().isEmpty()) {
            out.list(DRAINED, view.drained(), (incarnation, to) -> to.hex(INCARNATION, incarnation));
        }
    }

    /** @throws IllegalArgumentException when an invariant of the view does not hold */
    static View read(JsonIn in) throws ProtocolException {
        long epoch = in.number(EPOCH);
        long cluster = in.hex(CLUSTER);
        int ringSize = in.smallNumber(RING_SIZE);
        int pointsPerServer = in.smallNumber(POINTS_PER_SERVER);
        int nextMemberId = in.smallNumber(NEXT_MEMBER_ID);
        ViewRules.checkNumbers(cluster, epoch, pointsPerServer);
        SortedMap<Integer, Member> members = ViewRules.members(in.list(MEMBERS, ViewJson::readMember), nextMemberId);
        List<HashRing.Point> points =
                in.list(POINTS, point -> new HashRing.Point(point.smallNumber("position"), point.server("server")));
        HashRing ring = ViewRules.ring(ringSize, points, members);
        List<Arc> arcs = in.list(ARCS, ViewJson::readArc);
        ViewRules.checkArcs(arcs, ringSize, members);
        List<Long> drained = in.has(DRAINED) ? in.list(DRAINED, each -> each.hex(INCARNATION)) : List.of();
        ViewRules.checkDrained(drained);
        return new View(cluster, epoch, pointsPerServer, ring, members, arcs, nextMemberId).withDrained(drained);
    }

    private static void writeMember(Member member, JsonOut out) {
        out.put("id", member.id())
                .put("address", member.address())
                .hex(INCARNATION, member.incarnation())
                .put("durable", member.durable())
                .put("leaving", member.leaving());
    }

    private static Member readMember(JsonIn in) throws ProtocolException {
        return new Member(
                in.smallNumber("id"),
                in.server("address"),
                in.hex(INCARNATION),
                in.flag("durable"),
                in.flag("leaving"));
    }

    private static void writeArc(Arc arc, JsonOut out) {
        out.put("start", arc.start())
                .put("end", arc.end())
                .put("lost", arc.lost())
                .list("copies", arc.copies(), (copy, to) -> to.put("member", copy.member())
                        .put("table", copy.table())
                        .put("sync", JsonIn.wireName(copy.sync())));
    }

    private static Arc readArc(JsonIn in) throws ProtocolException {
        int start = in.smallNumber("start");
        int end = in.smallNumber("end");
        boolean lost = in.flag("lost");
        return new Arc(start, end, in.list("copies", ViewJson::readCopy), lost);
    }

    private static Copy readCopy(JsonIn in) throws ProtocolException {
        return new Copy(in.smallNumber("member"), in.table("table"), in.choice("sync", Copy.Sync.values()));
    }

    private static String checksum(View view) {
        JsonOut out = new JsonOut();
        write(view, out);
        CRC32C crc = new CRC32C();
        crc.update(out.end().getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }
}
