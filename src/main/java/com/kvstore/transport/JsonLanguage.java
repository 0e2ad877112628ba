package com.kvstore.transport;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.wire.JsonLine;
import com.kvstore.wire.JsonLines;
import com.kvstore.wire.JsonNodeCodec;
import com.kvstore.wire.JsonRequest;
import com.kvstore.wire.JsonResponses;
import com.kvstore.wire.ProtocolException;
import com.kvstore.wire.RequestException;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON lines: people, scripts, and nodes with {@code --wire json}.
 *
 * <p>Answers keep the order of the requests: one that is ready early waits in a window for those before it. A read that
 * follows a write of the same key on the same connection waits for it, because whoever sends lines one after the other
 * expects to read what the line before has written. A line that
 * is not a good request is answered with an error in its turn, and the connection goes on; only a line that is too long,
 * or a broken message of a node, ends it.
 */
final class JsonLanguage implements Language {
    private final Connection connection;
    private final ArrayDeque<Slot> window = new ArrayDeque<>();
    /** How many unanswered requests of this connection write a key. */
    private final Map<Bytes, Integer> writing = new HashMap<>();
    /** A read that waits for a write; nothing more is read meanwhile. */
    private @Nullable Runnable stalled;

    private Command stalledRead = new Command.Ping();
    /** How many of the unfinished line's bytes are known to hold no line end: no byte is searched twice. */
    private int searched;

    JsonLanguage(Connection connection) {
        this.connection = connection;
    }

    /** An object's brace, or what may stand before it. */
    static boolean beginsWith(int firstByte) {
        return firstByte == '{' || firstByte == ' ' || firstByte == '\t' || firstByte == '\r' || firstByte == '\n';
    }

    /** An error as a line, for a connection whose language is not known. */
    static byte[] errorLine(ErrorCode code, String message) {
        return line(JsonResponses.encode(Result.Failure.of(code, message), null));
    }

    private static byte[] line(String json) {
        return (json + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void read(ByteBuf in) throws BadInputException {
        while (connection.mayRead()) {
            int from = in.readerIndex();
            int end = in.indexOf(from + searched, in.writerIndex(), (byte) '\n');
            int length = (end < 0 ? in.writerIndex() : end) - from;
            if (length > maxLineBytes()) {
                throw new BadInputException(
                        ErrorCode.TOO_LARGE,
                        "a line has at most " + maxLineBytes() + " bytes (--max-value); a value with many escapes is"
                                + " shorter in base64, as value_b64");
            }
            if (end < 0) {
                searched = length;
                return;
            }
            searched = 0;
            byte[] line = new byte[length];
            in.readBytes(line);
            in.skipBytes(1);
            handle(line, length + 1);
        }
    }

    /** A last line without its end counts: an object is whole when its brace is closed. */
    @Override
    public void inputEnded(ByteBuf in) throws BadInputException {
        byte[] line = new byte[in.readableBytes()];
        in.readBytes(line);
        handle(line, line.length);
    }

    private int maxLineBytes() {
        NetworkOptions options = connection.options();
        // Nodes escape where a client would use base64, and put the rest of a batch beside a value of the largest size.
        return connection.isNode() ? JsonLines.maxLineBytes(2 * options.maxFrameBytes()) : options.maxLineBytes();
    }

    private void handle(byte[] line, int bytes) throws BadInputException {
        if (isBlank(line)) {
            return;
        }
        try {
            if (connection.outgoing()) {
                connection.received(JsonNodeCodec.decode(new String(line, StandardCharsets.UTF_8)));
                return;
            }
            JsonLine decoded = JsonLines.decode(line, connection.options().maxValueBytes());
            if (decoded instanceof JsonLine.Node node) {
                connection.received(node.message());
            } else if (decoded instanceof JsonLine.Client client) {
                handle(client.request(), bytes);
            }
        } catch (ProtocolException broken) {
            throw new BadInputException(ErrorCode.BAD_REQUEST, String.valueOf(broken.getMessage()));
        } catch (RequestException wrong) {
            Slot slot = new Slot(wrong.id(), bytes, List.of());
            window.add(slot);
            connection.rejected(slot, wrong.failure());
        }
    }

    private void handle(JsonRequest request, int bytes) {
        List<Write> writes = request.command() instanceof Command.Transact transact ? transact.writes() : List.of();
        Slot slot = new Slot(request.id(), bytes, writes);
        window.add(slot);
        for (Write write : writes) {
            writing.merge(write.key(), 1, Integer::sum);
        }
        if (readsWhatIsBeingWritten(request.command())) {
            stalledRead = request.command();
            stalled = () -> connection.requested(request.command(), request.requestId(), slot);
            connection.stall(true);
        } else {
            connection.requested(request.command(), request.requestId(), slot);
        }
    }

    private boolean readsWhatIsBeingWritten(Command command) {
        if (writing.isEmpty()) {
            return false;
        }
        if (command instanceof Command.Get get) {
            return writing.containsKey(get.key());
        }
        if (command instanceof Command.GetAll get) {
            return get.keys().stream().anyMatch(writing::containsKey);
        }
        return command instanceof Command.Scan || command instanceof Command.Count;
    }

    private void written(List<Write> writes) {
        for (Write write : writes) {
            writing.computeIfPresent(write.key(), (key, count) -> count == 1 ? null : count - 1);
        }
        Runnable start = stalled;
        if (start != null && !readsWhatIsBeingWritten(stalledRead)) {
            stalled = null;
            connection.stall(false);
            start.run();
        }
    }

    private static boolean isBlank(byte[] line) {
        for (byte b : line) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    @Override
    public void send(Message message) {
        write(line(JsonNodeCodec.encode(message)));
    }

    @Override
    public void refuse(ErrorCode code, String message) {
        Slot slot = new Slot(null, 0, List.of());
        window.add(slot);
        slot.answer(Result.Failure.of(code, message));
    }

    private void write(byte[] line) {
        connection.write(line, 0, line.length);
    }

    /** A request's place in the order of answers. */
    private final class Slot extends ClientRequest {
        private final @Nullable Object id;
        private final List<Write> writes;
        private byte @Nullable [] answer;

        Slot(@Nullable Object id, int bytes, List<Write> writes) {
            super(JsonLanguage.this.connection, bytes);
            this.id = id;
            this.writes = writes;
        }

        @Override
        protected void answer(Result result) {
            byte[] line = line(JsonResponses.encodeForClient(result, id));
            answer = line;
            connection.countHeld(line.length);
            for (Slot first = window.peek(); first != null && first.answer != null; first = window.peek()) {
                connection.countHeld(-first.answer.length);
                write(first.answer);
                window.remove();
            }
            written(writes);
        }
    }
}
