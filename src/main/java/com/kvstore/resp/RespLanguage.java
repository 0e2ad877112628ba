package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.resp.Transactions.Batch;
import com.kvstore.transport.BadInputException;
import com.kvstore.transport.Connection;
import com.kvstore.transport.Language;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Redis protocol on one connection: takes commands, hands them to the store, keeps the answers in order.
 *
 * <p>Plain reads and writes go their short ways; every other data command is a {@link Batch} of one, shown its keys by the
 * coordinator under their locks; EXEC is a batch of many. Commands of one connection take effect in their order: see
 * {@link ReplyWindow}.
 *
 * <p>Threading: the event loop only.
 */
public final class RespLanguage implements Language {
    private static final int MAX_SHOWN_ARGUMENTS = 128;

    private final Connection connection;
    private final RespParser parser;
    private final ReplyWindow window;
    private final ClientState state;
    private final Transactions transactions;
    private final ConnectionCommands own;
    private final KeyspaceCommands keyspace;
    private final int maxValueBytes;

    private RespLanguage(Connection connection, RespClients clients) {
        this.connection = connection;
        this.maxValueBytes = connection.options().maxValueBytes();
        this.parser = new RespParser(maxValueBytes);
        this.state = clients.add(connection);
        this.window = new ReplyWindow(connection, state, clients.writer());
        this.transactions = new Transactions(memoryOf(connection));
        state.endsWith(window::end);
        this.own = new ConnectionCommands(connection, clients, state, transactions);
        this.keyspace = new KeyspaceCommands(connection, state);
    }

    private static Transactions.Memory memoryOf(Connection connection) {
        return new Transactions.Memory() {
            @Override
            public boolean mayHold(long bytes) {
                return connection.mayHold(bytes);
            }

            @Override
            public void count(long bytes) {
                connection.countHeld(bytes);
            }
        };
    }

    /** Recognizes arrays, and the letters that a person's line begins with. */
    public static Factory factory() {
        RespClients clients = new RespClients();
        return new Factory(
                RespLanguage::beginsWith, connection -> new RespLanguage(connection, clients), Failures::line);
    }

    private static boolean beginsWith(int firstByte) {
        return firstByte == '*' || (firstByte >= 'a' && firstByte <= 'z') || (firstByte >= 'A' && firstByte <= 'Z');
    }

    @Override
    public void read(ByteBuf in) throws BadInputException {
        try {
            while (connection.mayRead()) {
                int before = in.readerIndex();
                Arguments words = parser.next(in);
                if (words == null) {
                    return;
                }
                if (words.count() > 0) {
                    take(words, in.readerIndex() - before);
                }
            }
        } catch (RespException broken) {
            throw new BadInputException(ErrorCode.BAD_REQUEST, broken.error());
        }
    }

    private void take(Arguments words, int bytes) {
        state.served();
        Slot slot = new Slot(connection, window, bytes);
        window.add(slot);
        boolean quick = connection.isAuthenticated() && !transactions.isOpen();
        if (quick && words.isGet()) {
            window.whenFree(slot.reads(words.bytes(1)), new Command.Get(words.bytes(1)), Slot.GET);
        } else if (quick && words.isPlainSet()) {
            window.start(
                    slot.writes(words.bytes(1)),
                    Command.Transact.of(Write.put(words.bytes(1), words.bytes(2))),
                    Slot.WRITE);
        } else {
            try {
                dispatch(words, slot);
            } catch (RespException problem) {
                slot.complete(new Reply.Problem(problem.error()));
            }
        }
    }

    private void dispatch(Arguments words, Slot slot) throws RespException {
        String name = words.name();
        CommandSpec spec = CommandTable.find(name);
        if (!connection.isAuthenticated() && (spec == null || !spec.has(CommandTable.NO_AUTH))) {
            throw new RespException("NOAUTH Authentication required.");
        }
        if (spec == null) {
            transactions.spoil();
            throw new RespException(unknown(words));
        }
        try {
            spec.check(words);
        } catch (RespException wrong) {
            transactions.spoil();
            if (name.equals("exec")) {
                transactions.reset();
                throw new RespException("EXECABORT Transaction discarded because of:"
                        + wrong.error().substring("ERR".length()));
            }
            throw wrong;
        }
        switch (name) {
            case "multi" -> {
                transactions.begin();
                slot.complete(Reply.OK);
            }
            case "discard" -> {
                transactions.discard();
                slot.complete(Reply.OK);
            }
            case "exec" -> exec(transactions.exec(), slot);
            case "watch" -> watch(words, slot);
            case "quit" -> {
                slot.complete(Reply.OK);
                window.end();
            }
            default -> {
                if (transactions.isOpen() && !name.equals("reset")) {
                    slot.complete(transactions.queue(queued(words, spec), words.size()));
                } else {
                    execute(words, spec, slot);
                }
            }
        }
    }

    /** What is wrong with a command's words is its reply when its turn comes, as in Redis. */
    private Operation queued(Arguments words, CommandSpec spec) throws RespException {
        if (spec.has(CommandTable.KEYSPACE)) {
            transactions.spoil();
            throw new RespException("ERR " + words.name() + " looks at all keys, which a transaction cannot: "
                    + "send it before MULTI or after EXEC");
        }
        try {
            Operation operation = operation(words, spec);
            return operation != null ? operation : new Operation(List.of(), true, keys -> own.answer(words));
        } catch (RespException problem) {
            return new Operation(List.of(), true, keys -> {
                throw problem;
            });
        }
    }

    /** Null: it is no command about some keys. */
    private static @Nullable Operation operation(Arguments words, CommandSpec spec) throws RespException {
        Operation.Parser parser = spec.parser();
        if (parser != null) {
            return parser.parse(words);
        }
        if (words.is(0, "object") && words.is(1, "encoding")) {
            return KeyOperations.encoding(words);
        }
        if (words.is(0, "memory") && words.is(1, "usage")) {
            return KeyOperations.memoryUsage(words);
        }
        return null;
    }

    private void execute(Arguments words, CommandSpec spec, Slot slot) throws RespException {
        Operation operation = operation(words, spec);
        if (operation == null) {
            if (spec.has(CommandTable.KEYSPACE)) {
                KeyspaceCommands.Start start = keyspace.command(words);
                window.whenFree(slot.everything(), () -> start.begin(slot));
            } else if (words.is(0, "info") || words.is(0, "cluster")) {
                slot.request(new Command.Describe(Command.Describe.Subject.STATUS, Bytes.EMPTY), (result, replies) -> {
                    replies.reply(own.aboutTheServer(words, result));
                });
            } else {
                Reply reply = own.answer(words);
                if (spec.has(CommandTable.CHANGES_REPLIES) || (words.is(0, "client") && words.is(1, "reply"))) {
                    window.settle(slot);
                }
                slot.complete(reply);
            }
        } else if (words.is(0, "set") && SetOptions.parse(words).isPlain()) {
            Write write = new Write(
                    words.bytes(1), words.bytes(2), SetOptions.parse(words).expiry(), Condition.NONE);
            window.start(slot.writes(words.bytes(1)), Command.Transact.of(write), Slot.WRITE);
        } else if (words.is(0, "mset")) {
            window.start(slot.writes(operation.keys()), new Command.Transact(writes(words)), Slot.WRITE);
        } else {
            exec(Batch.of(operation), slot);
        }
    }

    /** The last value counts for a key that comes twice. */
    private static List<Write> writes(Arguments words) {
        Map<Bytes, Write> writes = new LinkedHashMap<>();
        for (int i = 1; i < words.count(); i += 2) {
            writes.put(words.bytes(i), Write.put(words.bytes(i), words.bytes(i + 1)));
        }
        return new ArrayList<>(writes.values());
    }

    private void exec(Batch batch, Slot slot) {
        List<Bytes> keys = batch.keys();
        if (keys.isEmpty()) {
            slot.complete((Reply) batch.run(Map.of(), System.currentTimeMillis(), maxValueBytes)
                    .answer());
        } else if (batch.readOnly() && batch.watched().isEmpty()) {
            // No locks: the values are of one moment all the same.
            window.whenFree(
                    slot.reads(keys),
                    new Command.GetAll(keys),
                    (result, replies) -> replies.values(
                            result,
                            present -> (Reply) batch.run(present, System.currentTimeMillis(), maxValueBytes)
                                    .answer(),
                            keys));
        } else {
            Command compute = new Command.Compute(keys, (present, nowMs) -> batch.run(present, nowMs, maxValueBytes));
            window.start(slot.writes(keys), compute, Slot.COMPUTED);
        }
    }

    private void watch(Arguments words, Slot slot) throws RespException {
        if (transactions.isOpen()) {
            throw new RespException("ERR WATCH inside MULTI is not allowed");
        }
        List<Bytes> keys = words.every(1, 1);
        // What follows must find the versions here.
        window.whenFree(slot.everything(), new Command.GetAll(keys), (result, replies) -> {
            if (result instanceof Result.Values values) {
                transactions.watched(keys, values.values());
                replies.ok();
            } else {
                replies.failed(result);
            }
        });
    }

    private static String unknown(Arguments words) {
        StringBuilder shown = new StringBuilder();
        for (int i = 1; i < words.count() && shown.length() < MAX_SHOWN_ARGUMENTS; i++) {
            shown.append('\'').append(shortened(words.text(i))).append("' ");
        }
        return "ERR unknown command '" + shortened(words.text(0)) + "', with args beginning with: " + shown;
    }

    private static String shortened(String text) {
        return text.length() <= MAX_SHOWN_ARGUMENTS ? text : text.substring(0, MAX_SHOWN_ARGUMENTS);
    }

    @Override
    public void send(Message message) {
        throw new IllegalStateException("no node speaks the Redis protocol: " + message);
    }

    @Override
    public void refuse(ErrorCode code, String message) {
        Slot slot = new Slot(connection, window, 0);
        window.add(slot);
        boolean worded = message.toLowerCase(Locale.ROOT).startsWith("err ");
        slot.complete(new Reply.Problem(worded ? message : Failures.code(code) + " " + message));
    }
}
