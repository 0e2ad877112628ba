package com.kvstore.wire;

import com.kvstore.common.HashRing;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * A view in few bytes: points and arcs as distances from the one before, servers by their members' ids. About 40 kB for
 * ten servers of 256 points each.
 *
 * <p>Thread-safe: no state.
 */
final class ViewBinary {
    private static final int IS_DURABLE = 1;
    private static final int IS_LEAVING = 2;

    private static final int IS_PREV = 1;
    private static final int SYNC_SHIFT = 1;
    private static final int COPY_FLAGS = 0b111;

    /** Id, host length, port, incarnation, flags. */
    private static final int MIN_MEMBER_BYTES = 3 + Long.BYTES + 1;

    private static final int MIN_POINT_BYTES = 2;
    /** Length, lost or not, number of copies. */
    private static final int MIN_ARC_BYTES = 3;

    private static final int COPY_BYTES = 2;

    private static final Copy.Sync[] SYNCS = Copy.Sync.values();

    private ViewBinary() {}

    static void write(View view, FrameWriter out) {
        ViewRules.checkArcs(view.arcs(), view.ringSize(), view.members());
        out.fixed64(view.cluster());
        out.number(view.epoch());
        out.number(view.pointsPerServer());
        out.number(view.ringSize());
        out.number(view.nextMemberId());
        out.list(new ArrayList<>(view.members().values()), ViewBinary::writeMember);
        writePoints(view, out);
        out.list(view.arcs(), ViewBinary::writeArc);
        out.list(view.drained(), (incarnation, to) -> to.fixed64(incarnation));
    }

    static View read(FrameReader in) throws ProtocolException {
        long cluster = in.fixed64();
        long epoch = in.number();
        int pointsPerServer = in.smallNumber();
        int ringSize = in.smallNumber();
        int nextMemberId = in.smallNumber();
        ViewRules.checkNumbers(cluster, epoch, pointsPerServer);
        SortedMap<Integer, Member> members =
                ViewRules.members(in.list(MIN_MEMBER_BYTES, ViewBinary::readMember), nextMemberId);
        HashRing ring = ViewRules.ring(ringSize, readPoints(in, members), members);
        List<Arc> arcs = readArcs(in);
        ViewRules.checkArcs(arcs, ringSize, members);
        List<Long> drained = in.list(Long.BYTES, FrameReader::fixed64);
        ViewRules.checkDrained(drained);
        return new View(cluster, epoch, pointsPerServer, ring, members, arcs, nextMemberId).withDrained(drained);
    }

    private static void writeMember(Member member, FrameWriter out) {
        out.number(member.id());
        out.server(member.address());
        out.fixed64(member.incarnation());
        out.u8((member.durable() ? IS_DURABLE : 0) | (member.leaving() ? IS_LEAVING : 0));
    }

    private static Member readMember(FrameReader in) throws ProtocolException {
        int id = in.smallNumber();
        ServerNode address = in.server();
        long incarnation = in.fixed64();
        int flags = in.flags(IS_DURABLE | IS_LEAVING);
        return new Member(id, address, incarnation, (flags & IS_DURABLE) != 0, (flags & IS_LEAVING) != 0);
    }

    private static void writePoints(View view, FrameWriter out) {
        Map<ServerNode, Integer> ids = new HashMap<>();
        for (Member member : view.members().values()) {
            ids.put(member.address(), member.id());
        }
        List<HashRing.Point> points = view.ring().points();
        out.number(points.size());
        int previous = 0;
        for (HashRing.Point point : points) {
            Integer id = ids.get(point.server());
            if (id == null) {
                throw new IllegalArgumentException(point.server() + " is on the ring but is no member");
            }
            out.number(point.position() - previous);
            out.number(id);
            previous = point.position();
        }
    }

    private static List<HashRing.Point> readPoints(FrameReader in, SortedMap<Integer, Member> members)
            throws ProtocolException {
        int[] position = {0};
        return in.list(MIN_POINT_BYTES, from -> {
            position[0] = advance(position[0], from.smallNumber());
            int id = from.smallNumber();
            Member member = members.get(id);
            if (member == null) {
                throw new ProtocolException("a point of the ring belongs to an unknown member " + id);
            }
            return new HashRing.Point(position[0], member.address());
        });
    }

    private static void writeArc(Arc arc, FrameWriter out) {
        out.number(arc.end() - arc.start());
        out.flag(arc.lost());
        out.list(arc.copies(), ViewBinary::writeCopy);
    }

    private static List<Arc> readArcs(FrameReader in) throws ProtocolException {
        int[] start = {0};
        return in.list(MIN_ARC_BYTES, from -> {
            int end = advance(start[0], from.smallNumber());
            boolean lost = from.flag();
            Arc arc = new Arc(start[0], end, from.list(COPY_BYTES, ViewBinary::readCopy), lost);
            start[0] = advance(end, 1);
            return arc;
        });
    }

    private static void writeCopy(Copy copy, FrameWriter out) {
        out.number(copy.member());
        out.u8((copy.table() == Table.PREV ? IS_PREV : 0) | (FrameWriter.wireNumber(copy.sync()) << SYNC_SHIFT));
    }

    private static Copy readCopy(FrameReader in) throws ProtocolException {
        int member = in.smallNumber();
        int flags = in.flags(COPY_FLAGS);
        int sync = flags >>> SYNC_SHIFT;
        if (sync >= SYNCS.length) {
            throw new ProtocolException("unknown state of a copy " + sync);
        }
        return new Copy(member, (flags & IS_PREV) != 0 ? Table.PREV : Table.OWN, SYNCS[sync]);
    }

    private static int advance(int position, int distance) throws ProtocolException {
        if (distance > Integer.MAX_VALUE - position) {
            throw new ProtocolException("a position on the ring above 2147483647");
        }
        return position + distance;
    }
}
