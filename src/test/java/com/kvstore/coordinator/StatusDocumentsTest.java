package com.kvstore.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.backup.BackupStatus;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.ring.ClusterStatus;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

class StatusDocumentsTest {
    private static final ServerNode FIRST = new ServerNode("127.0.0.1", 8081);
    private static final ServerNode SECOND = new ServerNode("127.0.0.1", 8082);

    /** Positions 1 and 17; the second server's copies are still being filled. */
    private static View twoServers() {
        View one = ViewChanges.join(View.create(7, 31, 1), FIRST, 11, false);
        return ViewChanges.join(one, SECOND, 22, false);
    }

    @Test
    void statusHasWhatScriptsRelyOn() {
        ClusterStatus status = new ClusterStatus(
                twoServers(),
                List.of(new ClusterStatus.ServerStatus("127.0.0.1:8081", 1, "up", 12, 345, false)),
                false,
                2,
                1,
                4_096,
                0.25,
                10,
                20,
                3,
                99,
                4,
                1);
        JSONObject json = new JSONObject(StatusDocuments.status(status, null, 0));
        assertEquals(twoServers().epoch(), json.getLong("epoch"));
        JSONObject server = json.getJSONArray("servers").getJSONObject(0);
        assertEquals("127.0.0.1:8081", server.getString("address"));
        assertEquals(1, server.getInt("position"));
        assertEquals("up", server.getString("state"));
        assertEquals(12, server.getLong("keys"));
        assertEquals(345, server.getLong("heartbeat_age_ms"));
        assertEquals(false, server.getBoolean("durable"));
        JSONObject copies = json.getJSONObject("copies");
        assertEquals(false, copies.getBoolean("whole"));
        assertEquals(2, copies.getInt("single"));
        assertEquals(1, copies.getInt("lost"));
        assertEquals(4_096, copies.getLong("moving_bytes"));
        JSONObject cache = json.getJSONObject("cache");
        assertEquals(3, cache.getInt("entries"));
        assertEquals(10, cache.getInt("hits"));
        assertEquals(20, cache.getInt("misses"));
        assertEquals(4, json.getJSONObject("anti_entropy").getInt("checks"));
        assertEquals(1, json.getJSONObject("anti_entropy").getInt("differences"));
    }

    @Test
    void statusTellsOfBackupsAndOfEachBackupServer() {
        ClusterStatus status = new ClusterStatus(twoServers(), List.of(), true, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        BackupStatus backups = new BackupStatus(
                "mine",
                60_000,
                "b2",
                5_000,
                null,
                List.of(
                        new BackupStatus.Server(FIRST, "b1", 4_000, "it is away"),
                        new BackupStatus.Server(SECOND, null, BackupStatus.NEVER, null)));
        JSONObject json = new JSONObject(StatusDocuments.status(status, backups, 7_000));
        JSONObject own = json.getJSONObject("backups");
        assertEquals("b2", own.getString("last"));
        assertEquals(2_000, own.getLong("last_age_ms"));
        assertTrue(own.isNull("problem"));
        JSONObject first = json.getJSONArray("backup_servers").getJSONObject(0);
        assertEquals("127.0.0.1:8081", first.getString("address"));
        assertEquals("b1", first.getString("pushed"));
        assertEquals(3_000, first.getLong("pushed_age_ms"));
        assertEquals("it is away", first.getString("problem"));
        JSONObject second = json.getJSONArray("backup_servers").getJSONObject(1);
        assertTrue(second.isNull("pushed"));
        assertEquals(-1, second.getLong("pushed_age_ms"));
        assertFalse(new JSONObject(StatusDocuments.status(status, null, 0)).has("backups"));
    }

    @Test
    void ringShowsPositionsAndEveryArcWithItsCopies() {
        JSONObject json = new JSONObject(StatusDocuments.ring(twoServers()));
        assertEquals(31, json.getInt("ring_size"));
        assertEquals(1, json.getInt("points_per_server"));
        JSONObject second = json.getJSONArray("servers").getJSONObject(1);
        assertEquals("127.0.0.1:8082", second.getString("address"));
        assertEquals(17, second.getJSONArray("positions").getInt(0));
        JSONArray arcs = json.getJSONArray("arcs");
        int next = 0;
        for (int i = 0; i < arcs.length(); i++) {
            assertEquals(next, arcs.getJSONObject(i).getInt("start"));
            next = arcs.getJSONObject(i).getInt("end") + 1;
            JSONObject copy = arcs.getJSONObject(i).getJSONArray("copies").getJSONObject(0);
            assertEquals("127.0.0.1:8081", copy.getString("server"));
            assertEquals("in_sync", copy.getString("sync"));
        }
        assertEquals(31, next);
    }

    @Test
    void whereNamesPositionOwnerAndReplica() {
        JSONObject json = new JSONObject(StatusDocuments.where(twoServers(), Bytes.of("important")));
        assertEquals("important", json.getString("key"));
        assertEquals(10, json.getInt("position"));
        assertEquals("127.0.0.1:8082", json.getString("owner"));
        assertEquals("127.0.0.1:8081", json.getString("replica"));
    }

    @Test
    void whereOfAnEmptyRingAndOfAKeyThatIsNoTextSaysSo() {
        View empty = View.create(7, 31, 1);
        JSONObject json = new JSONObject(StatusDocuments.where(empty, Bytes.wrap(new byte[] {(byte) 0xff})));
        assertEquals("/w==", json.getString("key_b64"));
        assertTrue(json.isNull("owner") && json.has("owner"));
        assertTrue(json.isNull("replica") && json.has("replica"));
        assertEquals(0, json.getJSONArray("copies").length());
    }

    @Test
    void planShowsWhatWouldMoveAndChangesNothing() {
        View view = ViewChanges.join(View.create(7, 31, 1), FIRST, 11, false);
        JSONObject json = new JSONObject(StatusDocuments.plan(view, new Command.Plan(true, SECOND)));
        assertEquals("add", json.getString("change"));
        JSONObject move = json.getJSONArray("moves").getJSONObject(0);
        assertEquals("127.0.0.1:8081", move.getString("from"));
        assertEquals("127.0.0.1:8082", move.getString("to"));
        assertEquals(0.5, json.getDouble("copied_fraction"), 1e-9, "one of two copies of everything");
        assertEquals(1, view.members().size());
        assertThrows(IllegalArgumentException.class, () -> StatusDocuments.plan(view, new Command.Plan(false, SECOND)));
    }
}
