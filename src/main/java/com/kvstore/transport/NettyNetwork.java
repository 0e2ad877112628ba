package com.kvstore.transport;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.wire.FrameWriter;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.collection.LongObjectHashMap;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node's TCP connections and its UDP port, on one event loop: what arrives on them goes to the machine, what the machine
 * sends goes out when its turn ends. Connections come from the {@link Acceptor} and the {@link Connector}.
 *
 * <p>Threading: the loop only, but for {@link #listen}, which blocks and is called from outside.
 *
 * <p>Invariants: link and client numbers rise and are never used again. Every client request gets one number, and its
 * entry lives until it is answered, also when its connection is gone: a machine answers every request.
 *
 * <p>Failure: nothing that a peer sends or omits harms another connection. See {@link Connection} for the bounds of one
 * connection, {@link NetworkOptions} for those of all together.
 */
public final class NettyNetwork implements Network {
    private static final boolean DEBUG = System.getenv("KVSTORE_DEBUG") != null;
    private static final long SHUTDOWN_POLL_MS = 10;
    /** When so many clients have been answered who ask one thing at a time, their answers do not wait for the turn's end. */
    private static final int ENOUGH_ANSWERED = 8;

    private final EventLoop loop;
    private final NetworkOptions options;
    private final Names names;
    private final MemoryBudget inputBudget;
    private final MemoryBudget answerBudget;
    private final Acceptor acceptor;
    private final Connector connector;
    private final List<Language.Factory> languages;
    private final FrameWriter writer = new FrameWriter();

    private final LongObjectHashMap<Connection> connections = new LongObjectHashMap<>();
    private final PendingRequests requests = new PendingRequests();

    private List<Connection> dirty = new ArrayList<>();
    private List<Connection> flushing = new ArrayList<>();
    /** Of clients that have nothing more to hear in this turn, as far as can be known. */
    private final List<Connection> answered = new ArrayList<>();

    private Consumer<Input> sink = input -> {
        throw new IllegalStateException("nobody takes what arrives: " + input);
    };
    private @Nullable UdpPort udp;
    private PasswordTrouble passwords = new PasswordTrouble(problem -> {});
    private long lastLink;
    private boolean flushQueued;

    public NettyNetwork(EventLoop loop, NetworkOptions options) {
        this.loop = loop;
        this.options = options;
        this.names = new Names(loop);
        this.inputBudget = new MemoryBudget(options.memoryBytes());
        this.answerBudget = new MemoryBudget(options.memoryBytes());
        this.languages = new ArrayList<>(List.of(
                new Language.Factory(BinaryLanguage::beginsWith, this::binary),
                new Language.Factory(JsonLanguage::beginsWith, JsonLanguage::new)));
        this.acceptor = new Acceptor(this, loop, options);
        this.connector = new Connector(this, loop, options, names);
    }

    /**
     * To be called before anything is opened.
     *
     * @param taker takes what arrives, on the loop; must hold it back while one of this network's methods runs
     */
    public void deliverTo(Consumer<Input> taker) {
        this.sink = taker;
    }

    /** Adds a language; before anything is opened. */
    public void speak(Language.Factory language) {
        languages.add(language);
    }

    /** @param taker hears of passwords that do not match, in sentences for people */
    public void tellProblemsTo(Consumer<String> taker) {
        passwords = new PasswordTrouble(taker);
    }

    /** The loop that everything here runs on. */
    public EventLoop loop() {
        return loop;
    }

    /** Sends datagrams from {@code port}. */
    public void use(UdpPort port) {
        this.udp = port;
    }

    /** Takes a port; {@link Listener#start} begins to accept. Blocks; not to be called on the loop. */
    public Listener listen(String host, int port) throws PortUnavailableException {
        return listen(host, port, null);
    }

    /** @param only the one language spoken there; null: the first byte of a connection tells */
    public Listener listen(String host, int port, Language.@Nullable Factory only) throws PortUnavailableException {
        return new Listener(acceptor.listen(host, port, only));
    }

    /** A port this node has. */
    public record Listener(Channel channel) {
        /** Begins to accept connections; those that came earlier have waited. */
        public void start() {
            channel.config().setAutoRead(true);
        }

        public int port() {
            return ((InetSocketAddress) channel.localAddress()).getPort();
        }
    }

    // ---- connections come and go --------------------------------------------------------------------------------

    @Override
    public void connect(ServerNode peer) {
        connector.connect(peer);
    }

    /**
     * A connection with a number of its own; {@link #add} makes it known.
     *
     * @param peer null: the other side opened it
     */
    Connection connectionOf(Channel channel, @Nullable ServerNode peer) {
        return new Connection(this, ++lastLink, channel, peer);
    }

    /** From now on the connection is found by its number. */
    void add(Connection connection) {
        connections.put(connection.id(), connection);
    }

    BinaryLanguage binary(Connection connection) {
        return new BinaryLanguage(connection, writer);
    }

    void closed(Connection connection) {
        if (!connection.outgoing()) {
            acceptor.closed();
        }
        if (connections.remove(connection.id()) != null && connection.isNode()) {
            sink.accept(new Input.LinkClosed(connection.id()));
        }
    }

    @Override
    public void close(long link) {
        Connection connection = connections.get(link);
        if (connection != null) {
            connection.close();
        }
    }

    // ---- what arrives -------------------------------------------------------------------------------------------

    /** @throws BadInputException when no language begins so */
    Language languageOf(int firstByte, Connection connection) throws BadInputException {
        Language.Factory only = acceptor.onlyLanguageOf(connection.channel());
        if (only != null) {
            return only.open().apply(connection);
        }
        for (Language.Factory language : languages) {
            if (language.beginsWith().test(firstByte)) {
                return language.open().apply(connection);
            }
        }
        throw new BadInputException(
                ErrorCode.BAD_REQUEST,
                "This port speaks JSON lines, such as {\"req_type\":\"get\",\"key\":\"name\"}, and the nodes' binary"
                        + " frames; what was sent is neither.");
    }

    /** What a node said to the password it was told. */
    void authenticated(ServerNode peer, Result result) {
        if (result instanceof Result.Failure failure) {
            passwords.refused(peer, failure.message());
        } else {
            passwords.accepted(peer);
        }
    }

    void wrongPassword(SocketAddress from) {
        passwords.wrong(from);
    }

    void received(long link, Message message) {
        sink.accept(new Input.Received(link, message));
    }

    /** What became of an attempt to connect. */
    void deliver(Input input) {
        sink.accept(input);
    }

    void requested(ClientRequest request, Command command, @Nullable RequestId id) {
        sink.accept(new Input.ClientRequested(requests.add(request), command, id));
    }

    // ---- what is sent -------------------------------------------------------------------------------------------

    @Override
    public void send(long link, Message message) {
        Connection connection = connections.get(link);
        if (connection != null) {
            connection.send(message);
        }
    }

    @Override
    public void reply(long number, Result result) {
        ClientRequest request = requests.remove(number);
        if (request == null) {
            throw new IllegalStateException("request " + number + " is answered a second time, with " + result);
        }
        request.connection.answer(request, result);
    }

    @Override
    public void datagram(ServerNode to, Message message) {
        UdpPort port = udp;
        if (port == null) {
            return;
        }
        InetAddress address = names.addressNow(to.host());
        if (address == null) {
            // Unreliable anyway: this one is lost, the next one finds the name looked up.
            names.lookUp(to.host(), found -> {});
        } else {
            port.send(new InetSocketAddress(address, to.port()), message);
        }
    }

    void dirty(Connection connection) {
        dirty.add(connection);
    }

    /** The only request of a client has its answer. */
    void answered(Connection connection) {
        answered.add(connection);
    }

    @Override
    public void inputEnded() {
        if (answered.size() >= ENOUGH_ANSWERED) {
            answered.forEach(Connection::flushIfDirty);
            answered.clear();
        }
    }

    /** For what is sent without a driver's turn to end: an error that the network itself found. */
    void flushSoon() {
        if (!flushQueued) {
            flushQueued = true;
            loop.execute(() -> {
                flushQueued = false;
                endTurn();
            });
        }
    }

    @Override
    public void endTurn() {
        if (dirty.isEmpty()) {
            return;
        }
        List<Connection> now = dirty;
        dirty = flushing;
        flushing = now;
        for (Connection connection : now) {
            connection.flushIfDirty();
        }
        now.clear();
        answered.clear();
    }

    @Override
    public void shutdown(long timeoutMs, Runnable then) {
        acceptor.stop();
        endTurn();
        awaitSent(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs), then);
    }

    private void awaitSent(long deadlineNs, Runnable then) {
        boolean sent = true;
        for (Connection connection : connections.values()) {
            sent &= connection.unsentBytes() == 0;
        }
        if (!sent && System.nanoTime() - deadlineNs < 0) {
            var unused = loop.schedule(() -> awaitSent(deadlineNs, then), SHUTDOWN_POLL_MS, TimeUnit.MILLISECONDS);
            return;
        }
        for (Connection connection : new ArrayList<>(connections.values())) {
            connection.closeNow();
        }
        if (udp != null) {
            udp.close();
        }
        then.run();
    }

    // ---- for the connections ------------------------------------------------------------------------------------

    NetworkOptions options() {
        return options;
    }

    ByteBufAllocator allocator() {
        return EventLoops.ALLOCATOR;
    }

    /** For what accepted connections have sent and is not answered. */
    MemoryBudget inputBudget() {
        return inputBudget;
    }

    /** For what accepted connections were answered and have not read. */
    MemoryBudget answerBudget() {
        return answerBudget;
    }

    /** What went wrong on one connection, for whoever looks for a bug. */
    void debug(Connection connection, Throwable cause) {
        if (DEBUG) {
            System.err.println("link " + connection.id() + " " + connection.channel() + ": " + cause);
        }
    }
}
