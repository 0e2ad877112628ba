package com.kvstore.client;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.wire.BinaryCodec;
import com.kvstore.wire.RequestLimits;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of the store: asynchronous, pipelining over one connection, reconnecting by itself.
 *
 * <pre>{@code
 * try (KvClient client = KvClient.connect(KvClientConfig.of(ServerNode.parse("127.0.0.1:8080")))) {
 *     client.put(Bytes.of("username"), Bytes.of("alice")).join();
 *     Optional<Bytes> value = client.get(Bytes.of("username")).join();
 * }
 * }</pre>
 *
 * <p>Threading: safe for use by any number of threads; none of its methods but {@link #close} blocks. Futures complete on
 * the client's one thread: what is chained to them without an executor runs there and must be short, and must not wait for
 * another answer of this client.
 *
 * <p>Order: requests in flight at the same time may take effect in any order, also those for one key; wait for the first
 * one's future where the order matters.
 *
 * <p>Failure. {@link #execute} completes with a {@link Result.Failure} for everything that goes wrong; the typed methods
 * complete exceptionally with a {@link KvException} of the same code and message. {@code OUTCOME_UNKNOWN} means that a
 * write may or may not have been applied; every other code means that it was not.
 *
 * <ul>
 *   <li>When the connection breaks, the client connects anew and sends again what had no answer. A write keeps its {@link
 *       com.kvstore.common.RequestId} and so is applied at most once. {@code drain}, {@code forget} and {@code acceptLoss}
 *       are not sent twice: they end with {@code OUTCOME_UNKNOWN}.
 *   <li>At its deadline a write that was sent ends with {@code OUTCOME_UNKNOWN}, everything else with {@code UNAVAILABLE}.
 *   <li>An answer "not applied, retry" is retried for {@link KvClientConfig#retryUnavailableMs}, with back-off.
 *   <li>Beyond {@link KvClientConfig#maxInFlight} and {@link KvClientConfig#maxQueued} requests, more end at once with
 *       {@code OVERLOADED}: that is the back-pressure, the client itself holds no more than that.
 * </ul>
 */
public final class KvClient implements AutoCloseable {
    /** What a write takes in a frame beside its key and value, at most; and what the rest of a frame takes. */
    private static final int WRITE_OVERHEAD_BYTES = 16;

    private static final int REQUEST_OVERHEAD_BYTES = 1024;

    private final KvClientConfig config;
    private final ClientLoop loop;
    private final SessionToken session = new SessionToken();
    /** For calls that were accepted and are not finished. */
    private final Places places;

    private KvClient(KvClientConfig config, ClientLoop loop) {
        this.config = config;
        this.loop = loop;
        this.places = new Places(config.maxInFlight() + config.maxQueued());
    }

    /** Starts a client and returns at once; it connects while the first requests already wait. */
    public static KvClient connect(KvClientConfig config) {
        return connect(config, null, ConnectionListener.NONE);
    }

    /**
     * The same, with a say in where to connect.
     *
     * @param addresses asked on the client's thread before each round of attempts, instead of the configuration's; never
     *     empty. Null: the configuration's
     * @param listener hears when the connection comes and goes
     */
    public static KvClient connect(
            KvClientConfig config, @Nullable Supplier<List<ServerNode>> addresses, ConnectionListener listener) {
        Supplier<List<ServerNode>> source = addresses != null
                ? addresses
                : new Supplier<>() {
                    @Override
                    public List<ServerNode> get() {
                        return config.addresses();
                    }
                };
        return connect(config, source, listener, /* follows= */ true);
    }

    /** A client of one node, whatever that is: it follows nobody's advice to ask another one instead. */
    static KvClient toNode(ServerNode node, KvClientConfig config) {
        return connect(config.withAddresses(List.of(node)), () -> List.of(node), ConnectionListener.NONE, false);
    }

    private static KvClient connect(
            KvClientConfig config, Supplier<List<ServerNode>> source, ConnectionListener listener, boolean follows) {
        String peer = config.addresses().get(0).toString();
        Requests requests = new Requests(ClientName.random(), config.maxInFlight(), peer);
        ClientLoop loop = new ClientLoop(config, new Dialer(source, new Random()), requests, listener, follows);
        loop.start();
        return new KvClient(config, loop);
    }

    /**
     * The first node this client was connected to. Fails with {@code UNAVAILABLE} once every address was tried in vain; the
     * client goes on trying all the same.
     */
    public CompletableFuture<ServerNode> firstConnection() {
        return loop.firstConnection().copy();
    }

    /**
     * What the asked peer of a group holds of a key, from its own records alone: fast, and it may be stale. Nodes of the
     * ring do not know it ({@code BAD_REQUEST}).
     */
    public CompletableFuture<Optional<Bytes>> getLocal(Bytes key) {
        return found(execute(new Command.GetLocal(key, Version.ZERO)));
    }

    /** The committed value of a key; empty if there is none. */
    public CompletableFuture<Optional<Bytes>> get(Bytes key) {
        return found(execute(new Command.Get(key)));
    }

    private static CompletableFuture<Optional<Bytes>> found(CompletableFuture<Result> read) {
        return read.thenApply(result -> {
            if (result instanceof Result.Failure failure && failure.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            return Optional.of(expect(Result.Value.class, result).value());
        });
    }

    /** Inserts or overwrites. */
    public CompletableFuture<Result.Ack> put(Bytes key, Bytes value) {
        return transact(List.of(Write.put(key, value)));
    }

    /** Overwrites a key that is there; {@code NOT_FOUND} if it is not. */
    public CompletableFuture<Result.Ack> update(Bytes key, Bytes value) {
        return transact(List.of(Write.update(key, value)));
    }

    /** Deletes a key that is there; {@code NOT_FOUND} if it is not. */
    public CompletableFuture<Result.Ack> delete(Bytes key) {
        return transact(List.of(Write.delete(key)));
    }

    /** A key's value with its version and deadline; empty if there is none. */
    public CompletableFuture<Optional<Result.Value>> read(Bytes key) {
        return getAll(List.of(key)).thenApply(values -> values.get(0));
    }

    /** The values of several keys as of one moment, in the order asked: all of a transaction or nothing of it. */
    public CompletableFuture<List<Optional<Result.Value>>> getAll(List<Bytes> keys) {
        return typed(Result.Values.class, execute(new Command.GetAll(keys)), Result.Values::values);
    }

    /** Inserts; {@code CONFLICT} if the key is there. */
    public CompletableFuture<Result.Ack> putIfAbsent(Bytes key, Bytes value) {
        return transact(List.of(new Write(key, value, Condition.ABSENT)));
    }

    /** Overwrites what {@code version} wrote, as {@link #read} tells it; {@code CONFLICT} if it has changed or is gone. */
    public CompletableFuture<Result.Ack> putIfVersion(Bytes key, Version version, Bytes value) {
        return transact(List.of(new Write(key, value, Condition.versionIs(version))));
    }

    /** Deletes a key that has this value; {@code CONFLICT} if it has another or none. */
    public CompletableFuture<Result.Ack> compareAndDelete(Bytes key, Bytes value) {
        return transact(List.of(new Write(key, null, Condition.valueIs(value))));
    }

    /** Inserts or overwrites with a value that is gone at its deadline, by the coordinator's clock. */
    public CompletableFuture<Result.Ack> put(Bytes key, Bytes value, Expiry expiry) {
        return transact(List.of(new Write(key, value, expiry, Condition.NONE)));
    }

    /**
     * A page of the keys that begin with {@code prefix}; see {@link Command.Scan}.
     *
     * @param cursor 0 begins; else the page before's, until that is 0
     * @param limit about how many keys to look at; 1 to {@link com.kvstore.common.Limits#MAX_SCAN}
     */
    public CompletableFuture<Result.Page> scan(Bytes prefix, long cursor, int limit) {
        return typed(Result.Page.class, execute(new Command.Scan(cursor, limit, prefix)), Function.identity());
    }

    /** How many keys there are. */
    public CompletableFuture<Long> count() {
        return typed(Result.Count.class, execute(new Command.Count()), Result.Count::keys);
    }

    /**
     * All of these writes or none.
     *
     * @param writes one or more, no key twice
     */
    public CompletableFuture<Result.Ack> transact(List<Write> writes) {
        return typed(Result.Ack.class, execute(new Command.Transact(writes)), Function.identity());
    }

    /** The cluster's state, as a JSON document: see {@code status --json}. */
    public CompletableFuture<String> status() {
        return document(new Command.Describe(Command.Describe.Subject.STATUS, Bytes.EMPTY));
    }

    /** The ring and who stands where on it, as a JSON document. */
    public CompletableFuture<String> ring() {
        return document(new Command.Describe(Command.Describe.Subject.RING, Bytes.EMPTY));
    }

    /** A key's position, owner and replica, as a JSON document. */
    public CompletableFuture<String> where(Bytes key) {
        return document(new Command.Describe(Command.Describe.Subject.WHERE, key));
    }

    /** What would move if {@code server} joined ({@code add}) or left, as a JSON document; changes nothing. */
    public CompletableFuture<String> plan(boolean add, ServerNode server) {
        return document(new Command.Plan(add, server));
    }

    /** Moves everything off a server, then lets it leave; the answer comes once that has begun. */
    public CompletableFuture<Result.Ack> drain(ServerNode server) {
        return typed(Result.Ack.class, execute(new Command.Drain(server)), Function.identity());
    }

    /** Gives up a server, and with it whatever only it holds. */
    public CompletableFuture<Result.Ack> forget(ServerNode server) {
        return typed(Result.Ack.class, execute(new Command.Forget(server)), Function.identity());
    }

    /** Gives up what both copies are gone of: it is then simply not found. */
    public CompletableFuture<Result.Ack> acceptLoss() {
        return typed(Result.Ack.class, execute(new Command.AcceptLoss()), Function.identity());
    }

    /** Any command; the future completes normally, with a {@link Result.Failure} when something went wrong. */
    public CompletableFuture<Result> execute(Command command) {
        return execute(command, config.requestTimeoutMs(), config.retryUnavailableMs());
    }

    /**
     * The same with its own times.
     *
     * @param timeoutMs from now to the answer, retries included
     * @param retryUnavailableMs for how long an answer "not applied, retry" is met with a new attempt
     */
    public CompletableFuture<Result> execute(Command command, long timeoutMs, long retryUnavailableMs) {
        Result.Failure refusal = check(command);
        if (refusal != null) {
            return CompletableFuture.completedFuture(refusal);
        }
        if (!places.enter()) {
            return CompletableFuture.completedFuture(Result.Failure.of(
                    ErrorCode.OVERLOADED,
                    places.most()
                            + " requests are waiting for their answers already: not sent. Wait for some of them."));
        }
        Call call = new Call(asRead(command), System.nanoTime(), timeoutMs, retryUnavailableMs, places);
        call.session = config.reads() == ReadMode.OWN_WRITES ? session : null;
        loop.submit(call);
        return call.answer;
    }

    /** The command that reads as {@link KvClientConfig#reads} says. */
    private Command asRead(Command command) {
        if (!(command instanceof Command.Get get) || config.reads() == ReadMode.PROTOCOL) {
            return command;
        }
        Version own = session.of(get.key());
        boolean asEver = config.reads() == ReadMode.OWN_WRITES && own.equals(Version.ZERO);
        return asEver ? command : new Command.GetLocal(get.key(), own);
    }

    /** What this client has written, kept with {@link ReadMode#OWN_WRITES}; join another one's to read its writes too. */
    public SessionToken session() {
        return session;
    }

    /** Bytes read from the network so far: lets a caller show how far a large answer has come. */
    public long bytesReceived() {
        return loop.bytesIn();
    }

    /** Length in bytes of an answer that has arrived in part; 0 if there is none. */
    public long bytesExpected() {
        return loop.bytesExpected();
    }

    /** Bytes written to the network so far. */
    public long bytesSent() {
        return loop.bytesOut();
    }

    /** Ends the client. Writes without an answer end with {@code OUTCOME_UNKNOWN}, the rest with {@code UNAVAILABLE}. */
    @Override
    public void close() {
        loop.close();
    }

    /** What no node would take is refused here: a frame that is too long costs the connection. Null: fine. */
    private Result.@Nullable Failure check(Command command) {
        Result.Failure wrong = RequestLimits.check(command, config.maxValueBytes());
        if (wrong != null || !(command instanceof Command.Transact transact)) {
            return wrong;
        }
        long total = REQUEST_OVERHEAD_BYTES;
        for (Write write : transact.writes()) {
            Bytes value = write.value();
            total += write.key().length() + (value == null ? 0L : value.length()) + WRITE_OVERHEAD_BYTES;
        }
        int most = BinaryCodec.maxFrameBytes(config.maxValueBytes());
        return total <= most
                ? null
                : Result.Failure.of(
                        ErrorCode.TOO_LARGE,
                        "the transaction has " + total + " bytes; the limit is " + most + ": make it several");
    }

    private CompletableFuture<String> document(Command command) {
        return typed(Result.Document.class, execute(command), Result.Document::json);
    }

    private static <R extends Result, T> CompletableFuture<T> typed(
            Class<R> type, CompletableFuture<Result> answer, Function<R, T> view) {
        return answer.thenApply(result -> view.apply(expect(type, result)));
    }

    private static <R extends Result> R expect(Class<R> type, Result result) {
        if (type.isInstance(result)) {
            return type.cast(result);
        }
        if (result instanceof Result.Failure failure) {
            throw KvException.of(failure);
        }
        throw new KvException(
                ErrorCode.BAD_REQUEST,
                "The node answered with a " + result.getClass().getSimpleName() + ", which is"
                        + " not an answer to this request: run the same release on every node.");
    }
}
