package com.kvstore.wire;

import com.kvstore.common.HashRing;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Random views that keep every invariant of a view, though no cluster would come to most of them. */
final class RandomViews {
    private static final Copy.Sync[] SYNCS = Copy.Sync.values();

    private final Random random;

    RandomViews(Random random) {
        this.random = random;
    }

    View next() {
        int ringSize = random.nextInt(4) == 0 ? Integer.MAX_VALUE : 31 + random.nextInt(1000);
        int pointsPerServer = 1 + random.nextInt(4);
        SortedMap<Integer, Member> members = members();
        HashRing ring = HashRing.empty(ringSize);
        for (Member member : members.values()) {
            for (int i = 0; i < pointsPerServer && !member.leaving(); i++) {
                ring = ring.insert(ring.freePosition(random.nextInt(ringSize)), member.address());
            }
        }
        int nextMemberId = 1 + (members.isEmpty() ? 0 : members.lastKey()) + random.nextInt(3);
        List<Long> drained = new ArrayList<>();
        for (int i = random.nextInt(2) * random.nextInt(View.MAX_DRAINED + 1); i > 0; i--) {
            drained.add(random.nextLong());
        }
        View view = new View(
                1 + random.nextInt(Integer.MAX_VALUE),
                1 + (random.nextLong() >>> 20),
                pointsPerServer,
                ring,
                members,
                arcs(ringSize, List.copyOf(members.keySet())),
                nextMemberId);
        return view.withDrained(drained);
    }

    private SortedMap<Integer, Member> members() {
        SortedMap<Integer, Member> members = new TreeMap<>();
        int n = random.nextInt(6);
        int id = 0;
        for (int i = 0; i < n; i++) {
            id += 1 + random.nextInt(3);
            ServerNode address = new ServerNode("127.0.0.1", 8081 + i);
            members.put(id, new Member(id, address, random.nextLong(), random.nextBoolean(), random.nextInt(4) == 0));
        }
        return members;
    }

    private List<Arc> arcs(int ringSize, List<Integer> ids) {
        TreeSet<Integer> ends = new TreeSet<>(List.of(ringSize - 1));
        for (int i = ids.isEmpty() ? 0 : random.nextInt(20); i > 0; i--) {
            ends.add(random.nextInt(ringSize));
        }
        List<Arc> arcs = new ArrayList<>();
        int start = 0;
        for (int end : ends) {
            arcs.add(new Arc(start, end, copies(ids), random.nextInt(5) == 0));
            start = end + 1;
        }
        return arcs;
    }

    private List<Copy> copies(List<Integer> ids) {
        List<Copy> copies = new ArrayList<>();
        for (int id : ids) {
            if (random.nextInt(ids.size()) < 2) {
                Table table = random.nextBoolean() ? Table.OWN : Table.PREV;
                copies.add(new Copy(id, table, SYNCS[random.nextInt(SYNCS.length)]));
            }
        }
        return copies;
    }
}
