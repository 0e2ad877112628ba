package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Result;
import com.kvstore.transport.NetworkOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.json.JSONArray;
import org.json.JSONObject;

/** INFO, CONFIG and CLUSTER: what clients ask about the server they are connected to. The event loop only. */
final class ServerInfo {
    /** Whose commands and replies these are. */
    static final String REDIS_VERSION = "7.4.0";

    private static final int SLOTS = 16_384;
    /** 40 digits, as a node of Redis Cluster has. */
    private static final String NODE_ID = "6b76" + "0".repeat(36);

    private final RespClients clients;
    private final ClientState state;
    private final NetworkOptions options;

    ServerInfo(RespClients clients, ClientState state, NetworkOptions options) {
        this.clients = clients;
        this.state = state;
        this.options = options;
    }

    Reply info(Arguments words, Result status) {
        JSONObject cluster =
                status instanceof Result.Document document ? new JSONObject(document.json()) : new JSONObject();
        Map<String, Map<String, Object>> sections = sections(cluster);
        StringBuilder text = new StringBuilder();
        sections.forEach((name, fields) -> {
            if (isWanted(words, name)) {
                text.append(text.isEmpty() ? "# " : "\r\n# ").append(name).append("\r\n");
                fields.forEach((field, value) ->
                        text.append(field).append(':').append(value).append("\r\n"));
            }
        });
        return new Reply.Verbatim(text.toString());
    }

    private static boolean isWanted(Arguments words, String section) {
        if (words.count() == 1) {
            return true;
        }
        for (int i = 1; i < words.count(); i++) {
            String wanted = words.lower(i);
            if (wanted.equals(section.toLowerCase(Locale.ROOT))
                    || wanted.equals("all")
                    || wanted.equals("default")
                    || wanted.equals("everything")) {
                return true;
            }
        }
        return false;
    }

    private Map<String, Map<String, Object>> sections(JSONObject cluster) {
        JSONArray servers = cluster.optJSONArray("servers");
        long stored = 0;
        for (int i = 0; servers != null && i < servers.length(); i++) {
            stored += servers.getJSONObject(i).optLong("keys");
        }
        JSONObject copies = cluster.optJSONObject("copies", new JSONObject());
        Runtime runtime = Runtime.getRuntime();
        Map<String, Map<String, Object>> sections = new LinkedHashMap<>();
        sections.put(
                "Server",
                fields(
                        "redis_version", REDIS_VERSION,
                        "redis_mode", "standalone",
                        "server_name", "kvstore",
                        "os", System.getProperty("os.name", ""),
                        "java_version", System.getProperty("java.version", ""),
                        "process_id", ProcessHandle.current().pid(),
                        "tcp_port", state.localAddress().replaceAll(".*:", ""),
                        "uptime_in_seconds", clients.upSeconds(),
                        "uptime_in_days", clients.upSeconds() / 86_400));
        sections.put(
                "Clients", fields("connected_clients", clients.all().size(), "maxclients", options.maxConnections()));
        sections.put(
                "Memory",
                fields("used_memory", runtime.totalMemory() - runtime.freeMemory(), "maxmemory", runtime.maxMemory()));
        sections.put("Persistence", fields("loading", 0));
        sections.put("Stats", fields("total_connections_received", clients.accepted()));
        sections.put(
                "Replication", fields("role", "master", "connected_slaves", servers == null ? 0 : servers.length()));
        sections.put("Cluster", fields("cluster_enabled", 0));
        sections.put(
                "Kvstore",
                fields(
                        "epoch",
                        cluster.optLong("epoch"),
                        "two_copies_of_every_key",
                        copies.optBoolean("whole") ? 1 : 0,
                        "stored_copies",
                        stored));
        return sections;
    }

    private static Map<String, Object> fields(Object... namesAndValues) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    /** GET shows what is; SET changes nothing, for options are given at the start. */
    Reply config(Arguments words) throws RespException {
        switch (words.lower(1)) {
            case "get" -> {
                List<Reply> found = new ArrayList<>();
                settings().forEach((name, value) -> {
                    for (int i = 2; i < words.count(); i++) {
                        if (new Glob(Bytes.of(words.lower(i))).matches(Bytes.of(name))) {
                            found.add(Reply.bulk(name));
                            found.add(Reply.bulk(value));
                            return;
                        }
                    }
                });
                return new Reply.Pairs(found);
            }
            case "set" -> {
                String name = words.lower(2);
                throw new RespException(
                        settings().containsKey(name) && words.count() % 2 == 0
                                ? "ERR CONFIG SET failed (possibly related to argument '" + name
                                        + "') - can't set immutable config: options are given when the server starts"
                                : "ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'");
            }
            default -> {
                return Reply.OK;
            }
        }
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("appendonly", "no");
        settings.put("databases", "1");
        settings.put("maxclients", Integer.toString(options.maxConnections()));
        settings.put("maxmemory", Long.toString(Runtime.getRuntime().maxMemory()));
        settings.put("maxmemory-policy", "noeviction");
        settings.put("proto-max-bulk-len", Integer.toString(options.maxValueBytes()));
        settings.put("save", "");
        settings.put("timeout", "0");
        return settings;
    }

    /** One shard that owns all slots: to a client of Redis Cluster the coordinator is the whole cluster. */
    Reply cluster(Arguments words, Result status) throws RespException {
        String address = state.localAddress();
        String host = address.substring(0, address.lastIndexOf(':'));
        long port = Long.parseLong(address.substring(address.lastIndexOf(':') + 1));
        return switch (words.lower(1)) {
            case "info" ->
                new Reply.Verbatim("cluster_enabled:0\r\ncluster_state:"
                        + (status instanceof Result.Document ? "ok" : "fail")
                        + "\r\ncluster_slots_assigned:" + SLOTS + "\r\ncluster_slots_ok:" + SLOTS
                        + "\r\ncluster_known_nodes:1\r\ncluster_size:1\r\n");
            case "myid" -> Reply.bulk(NODE_ID);
            case "nodes" ->
                new Reply.Verbatim(
                        NODE_ID + " " + address + "@0 myself,master - 0 0 1 connected 0-" + (SLOTS - 1) + "\n");
            case "slots" ->
                Reply.array(Reply.array(
                        Reply.ZERO,
                        Reply.of(SLOTS - 1),
                        Reply.array(Reply.bulk(host), Reply.of(port), Reply.bulk(NODE_ID), Reply.array())));
            case "shards" -> Reply.array(shard(host, port));
            default -> Reply.of(KeySlot.of(words.bytes(2)));
        };
    }

    private static Reply shard(String host, long port) {
        Reply node = new Reply.Pairs(List.of(
                Reply.bulk("id"),
                Reply.bulk(NODE_ID),
                Reply.bulk("port"),
                Reply.of(port),
                Reply.bulk("ip"),
                Reply.bulk(host),
                Reply.bulk("endpoint"),
                Reply.bulk(host),
                Reply.bulk("role"),
                Reply.bulk("master"),
                Reply.bulk("replication-offset"),
                Reply.ZERO,
                Reply.bulk("health"),
                Reply.bulk("online")));
        return new Reply.Pairs(List.of(
                Reply.bulk("slots"),
                Reply.array(Reply.ZERO, Reply.of(SLOTS - 1)),
                Reply.bulk("nodes"),
                Reply.array(node)));
    }
}
