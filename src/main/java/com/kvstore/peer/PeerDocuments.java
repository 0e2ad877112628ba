package com.kvstore.peer;

import com.kvstore.common.Group;
import com.kvstore.protocol.eventual.EventualStatus;
import com.kvstore.protocol.primarybackup.PrimaryBackupStatus;
import com.kvstore.protocol.totalorder.TotalOrderStatus;
import org.json.JSONStringer;
import org.json.JSONWriter;

/** The document that {@code status} shows of a group, as JSON. Scripts rely on the names of the fields. */
final class PeerDocuments {
    private PeerDocuments() {}

    static String status(Group group, PrimaryBackupStatus status, DiskStatus disk) {
        JSONWriter json = new JSONStringer().object();
        json.key("protocol").value(group.protocol());
        json.key("peer").value(status.self());
        json.key("state").value(status.state());
        json.key("view").value(status.view());
        if (status.primary() != 0) {
            json.key("primary").value(status.primary());
            json.key("primary_address").value(group.address(status.primary()).toString());
        }
        json.key("decided").value(status.commit());
        json.key("log_end").value(status.last());
        json.key("keys").value(status.keys());
        disk(json, disk);
        json.key("peers").array();
        for (PrimaryBackupStatus.PeerStatus peer : status.peers()) {
            json.object();
            json.key("id").value(peer.id());
            json.key("address").value(peer.address());
            json.key("reachable").value(peer.reachable());
            if (status.state().equals("primary")) {
                json.key("holds_up_to").value(peer.held());
            }
            json.endObject();
        }
        return json.endArray().endObject().toString();
    }

    static String status(Group group, EventualStatus status, DiskStatus disk) {
        JSONWriter json = new JSONStringer().object();
        json.key("protocol").value(group.protocol());
        json.key("peer").value(status.self());
        json.key("state").value(status.settled() ? "up" : "catching-up");
        json.key("keys").value(status.keys());
        disk(json, disk);
        json.key("tombstones").value(status.tombstones());
        // Negative, which people are shown as "never", while a listed peer is missing and nobody can tell.
        long everywhereMs = status.everywhereMs();
        json.key("everywhere_age_ms")
                .value(everywhereMs == 0 ? -1 : Math.max(0, System.currentTimeMillis() - everywhereMs));
        json.key("peers").array();
        for (EventualStatus.PeerStatus peer : status.peers()) {
            json.object();
            json.key("id").value(peer.id());
            json.key("address").value(peer.address().toString());
            json.key("reachable").value(peer.reachable());
            json.key("unacknowledged").value(peer.unacknowledged());
            json.endObject();
        }
        return json.endArray().endObject().toString();
    }

    static String status(Group group, TotalOrderStatus status, DiskStatus disk) {
        JSONWriter json = new JSONStringer().object();
        json.key("protocol").value(group.protocol());
        json.key("peer").value(status.self());
        json.key("state").value(status.state());
        json.key("clock").value(status.clock());
        json.key("delivered").value(status.delivered());
        json.key("keys").value(status.keys());
        disk(json, disk);
        json.key("waiting").value(status.waiting());
        json.key("peers").array();
        for (TotalOrderStatus.PeerStatus peer : status.peers()) {
            json.object();
            json.key("id").value(peer.id());
            json.key("address").value(peer.address().toString());
            json.key("reachable").value(peer.reachable());
            json.key("life").value(peer.life());
            json.endObject();
        }
        return json.endArray().endObject().toString();
    }

    private static void disk(JSONWriter json, DiskStatus disk) {
        json.key("durability").value(disk.durability());
        if (disk.failure() != null) {
            json.key("disk_failure").value(disk.failure());
        }
    }
}
