package com.kvstore.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * A closed loop: so many connections, each with so many requests in flight, from one thread and one selector.
 *
 * <p>An answer frees a place for the next request; whatever is to be sent when a connection has been read leaves in one
 * write, as a pipelining client would.
 *
 * <p>Threading: one thread's.
 */
final class Load implements ClosedLoop {
    /**
     * How to tell answers apart, and what goes with the requests.
     *
     * @param echoed the server sends requests back: an answer is as long as its request
     * @param waits each batch of requests, as many as are in flight, ends in Redis' WAIT, and counts once that is answered
     */
    record Form(boolean echoed, boolean waits) {
        static final Form PLAIN = new Form(false, false);
        static final Form ECHO = new Form(true, false);
        static final Form WAITING = new Form(false, true);
    }

    /** @param errors answers that say that something went wrong */
    record Measured(double perSecond, Histogram latencyNs, long errors) {}

    private final InetSocketAddress server;
    private final Requests requests;
    private final Form form;
    private final List<LoadConnection> connections = new ArrayList<>();
    private final Selector selector;
    private boolean begun;

    Load(int port, Requests requests, Form form, int connections, int inFlight) throws IOException {
        this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.requests = requests;
        this.form = form;
        this.selector = Selector.open();
        for (int i = 0; i < connections; i++) {
            SocketChannel channel = SocketChannel.open(server);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            LoadConnection connection = new LoadConnection(channel, requests, form, inFlight);
            channel.register(selector, SelectionKey.OP_READ, connection);
            this.connections.add(connection);
        }
    }

    /** Writes every key once. */
    static void fill(int port, Requests requests) throws IOException {
        try (SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            LoadConnection.fill(channel, requests);
        }
    }

    @Override
    public Measured run(long ms) throws IOException {
        long startNs = System.nanoTime();
        long endNs = startNs + ms * 1_000_000;
        Histogram latencyNs = new Histogram(60_000_000_000L, 3);
        long answers = 0;
        long errorsBefore = errors();
        if (!begun) {
            begun = true;
            for (LoadConnection connection : connections) {
                connection.start();
            }
        }
        long nowNs = startNs;
        while (nowNs < endNs) {
            selector.select(100);
            for (SelectionKey key : selector.selectedKeys()) {
                LoadConnection connection = (LoadConnection) key.attachment();
                answers += connection.onReadable(latencyNs);
                int wanted =
                        connection.wantsToWrite() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
                if (key.interestOps() != wanted) {
                    key.interestOps(wanted);
                }
            }
            selector.selectedKeys().clear();
            nowNs = System.nanoTime();
        }
        return new Measured(answers * 1e9 / (nowNs - startNs), latencyNs, errors() - errorsBefore);
    }

    private long errors() {
        return connections.stream().mapToLong(LoadConnection::errors).sum();
    }

    @Override
    public void close() throws IOException {
        for (LoadConnection connection : connections) {
            connection.close();
        }
        selector.close();
    }

    /**
     * Returns once the cluster says that every key has two copies.
     *
     * @param servers how many members there are to be, all up
     */
    static void awaitWhole(int port, int servers) {
        Waiting.until("two copies of every key on " + servers + " data nodes", () -> isWhole(port, servers));
    }

    /** Whether the cluster has so many data nodes, all up, and two copies of every key. */
    static boolean isWhole(int port, int servers) throws IOException {
        try (SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            ByteBuffer answer = ByteBuffer.allocate(1 << 20);
            channel.write(ByteBuffer.wrap("{\"req_type\":\"status\"}\n".getBytes(StandardCharsets.US_ASCII)));
            do {
                channel.read(answer);
            } while (answer.get(answer.position() - 1) != '\n');
            String text = new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
            return text.contains("\"whole\":true") && text.split("\"state\":\"up\"", -1).length > servers;
        }
    }

    @Override
    public String toString() {
        return connections.size() + " connections to " + server + ", " + requests.keys() + " keys, " + form;
    }
}
