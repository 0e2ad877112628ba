package com.kvstore.protocol.kernel;

import com.kvstore.common.Command;
import com.kvstore.common.Message;
import com.kvstore.common.RequestId;
import com.kvstore.common.ServerNode;
import org.jspecify.annotations.Nullable;

/**
 * An event that a driver hands to a machine.
 *
 * <p>A link is one connection, named by a number that is unique for the life of the process and never used again. On one
 * link messages arrive in the order they were sent, each once, or the link closes; a message of an older link may still
 * arrive after a newer link to the same peer has opened.
 */
public sealed interface Input {

    /**
     * The first input of a process's life: what was durable is already in the machine's hands.
     *
     * @param wallMs the host's clock, milliseconds since 1970
     */
    record Started(long wallMs) implements Input {}

    /** A connection asked for with {@link Effects#connect} is open. */
    record LinkOpened(long link, ServerNode peer) implements Input {}

    /**
     * A connection asked for did not open.
     *
     * @param refused the host answered that nobody listens there: the process is gone; false: no answer in time
     */
    record ConnectFailed(ServerNode peer, boolean refused) implements Input {}

    /** A link, either way opened, is closed: nothing more comes from it, and what was sent may not have arrived. */
    record LinkClosed(long link) implements Input {}

    /** A message from a node, on a link opened by either side. */
    record Received(long link, Message message) implements Input {}

    /** A message by UDP: may be lost, late, twice, out of order. */
    record DatagramReceived(Message message) implements Input {}

    record TimerFired(TimerId timer) implements Input {}

    /**
     * What was given to {@link Effects#persist}, or written before {@link Effects#sync}, with this token is durable, and so
     * is all given before it.
     */
    record Persisted(long token) implements Input {}

    /** It is not durable, and whether a part of it is cannot be told. */
    record PersistFailed(long token, String reason) implements Input {}

    /**
     * A client's request; exactly one {@link Effects#reply} to {@code client} must follow, now or later.
     *
     * @param client names this one request, unique for the life of the process
     */
    record ClientRequested(
            long client, Command command, @Nullable RequestId id) implements Input {}

    /** The process was asked to end: finish what is promised, then call {@link Effects#stop}. */
    record StopRequested() implements Input {}
}
