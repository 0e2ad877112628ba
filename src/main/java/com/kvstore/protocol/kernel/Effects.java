package com.kvstore.protocol.kernel;

import com.kvstore.common.Bytes;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;

/**
 * What a machine can do to the world: a sink it writes to while it handles an input.
 *
 * <p>No call blocks, throws for a reason of the world outside, or calls the machine back; what comes of it arrives later
 * as an {@link Input}, if at all.
 */
public interface Effects {
    /** Sends on an open link, in order; dropped without a word if the link is closed: {@code LinkClosed} tells. */
    void send(long link, Message message);

    /** Sends by UDP, best effort. */
    void datagram(ServerNode to, Message message);

    /** Opens a link: {@code LinkOpened} or {@code ConnectFailed} follows, once. */
    void connect(ServerNode peer);

    /** Closes a link; {@code LinkClosed} follows. */
    void close(long link);

    /**
     * Makes a state durable, replacing the one before. {@code Persisted} or {@code PersistFailed} follows.
     *
     * @param token rises from call to call
     */
    void persist(long token, Persistent state);

    /**
     * Makes durable all that the machine has written to its storage so far. {@code Persisted} or {@code PersistFailed}
     * follows. One at a time: while one is under way the machine asks for no other, so that whatever it writes meanwhile
     * shares the next one (group commit).
     *
     * @param token rises from call to call
     */
    void sync(long token);

    /** {@code TimerFired} follows once {@code atNs} has come, unless the timer is moved or cancelled before. */
    void setTimer(TimerId timer, long atNs);

    void cancelTimer(TimerId timer);

    /** Answers a client's request; dropped if the client has gone. */
    void reply(long client, Result result);

    /** A line for people, such as {@code [REGISTER] Server 127.0.0.1:8081 registered at position 1}. */
    void note(String tag, String text);

    /** The same for something that may happen on every request: the driver may drop or sum up. */
    void requestNote(String tag, Bytes key);

    /** The process may end now. */
    void stop(int exitStatus);
}
