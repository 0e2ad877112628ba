package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.transport.ClientRequest;
import com.kvstore.transport.Connection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One command's place in the order of replies. Threading: the event loop only. */
final class Slot extends ClientRequest {
    /** Turns the store's result into the reply. */
    @FunctionalInterface
    interface Answering {
        void answer(Result result, Slot replies);
    }

    static final Answering GET = (result, replies) -> {
        if (result instanceof Result.Value value) {
            replies.bulk(value.value());
        } else if (result instanceof Result.Failure failure && failure.code() == ErrorCode.NOT_FOUND) {
            replies.reply(Reply.NULL);
        } else {
            replies.failed(result);
        }
    };
    static final Answering WRITE = (result, replies) -> {
        if (result instanceof Result.Ack ack) {
            replies.written(ack);
            replies.ok();
        } else {
            replies.failed(result);
        }
    };
    static final Answering COMPUTED = (result, replies) -> {
        if (result instanceof Result.Computed computed) {
            replies.written(computed.ack());
            replies.reply((Reply) computed.answer());
        } else {
            replies.failed(result);
        }
    };

    private final Connection connection;
    private final ReplyWindow window;
    private @Nullable Answering answering;
    private @Nullable Bytes key;
    private @Nullable List<Bytes> keys;
    private boolean writing;
    private boolean done;
    private boolean wanted = true;
    private int version = 2;
    private byte @Nullable [] held;

    Slot(Connection connection, ReplyWindow window, int bytes) {
        super(connection, bytes);
        this.connection = connection;
        this.window = window;
    }

    /**
     * Commands take effect in their order, and so do those that change how replies are written.
     *
     * @param replyWanted whether the client takes this command's reply
     * @param replyVersion of the protocol it is written in
     */
    void settle(boolean replyWanted, int replyVersion) {
        wanted = replyWanted;
        version = replyVersion;
    }

    boolean isWanted() {
        return wanted;
    }

    Slot reads(Bytes read) {
        key = read;
        return this;
    }

    Slot reads(List<Bytes> read) {
        keys = read;
        return this;
    }

    Slot writes(Bytes written) {
        key = written;
        writing = true;
        return this;
    }

    Slot writes(List<Bytes> written) {
        keys = written;
        writing = true;
        return this;
    }

    /** It waits for every write before it, and everything that reads waits for it. */
    Slot everything() {
        writing = true;
        return this;
    }

    boolean isWriting() {
        return writing;
    }

    /** Whether both are about one key. */
    boolean touches(Slot other) {
        if (isAboutEverything() || other.isAboutEverything()) {
            return true;
        }
        Bytes one = key;
        if (one != null) {
            return other.isAbout(one);
        }
        return keys != null && keys.stream().anyMatch(other::isAbout);
    }

    private boolean isAboutEverything() {
        return key == null && keys == null;
    }

    private boolean isAbout(Bytes one) {
        return one.equals(key) || (keys != null && keys.contains(one));
    }

    /** Asks the store. */
    void request(Command command, Answering whenAnswered) {
        answering = whenAnswered;
        connection.requested(command, null, this);
    }

    @Override
    protected void answer(Result result) {
        Answering taker = answering;
        if (taker != null) {
            taker.answer(result, this);
        }
    }

    /** Replies without having asked the store. */
    void complete(Reply reply) {
        reply(reply);
        connection.flushSoon();
    }

    void reply(Reply reply) {
        window.writer().write(reply, version);
        window.completed(this);
    }

    void bulk(Bytes bytes) {
        window.writer().bulk(bytes);
        window.completed(this);
    }

    void ok() {
        window.writer().ok();
        window.completed(this);
    }

    void failed(Result result) {
        window.writer()
                .problem(
                        result instanceof Result.Failure failure
                                ? Failures.text(failure)
                                : "ERR an answer that belongs to no command: " + result);
        window.completed(this);
    }

    /** The reply to a read of several keys. */
    void values(Result result, Function<Map<Bytes, Result.Value>, Reply> reply, List<Bytes> asked) {
        if (!(result instanceof Result.Values values)) {
            failed(result);
            return;
        }
        Map<Bytes, Result.Value> present = new LinkedHashMap<>();
        for (int i = 0; i < asked.size(); i++) {
            Bytes each = asked.get(i);
            Optional<Result.Value> value = values.values().get(i);
            value.ifPresent(there -> present.put(each, there));
        }
        reply(reply.apply(present));
    }

    private void written(Result.Ack ack) {
        window.written(ack);
    }

    boolean isDone() {
        return done;
    }

    /** The reply is written; bytes that must wait for earlier ones are held, null if they need not. */
    void done(byte @Nullable [] reply) {
        done = true;
        held = reply;
    }

    byte @Nullable [] held() {
        return held;
    }
}
