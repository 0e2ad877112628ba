package com.kvstore.transport;

import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;

/**
 * What a driver may ask of the network. What comes of it arrives as {@code Input}s at the sink the network was given.
 *
 * <p>Threading: all calls on the one event loop. No call blocks, throws for a reason of the world outside, or hands over
 * an input before it has returned.
 */
public interface Network {
    /** Sends on an open link, in order; dropped without a word if the link is closed. */
    void send(long link, Message message);

    /** Sends by UDP, best effort. */
    void datagram(ServerNode to, Message message);

    /** Opens a link: {@code LinkOpened} or {@code ConnectFailed} follows, once. */
    void connect(ServerNode peer);

    /** Closes a link, after an attempt to write out what was sent on it; {@code LinkClosed} follows. */
    void close(long link);

    /** Answers a client's request; dropped if the client has gone. */
    void reply(long client, Result result);

    /**
     * To be called between two inputs of a turn: some answers may leave now. A turn lasts for as long as there is something to
     * read, and a client that waits for its answer asks nothing meanwhile.
     */
    void inputEnded();

    /** Writes out what was sent since the last call: one write and one flush for each connection. */
    void endTurn();

    /**
     * Stops listening, writes out what is waiting, closes everything.
     *
     * @param timeoutMs how long to wait for peers that do not read
     * @param then run on the event loop when that is done
     */
    void shutdown(long timeoutMs, Runnable then);
}
