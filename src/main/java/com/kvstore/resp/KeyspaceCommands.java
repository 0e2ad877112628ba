package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Limits;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.transport.ClientRequest;
import com.kvstore.transport.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Commands that look at all keys, page after page: SCAN, KEYS, RANDOMKEY, DBSIZE, FLUSHALL; and WAIT.
 *
 * <p>A page sees the keys of its moment; KEYS and FLUSHALL take several pages and are not of one moment, as SCAN is not.
 *
 * <p>Threading: one connection's.
 */
final class KeyspaceCommands {
    private static final int PAGE = 1_000;
    private static final int SCAN_DEFAULT = 10;
    private static final long MOST_BYTES = 64L << 20;

    /** A command, understood; carried out when it may begin. */
    @FunctionalInterface
    interface Start {
        void begin(Slot slot);
    }

    private final Connection connection;
    private final ClientState state;

    KeyspaceCommands(Connection connection, ClientState state) {
        this.connection = connection;
        this.state = state;
    }

    Start command(Arguments words) throws RespException {
        return switch (words.name()) {
            case "dbsize" ->
                slot -> slot.request(new Command.Count(), (result, replies) -> {
                    if (result instanceof Result.Count count) {
                        replies.reply(Reply.of(count.keys()));
                    } else {
                        replies.failed(result);
                    }
                });
            case "randomkey" -> this::randomKey;
            case "keys" -> {
                Glob pattern = new Glob(words.bytes(1));
                yield slot -> collect(0, pattern, new Found(), slot);
            }
            case "scan" -> scan(words);
            case "wait" -> waitForCopies(words);
            default -> {
                if (words.count() > 2 || (words.count() == 2 && !words.is(1, "sync") && !words.is(1, "async"))) {
                    throw new RespException(RespException.SYNTAX);
                }
                yield slot -> flush(0, slot);
            }
        };
    }

    /** Asks the store on a command's behalf; the command's own slot is answered by {@code then}. */
    private void ask(Command command, Slot slot, Consumer<Result> then) {
        connection.requested(command, null, new ClientRequest(connection, 0) {
            @Override
            protected void answer(Result result) {
                if (result instanceof Result.Failure) {
                    slot.failed(result);
                } else {
                    then.accept(result);
                }
            }
        });
    }

    private Start scan(Arguments words) throws RespException {
        long cursor;
        try {
            cursor = Long.parseUnsignedLong(words.text(1));
        } catch (NumberFormatException notANumber) {
            throw new RespException("ERR invalid cursor");
        }
        Glob pattern = Glob.ALL;
        long count = SCAN_DEFAULT;
        boolean strings = true;
        for (int i = 2; i < words.count(); i += 2) {
            if (i + 1 == words.count()) {
                throw new RespException(RespException.SYNTAX);
            }
            switch (words.lower(i)) {
                case "match" -> pattern = new Glob(words.bytes(i + 1));
                case "count" -> count = words.number(i + 1);
                case "type" -> strings = words.is(i + 1, "string");
                default -> throw new RespException(RespException.SYNTAX);
            }
        }
        if (count < 1) {
            throw new RespException(RespException.SYNTAX);
        }
        Glob wanted = pattern;
        boolean any = strings;
        Command page = new Command.Scan(cursor, (int) Math.min(count, Limits.MAX_SCAN), wanted.prefix());
        return slot -> slot.request(page, (result, replies) -> {
            if (result instanceof Result.Page found) {
                List<Bytes> keys = found.keys().stream()
                        .filter(key -> any && wanted.matches(key))
                        .toList();
                replies.reply(Reply.array(Reply.bulk(Long.toUnsignedString(found.cursor())), Reply.bulks(keys)));
            } else {
                replies.failed(result);
            }
        });
    }

    /** What KEYS has come across so far. */
    private static final class Found {
        final List<Bytes> keys = new ArrayList<>();
        long bytes;
    }

    private void collect(long cursor, Glob pattern, Found found, Slot slot) {
        ask(new Command.Scan(cursor, PAGE, pattern.prefix()), slot, result -> {
            Result.Page page = (Result.Page) result;
            for (Bytes key : page.keys()) {
                if (pattern.matches(key)) {
                    found.keys.add(key);
                    found.bytes += key.length() + 16L;
                }
            }
            if (found.bytes > MOST_BYTES || !connection.mayHold(found.bytes)) {
                slot.reply(new Reply.Problem("ERR more keys match than one reply may hold; use SCAN"));
            } else if (page.cursor() == 0) {
                slot.reply(Reply.bulks(found.keys));
            } else {
                collect(page.cursor(), pattern, found, slot);
            }
        });
    }

    private void randomKey(Slot slot) {
        long from = ThreadLocalRandom.current().nextLong();
        ask(
                new Command.Scan(from == 0 ? 1 : from, 1, Bytes.EMPTY),
                slot,
                result -> firstOf(result, slot, () -> {
                    ask(
                            new Command.Scan(0, 1, Bytes.EMPTY),
                            slot,
                            again -> firstOf(again, slot, () -> slot.reply(Reply.NULL)));
                }));
    }

    private static void firstOf(Result result, Slot slot, Runnable otherwise) {
        List<Bytes> keys = ((Result.Page) result).keys();
        if (keys.isEmpty()) {
            otherwise.run();
        } else {
            slot.reply(new Reply.Bulk(keys.get(0)));
        }
    }

    private void flush(long cursor, Slot slot) {
        ask(new Command.Scan(cursor, PAGE, Bytes.EMPTY), slot, result -> {
            Result.Page page = (Result.Page) result;
            if (page.keys().isEmpty()) {
                goOn(page.cursor(), slot);
            } else {
                List<Write> deletes = page.keys().stream().map(Write::remove).toList();
                ask(new Command.Transact(deletes), slot, deleted -> goOn(page.cursor(), slot));
            }
        });
    }

    private void goOn(long cursor, Slot slot) {
        if (cursor == 0) {
            slot.reply(Reply.OK);
        } else {
            flush(cursor, slot);
        }
    }

    /**
     * Where a write is answered when its copies have it, there is nothing left to wait for. A peer of an eventual group, whose
     * writes have versions, is asked who has it.
     */
    private Start waitForCopies(Arguments words) throws RespException {
        int copies = (int) Math.max(0, Math.min(Integer.MAX_VALUE, words.number(1)));
        long withinMs = words.number(2, "ERR timeout is not an integer or out of range");
        if (withinMs < 0) {
            throw new RespException("ERR timeout is negative");
        }
        return slot -> {
            Result.Ack last = state.lastWrite();
            if (last == null || last.version().equals(Version.ZERO)) {
                slot.complete(Reply.of(last == null ? 0 : Math.max(0, last.copies() - 1)));
            } else {
                // No time-out: as long as a peer lets anybody wait.
                long waitMs = withinMs == 0 ? Integer.MAX_VALUE : Math.min(withinMs, Integer.MAX_VALUE);
                ask(
                        new Command.AwaitCopies(last.version(), copies, waitMs),
                        slot,
                        result -> slot.complete(Reply.of(((Result.Count) result).keys())));
            }
        };
    }
}
