package com.kvstore.resp;

import com.kvstore.common.Result;
import com.kvstore.transport.Connection;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the server knows of one client. Threading: the event loop only. */
final class ClientState {
    /** Which replies a client wants. */
    enum Replies {
        ON,
        OFF,
        /** All but the next one. */
        SKIP_NEXT,
        /** All but this one. */
        SKIP
    }

    private final Connection connection;
    private final long id;
    private final long sinceNs = System.nanoTime();
    private String name = "";
    private String library = "";
    private String libraryVersion = "";
    private int version = 2;
    private Result.@Nullable Ack lastWrite;
    private long served;
    private Replies replies = Replies.ON;
    private Runnable ender = () -> {};

    ClientState(Connection connection, long id) {
        this.connection = connection;
        this.id = id;
    }

    Connection connection() {
        return connection;
    }

    long id() {
        return id;
    }

    String name() {
        return name;
    }

    void name(String newName) {
        name = newName;
    }

    void library(String newLibrary) {
        library = newLibrary;
    }

    void libraryVersion(String newVersion) {
        libraryVersion = newVersion;
    }

    /** Of the protocol: 2 or 3. */
    int version() {
        return version;
    }

    void version(int newVersion) {
        version = newVersion;
    }

    /** Null: it has written nothing. */
    Result.@Nullable Ack lastWrite() {
        return lastWrite;
    }

    void lastWrite(Result.Ack ack) {
        lastWrite = ack;
    }

    void served() {
        served++;
    }

    void replies(Replies wanted) {
        replies = wanted;
    }

    /** @param newEnder closes the connection once all that was asked is answered */
    void endsWith(Runnable newEnder) {
        ender = newEnder;
    }

    /** Somebody wants to be rid of this client, perhaps itself. */
    void end() {
        ender.run();
    }

    /** Asked once for each command. */
    boolean takesReplies() {
        boolean takes = replies == Replies.ON;
        if (replies == Replies.SKIP) {
            replies = Replies.ON;
        } else if (replies == Replies.SKIP_NEXT) {
            replies = Replies.SKIP;
        }
        return takes;
    }

    String address() {
        return text(connection.channel().remoteAddress());
    }

    String localAddress() {
        return text(connection.channel().localAddress());
    }

    private static String text(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : String.valueOf(address);
    }

    /** A line of CLIENT LIST. */
    String line() {
        long ageS = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - sinceNs);
        return "id=" + id + " addr=" + address() + " laddr=" + localAddress() + " name=" + name + " age=" + ageS
                + " db=0 tot-cmds=" + served + " resp=" + version + " lib-name=" + library + " lib-ver="
                + libraryVersion;
    }

    /** As a new connection is. */
    void reset() {
        name = "";
        version = 2;
        replies = Replies.ON;
    }
}
