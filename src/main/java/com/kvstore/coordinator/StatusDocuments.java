package com.kvstore.coordinator;

import com.kvstore.backup.BackupStatus;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.HashRing;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.movement.MovementPlan;
import com.kvstore.protocol.ring.ClusterStatus;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.json.JSONStringer;
import org.json.JSONWriter;
import org.jspecify.annotations.Nullable;

/**
 * The documents that {@code status}, {@code ring}, {@code where} and {@code plan} show, as JSON. Fields come in a fixed
 * order; scripts rely on their names.
 */
final class StatusDocuments {
    private StatusDocuments() {}

    /**
     * @param backups null if none are made
     * @param nowMs milliseconds since 1970
     */
    static String status(ClusterStatus status, @Nullable BackupStatus backups, long nowMs) {
        JSONWriter json = new JSONStringer().object();
        json.key("epoch").value(status.view().epoch());
        json.key("servers").array();
        for (ClusterStatus.ServerStatus server : status.servers()) {
            json.object();
            json.key("address").value(server.address());
            json.key("position").value(server.position());
            json.key("state").value(server.state());
            json.key("keys").value(server.keys());
            json.key("heartbeat_age_ms").value(server.heartbeatAgeMs());
            json.key("durable").value(server.durable());
            json.endObject();
        }
        json.endArray();
        json.key("copies").object();
        json.key("whole").value(status.whole());
        json.key("single").value(status.singleArcs());
        json.key("lost").value(status.lostArcs());
        json.key("moving_bytes").value(status.movingBytes());
        json.key("moving_fraction").value(status.movingFraction());
        json.endObject();
        json.key("cache").object();
        json.key("entries").value(status.cacheEntries());
        json.key("hits").value(status.cacheHits());
        json.key("misses").value(status.cacheMisses());
        json.endObject();
        json.key("anti_entropy").object();
        json.key("checks").value(status.checks());
        json.key("differences").value(status.differences());
        json.endObject();
        if (backups != null) {
            backups(backups, nowMs, json);
        }
        json.key("requests").value(status.requests());
        json.key("ring_size").value(status.view().ringSize());
        json.key("points_per_server").value(status.view().pointsPerServer());
        return json.endObject().toString();
    }

    private static void backups(BackupStatus backups, long nowMs, JSONWriter json) {
        json.key("backups").object();
        json.key("directory").value(backups.directory());
        json.key("every_ms").value(backups.everyMs());
        json.key("last").value(backups.made());
        json.key("last_age_ms").value(ageMs(backups.madeAtMs(), nowMs));
        json.key("problem").value(backups.problem());
        json.endObject();
        json.key("backup_servers").array();
        for (BackupStatus.Server server : backups.servers()) {
            json.object();
            json.key("address").value(server.address().toString());
            json.key("pushed").value(server.pushed());
            json.key("pushed_age_ms").value(ageMs(server.pushedAtMs(), nowMs));
            json.key("problem").value(server.problem());
            json.endObject();
        }
        json.endArray();
    }

    /** -1: never. */
    private static long ageMs(long atMs, long nowMs) {
        return atMs == BackupStatus.NEVER ? -1 : Math.max(0, nowMs - atMs);
    }

    static String ring(View view) {
        JSONWriter json = new JSONStringer().object();
        json.key("epoch").value(view.epoch());
        json.key("ring_size").value(view.ringSize());
        json.key("points_per_server").value(view.pointsPerServer());
        json.key("servers").array();
        for (Map.Entry<ServerNode, List<Integer>> server : positions(view).entrySet()) {
            json.object();
            json.key("address").value(server.getKey().toString());
            json.key("positions").array();
            for (int position : server.getValue()) {
                json.value(position);
            }
            json.endArray().endObject();
        }
        json.endArray();
        json.key("arcs").array();
        for (Arc arc : view.arcs()) {
            json.object();
            json.key("start").value(arc.start());
            json.key("end").value(arc.end());
            json.key("copies");
            copies(json, view, arc);
            json.key("lost").value(arc.lost());
            json.endObject();
        }
        return json.endArray().endObject().toString();
    }

    private static Map<ServerNode, List<Integer>> positions(View view) {
        Map<ServerNode, List<Integer>> positions = new TreeMap<>();
        for (HashRing.Point point : view.ring().points()) {
            positions
                    .computeIfAbsent(point.server(), server -> new ArrayList<>())
                    .add(point.position());
        }
        return positions;
    }

    private static void copies(JSONWriter json, View view, Arc arc) {
        json.array();
        for (Copy copy : arc.copies()) {
            Member member = view.members().get(copy.member());
            json.object();
            json.key("server")
                    .value(member == null ? "unknown" : member.address().toString());
            json.key("table").value(copy.table().wireName());
            json.key("sync").value(copy.sync().name().toLowerCase(Locale.ROOT));
            json.endObject();
        }
        json.endArray();
    }

    static String where(View view, Bytes key) {
        int position = view.positionOf(key);
        HashRing.Point owner = view.ring().successor(position);
        HashRing.Point replica = owner == null ? null : view.ring().predecessorOther(position, owner.server());
        JSONWriter json = new JSONStringer().object();
        String text = key.utf8OrNull();
        if (text == null) {
            json.key("key_b64").value(Base64.getEncoder().encodeToString(key.array()));
        } else {
            json.key("key").value(text);
        }
        json.key("position").value(position);
        json.key("owner").value(address(owner));
        json.key("replica").value(address(replica));
        Arc arc = view.arcAt(position);
        json.key("copies");
        copies(json, view, arc);
        json.key("lost").value(arc.lost());
        return json.endObject().toString();
    }

    /** Null where there is no such server: written as JSON's null. */
    private static @Nullable String address(HashRing.@Nullable Point point) {
        return point == null ? null : point.server().toString();
    }

    /** @throws IllegalArgumentException with a message for people, when the change is not possible */
    static String plan(View view, Command.Plan plan) {
        List<MovementPlan.Step> steps = MovementPlan.preview(view, plan.add(), plan.server());
        double positions = 0;
        for (MovementPlan.Step step : steps) {
            positions += (double) step.range().end() - step.range().start() + 1;
        }
        JSONWriter json = new JSONStringer().object();
        json.key("change").value(plan.add() ? "add" : "remove");
        json.key("server").value(plan.server().toString());
        json.key("ring_size").value(view.ringSize());
        json.key("copied_fraction").value(positions / (2.0 * view.ringSize()));
        json.key("moves").array();
        for (MovementPlan.Step step : steps) {
            ServerNode from = step.from();
            json.object();
            json.key("start").value(step.range().start());
            json.key("end").value(step.range().end());
            json.key("from").value(from == null ? null : from.toString());
            json.key("to").value(step.to().toString());
            json.key("table").value(step.table().wireName());
            json.endObject();
        }
        return json.endArray().endObject().toString();
    }
}
