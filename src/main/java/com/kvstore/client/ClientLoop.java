package com.kvstore.client;

import com.kvstore.common.ClientMessage;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Password;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.wire.BinaryCodec;
import java.io.IOException;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The client's one thread: connects, writes, reads, keeps the time, and reconnects.
 *
 * <p>Threading: {@link #submit}, {@link #close} and the counters may be called from any thread; everything else happens on
 * the loop's own.
 */
final class ClientLoop implements Runnable, Connection.Receiver {
    /** The tag of the ping that opens a connection; requests count from 1. */
    private static final long PING_TAG = 0;

    /** The tag of what goes before it, if there is a password. */
    private static final long PASSWORD_TAG = -1;

    private static final int MOST_VALUE_BYTES = 256 * 1024 * 1024;

    private final KvClientConfig config;
    private final Selector selector;
    private final Dialer dialer;
    private final Requests requests;
    private final ConnectionListener listener;
    private final boolean follows;
    private final CompletableFuture<ServerNode> firstConnection = new CompletableFuture<>();
    private final Thread thread;

    private final Inbox<Call> inbox = new Inbox<>();
    private volatile boolean closing;
    private volatile long bytesIn;
    private volatile long bytesOut;
    private volatile long bytesExpected;

    private @Nullable Connection connection;
    /** Whether the present connection has answered its ping. */
    private boolean ready;

    private long connectDeadlineNs;
    private long lastHeardNs;
    private long goneIn;
    private long goneOut;

    /** @param follows whether to go where a node says that requests belong; else it is asked all the same */
    ClientLoop(KvClientConfig config, Dialer dialer, Requests requests, ConnectionListener listener, boolean follows) {
        this.follows = follows;
        this.config = config;
        this.dialer = dialer;
        this.requests = requests;
        this.listener = listener;
        try {
            this.selector = Selector.open();
        } catch (IOException noDescriptors) {
            throw new KvException(
                    ErrorCode.UNAVAILABLE, "The system gives this process no selector: " + noDescriptors.getMessage());
        }
        this.thread = new Thread(this, "kv-client");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    CompletableFuture<ServerNode> firstConnection() {
        return firstConnection;
    }

    long bytesIn() {
        return bytesIn;
    }

    /** Of an answer that has arrived in part. */
    long bytesExpected() {
        return bytesExpected;
    }

    long bytesOut() {
        return bytesOut;
    }

    void submit(Call call) {
        Inbox.Put outcome = inbox.put(call);
        if (outcome == Inbox.Put.REFUSED) {
            call.finish(Result.Failure.of(ErrorCode.UNAVAILABLE, "The client is closed."));
        } else if (outcome == Inbox.Put.FIRST && Thread.currentThread() != thread) {
            selector.wakeup();
        }
    }

    /** Ends the loop; returns once every call has its answer, or at once when called from the loop's own thread. */
    void close() {
        closing = true;
        selector.wakeup();
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        String end = "The client was closed.";
        try {
            while (!closing) {
                turn();
            }
        } catch (IOException | RuntimeException broken) {
            end = "The client broke down: " + broken;
        } finally {
            shutDown(end);
        }
    }

    private void turn() throws IOException {
        takeSubmitted();
        long nowNs = System.nanoTime();
        Connection open = connection;
        if (open == null && dialer.waitNs(nowNs) == 0) {
            dial(nowNs);
        } else if (open != null) {
            drive(open, nowNs);
        }
        if (requests.expire(nowNs, lastHeardNs) && connection != null) {
            lost("it stopped answering");
        }
        select(System.nanoTime());
        Connection selected = connection;
        if (selected != null && !selector.selectedKeys().isEmpty()) {
            receive(selected);
        }
        selector.selectedKeys().clear();
    }

    private void takeSubmitted() {
        ArrayDeque<Call> drained = inbox.take();
        for (Call call = drained.pollFirst(); call != null; call = drained.pollFirst()) {
            requests.submit(call);
        }
    }

    private void dial(long nowNs) {
        ServerNode node = dialer.next();
        connectDeadlineNs = nowNs + config.connectTimeoutMs() * 1_000_000;
        try {
            connection = new Connection(node, selector, maxFrameBytes());
        } catch (IOException | RuntimeException refused) {
            connectFailed(node, reason(refused));
        }
    }

    /** A node may have been started with a higher limit than this client's: what it stored can still be read. */
    private int maxFrameBytes() {
        return BinaryCodec.maxFrameBytes(Math.max(config.maxValueBytes(), MOST_VALUE_BYTES));
    }

    private void connectFailed(ServerNode node, String why) {
        requests.connectFailed(node.toString(), why);
        boolean nobody = dialer.roundOver();
        dialer.failed(System.nanoTime());
        if (nobody) {
            firstConnection.completeExceptionally(new KvException(
                    ErrorCode.UNAVAILABLE, "Cannot reach the coordinator at " + node + " (" + why + ")"));
        }
    }

    /** Sends what is due and watches the time of an attempt to connect. */
    private void drive(Connection open, long nowNs) {
        ServerNode elsewhere = requests.redirectDue();
        if (elsewhere != null) {
            drop("it sent us to " + elsewhere);
            dialer.redirect(elsewhere);
        } else if (!ready && nowNs - connectDeadlineNs >= 0) {
            lost("no answer within " + Quantities.duration(config.connectTimeoutMs()));
        } else if (ready) {
            try {
                requests.sendWaiting(open, nowNs);
                open.flush();
                bytesOut = goneOut + open.bytesOut();
            } catch (IOException broken) {
                lost(reason(broken));
            }
        }
    }

    private void select(long nowNs) throws IOException {
        long wait = requests.waitNs(nowNs);
        if (connection == null) {
            wait = sooner(wait, dialer.waitNs(nowNs));
        } else if (!ready) {
            wait = sooner(wait, Math.max(0, connectDeadlineNs - nowNs));
        } else if (requests.redirectDue() != null) {
            wait = 0;
        }
        if (wait < 0) {
            selector.select();
        } else if (wait == 0) {
            selector.selectNow();
        } else {
            selector.select(wait / 1_000_000 + 1);
        }
    }

    private static long sooner(long a, long b) {
        return a < 0 ? b : Math.min(a, b);
    }

    private void receive(Connection open) {
        try {
            if (open.connectable() && open.finishConnect()) {
                Password password = config.password();
                if (password != null) {
                    Command tell = new Command.Authenticate(password.bytes());
                    open.send(new ClientMessage.Request(PASSWORD_TAG, tell, null));
                }
                open.send(new ClientMessage.Request(PING_TAG, new Command.Ping(), null));
                open.flush();
            } else if (open.readable()) {
                lastHeardNs = System.nanoTime();
                open.read(this);
                if (connection == open) {
                    bytesIn = goneIn + open.bytesIn();
                    bytesExpected = open.partialFrameBytes();
                }
            }
        } catch (IOException broken) {
            lost(reason(broken));
        }
    }

    @Override
    public void received(ClientMessage.Response response) {
        if (response.tag() == PING_TAG) {
            pinged(response.result());
        } else if (response.tag() != PASSWORD_TAG) {
            // What is wrong with a password, the answer to the ping says too.
            requests.answered(response, lastHeardNs);
        }
    }

    private void pinged(Result result) {
        Connection open = connection;
        if (open == null) {
            return;
        }
        ServerNode node = open.node();
        if (result instanceof Result.Pong pong) {
            connected(node, pong.epoch());
        } else if (result instanceof Result.Failure failure && failure.code() == ErrorCode.UNAUTHORIZED) {
            // Whoever asks anything hears the same: there is nothing to wait for.
            connected(node, failure.epoch());
        } else if (!follows && result instanceof Result.Failure failure && failure.code() == ErrorCode.WRONG_NODE) {
            // A data node that takes backups is no coordinator, and need not be one.
            connected(node, failure.epoch());
        } else if (result instanceof Result.Failure failure) {
            ServerNode elsewhere = failure.redirect();
            if (failure.code() == ErrorCode.WRONG_NODE && elsewhere != null && requests.mayFollow()) {
                drop("it sent us to " + elsewhere);
                dialer.redirect(elsewhere);
            } else {
                lost(failure.message());
            }
        } else {
            lost("it did not answer a ping");
        }
    }

    private void connected(ServerNode node, long epoch) {
        ready = true;
        dialer.succeeded();
        requests.connectionReady(node.toString(), epoch);
        firstConnection.complete(node);
        listener.connected(node);
    }

    /** The connection is of no use any more; the dialer waits before it tries again. */
    private void lost(String why) {
        Connection open = connection;
        if (open == null) {
            return;
        }
        boolean wasReady = ready;
        drop(why);
        if (wasReady) {
            listener.lost(open.node(), why);
        } else {
            connectFailed(open.node(), why);
        }
    }

    private void drop(String why) {
        Connection open = connection;
        if (open == null) {
            return;
        }
        open.close();
        connection = null;
        ready = false;
        goneIn += open.bytesIn();
        goneOut += open.bytesOut();
        requests.connectionLost(why);
    }

    private void shutDown(String end) {
        Connection open = connection;
        if (open != null) {
            open.close();
        }
        try {
            selector.close();
        } catch (IOException ignored) {
            // Nothing is registered with it any more.
        }
        inbox.close();
        takeSubmitted();
        requests.close(end);
        firstConnection.completeExceptionally(new KvException(ErrorCode.UNAVAILABLE, end));
    }

    private static String reason(Exception broken) {
        String message = broken.getMessage();
        if (message == null) {
            return broken.getClass().getSimpleName();
        }
        return message.isEmpty() ? "it broke" : Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }
}
