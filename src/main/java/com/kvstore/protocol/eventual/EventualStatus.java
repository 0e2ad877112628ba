package com.kvstore.protocol.eventual;

import com.kvstore.common.Group;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.parts.HybridClock;
import com.kvstore.protocol.parts.PeerLinks;
import java.util.ArrayList;
import java.util.List;

/**
 * The state of an eventual group as one peer sees it. Immutable.
 *
 * @param settled whether this peer has what the others held when it started
 * @param keys with a value, here
 * @param tombstones deletes that some listed peer may not have yet
 * @param everywhereMs every write up to this time of day is on every listed peer; 0: cannot be told, for one is missing
 */
public record EventualStatus(boolean settled, long keys, long tombstones, long everywhereMs, List<PeerStatus> peers) {

    /** @param state {@code up}, {@code down}, or {@code behind}: it holds less than this peer */
    public record PeerStatus(int id, ServerNode address, String state) {}

    static EventualStatus of(
            EventualConfig config, PeerLinks links, Store store, Holdings holdings, Reports reports, boolean settled) {
        List<PeerStatus> peers = new ArrayList<>();
        for (Group.Member member : config.group().members()) {
            int index = config.group().indexOf(member.id());
            String state = "up";
            if (member.id() != config.self()) {
                state = !links.isOpen(member.id()) ? "down" : reports.of(index) == null ? "behind" : "up";
            }
            peers.add(new PeerStatus(member.id(), member.address(), state));
        }
        return new EventualStatus(
                settled,
                store.table().keys(),
                store.table().tombstones(),
                HybridClock.wallMs(store.horizon()),
                List.copyOf(peers));
    }
}
