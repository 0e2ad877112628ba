package com.kvstore.resp;

import com.kvstore.transport.Connection;
import java.util.Collection;
import java.util.TreeMap;

/** The clients that speak the Redis protocol to this node, and what they share. Threading: the event loop only. */
final class RespClients {
    private final TreeMap<Long, ClientState> byId = new TreeMap<>();
    private final ReplyWriter writer = new ReplyWriter();
    private final long startNs = System.nanoTime();
    private long accepted;

    ClientState add(Connection connection) {
        ClientState state = new ClientState(connection, connection.id());
        byId.put(state.id(), state);
        accepted++;
        connection.channel().closeFuture().addListener(closed -> byId.remove(state.id()));
        return state;
    }

    /** By the age of their connections. */
    Collection<ClientState> all() {
        return byId.values();
    }

    /** Empty between two replies. */
    ReplyWriter writer() {
        return writer;
    }

    long accepted() {
        return accepted;
    }

    long upSeconds() {
        return (System.nanoTime() - startNs) / 1_000_000_000L;
    }
}
