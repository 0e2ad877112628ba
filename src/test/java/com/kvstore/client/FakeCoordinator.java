package com.kvstore.client;

import com.kvstore.common.Bytes;
import com.kvstore.common.ClientMessage;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.e2e.Ports;
import com.kvstore.wire.BinaryCodec;
import com.kvstore.wire.FrameWriter;
import com.kvstore.wire.ProtocolException;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A node for tests that speaks binary frames and does what its script says; without one it is a map.
 *
 * <p>Threading: a thread for each connection; a script may be called from several at once.
 */
final class FakeCoordinator implements AutoCloseable {
    static final long EPOCH = 7;

    /** What to do with a request. */
    interface Script {
        void on(ClientMessage.Request request, Conversation conversation) throws IOException;
    }

    /** One connection. */
    static final class Conversation {
        private final Socket socket;

        Conversation(Socket socket) {
            this.socket = socket;
        }

        synchronized void answer(ClientMessage.Request request, Result result) throws IOException {
            FrameWriter out = new FrameWriter();
            BinaryCodec.encode(new ClientMessage.Response(request.tag(), result), out);
            socket.getOutputStream().write(out.toByteArray());
        }

        void drop() throws IOException {
            socket.close();
        }
    }

    private final Map<Bytes, Bytes> store = new ConcurrentHashMap<>();
    private final List<ClientMessage.Request> received = new CopyOnWriteArrayList<>();
    private final List<Conversation> conversations = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final int port;
    private volatile ServerSocket listener;
    private volatile Thread acceptor;
    private volatile long epoch = EPOCH;
    private volatile Script script = (request, conversation) -> conversation.answer(request, apply(request.command()));
    private volatile Result pingAnswer;

    FakeCoordinator() throws IOException {
        // Not a port of the system's choice: it would be given away while this is stopped, to who tries to reach it
        // even.
        port = Ports.free();
        listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        accept();
    }

    ServerNode node() {
        return new ServerNode("127.0.0.1", port);
    }

    KvClientConfig config() {
        return KvClientConfig.of(node());
    }

    void script(Script newScript) {
        script = newScript;
    }

    void epoch(long newEpoch) {
        epoch = newEpoch;
    }

    /** @param result null: a pong with the epoch */
    void answerPings(Result result) {
        pingAnswer = result;
    }

    Map<Bytes, Bytes> store() {
        return store;
    }

    /** Everything but pings, in the order it came. */
    List<ClientMessage.Request> received() {
        return received;
    }

    int connections() {
        return conversations.size();
    }

    /** What an obedient coordinator answers. */
    Result apply(Command command) {
        if (command instanceof Command.Get get) {
            Bytes value = store.get(get.key());
            return value == null
                    ? Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found: " + get.key())
                    : new Result.Value(value, new Version(epoch, 1));
        }
        if (command instanceof Command.Transact transact) {
            return apply(transact.writes().get(0));
        }
        if (command instanceof Command.Describe describe) {
            return new Result.Document("{\"epoch\":" + epoch + ",\"subject\":\"" + describe.subject() + "\"}");
        }
        return Result.Ack.WHOLE;
    }

    private Result apply(Write write) {
        if (write.condition().kind() == Condition.Kind.EXISTS && !store.containsKey(write.key())) {
            return Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found: " + write.key());
        }
        if (write.value() == null) {
            store.remove(write.key());
        } else {
            store.put(write.key(), write.value());
        }
        return Result.Ack.WHOLE;
    }

    /** The process is killed: every connection breaks and nobody listens. */
    void stop() throws IOException {
        listener.close();
        try {
            // As long as its thread sits in accept the system keeps the port open.
            acceptor.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        for (Socket socket : new ArrayList<>(open)) {
            socket.close();
        }
    }

    /** Listens again at the same port. */
    void start() throws IOException {
        ServerSocket again = new ServerSocket();
        again.setReuseAddress(true);
        again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        listener = again;
        accept();
    }

    @Override
    public void close() throws IOException {
        stop();
    }

    private void accept() {
        ServerSocket from = listener;
        Thread thread = new Thread(
                () -> {
                    while (!from.isClosed()) {
                        try {
                            serve(from.accept());
                        } catch (IOException closed) {
                            return;
                        }
                    }
                },
                "fake-accept");
        thread.setDaemon(true);
        thread.start();
        acceptor = thread;
    }

    private void serve(Socket socket) throws IOException {
        open.add(socket);
        socket.setTcpNoDelay(true);
        Thread thread = new Thread(
                () -> {
                    try (socket) {
                        converse(socket);
                    } catch (IOException | ProtocolException over) {
                        open.remove(socket);
                    }
                },
                "fake-connection");
        thread.setDaemon(true);
        thread.start();
    }

    private void converse(Socket socket) throws IOException, ProtocolException {
        Conversation conversation = new Conversation(socket);
        conversations.add(conversation);
        DataInputStream in = new DataInputStream(socket.getInputStream());
        BinaryCodec.checkPreamble(ByteBuffer.wrap(in.readNBytes(BinaryCodec.PREAMBLE_BYTES)));
        while (true) {
            byte[] header = new byte[Integer.BYTES];
            in.readFully(header);
            int length = BinaryCodec.frameLength(ByteBuffer.wrap(header), Integer.MAX_VALUE);
            byte[] frame = new byte[length];
            System.arraycopy(header, 0, frame, 0, header.length);
            in.readFully(frame, header.length, length - header.length);
            if (BinaryCodec.decodeFrame(ByteBuffer.wrap(frame)) instanceof ClientMessage.Request request) {
                if (request.command() instanceof Command.Ping) {
                    Result answer = pingAnswer;
                    conversation.answer(request, answer == null ? new Result.Pong(epoch) : answer);
                } else {
                    received.add(request);
                    script.on(request, conversation);
                }
            }
        }
    }
}
