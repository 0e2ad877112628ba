package com.kvstore.transport;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import io.netty.buffer.ByteBuf;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntPredicate;

/**
 * What one connection speaks: cuts its bytes into messages and requests, and turns messages and answers into bytes.
 *
 * <p>One object for each connection, used on the event loop only. A further language (the Redis protocol, HTTP) is one
 * more implementation and one more {@link Factory} in the network's list.
 */
public interface Language {

    /**
     * Recognizes a language by the first byte of a connection, and speaks it.
     *
     * @param refusal what is said to a connection for which there is no room
     */
    record Factory(
            IntPredicate beginsWith,
            Function<Connection, Language> open,
            BiFunction<ErrorCode, String, byte[]> refusal) {
        /** One whose refusals are JSON lines, which people can read. */
        public Factory(IntPredicate beginsWith, Function<Connection, Language> open) {
            this(beginsWith, open, JsonLanguage::errorLine);
        }
    }

    /**
     * Takes whole messages from {@code in} while {@link Connection#mayRead} holds, and leaves an unfinished one. No more
     * memory is taken than has arrived.
     *
     * @throws BadInputException when nothing after this can be understood: the connection is refused
     */
    void read(ByteBuf in) throws BadInputException;

    /** The other side sends no more; {@code in} holds what {@link #read} left. */
    default void inputEnded(ByteBuf in) throws BadInputException {}

    /** Sends a message to a node. */
    void send(Message message);

    /** Tells the other side why its connection is about to be closed. */
    void refuse(ErrorCode code, String message);
}
