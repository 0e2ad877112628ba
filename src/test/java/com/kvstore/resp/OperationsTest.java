package com.kvstore.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Computation;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.resp.Transactions.Batch;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every data command against a store that is a map, with Redis' own replies as they go over the wire. */
class OperationsTest {
    private static final long NOW_MS = 1_700_000_000_000L;
    private static final int MAX_VALUE = 1_000;
    private static final Transactions.Memory ENDLESS = new Transactions.Memory() {
        @Override
        public boolean mayHold(long bytes) {
            return true;
        }

        @Override
        public void count(long bytes) {}
    };

    private final Map<Bytes, Result.Value> store = new TreeMap<>();
    private long counter;
    private long nowMs = NOW_MS;

    private String run(String line) {
        String[] words = line.split(" ", -1);
        Arguments arguments = Arguments.of(words);
        ReplyWriter out = new ReplyWriter();
        try {
            CommandSpec spec = CommandTable.find(arguments.name());
            assertTrue(spec != null && spec.parser() != null && spec.accepts(words.length), line);
            out.write(apply(Batch.of(spec.parser().parse(arguments))), 2);
        } catch (RespException problem) {
            out.problem(problem.error());
        }
        return new String(out.array(), 0, out.length(), StandardCharsets.UTF_8)
                .replace("\r\n", " ")
                .trim();
    }

    private Reply apply(Batch batch) {
        store.values().removeIf(value -> value.deadlineMs() != 0 && value.deadlineMs() <= nowMs);
        Computation.Outcome outcome = batch.run(store, nowMs, MAX_VALUE);
        for (Write write : outcome.writes()) {
            assertTrue(batch.keys().contains(write.key()), "it wrote a key it had not named: " + write);
            Bytes value = write.value();
            if (value == null) {
                store.remove(write.key());
            } else {
                store.put(
                        write.key(),
                        new Result.Value(
                                value, new Version(1, ++counter), write.expiry().deadlineMs(nowMs)));
            }
        }
        return (Reply) outcome.answer();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SET k v|+OK",
                "SET k v NX|+OK",
                "SET k v XX|$-1",
                "SET k v GET|$-1",
                "SET s w GET|$5 hello",
                "SET s w NX GET|$5 hello",
                "SET s w IFEQ hello|+OK",
                "SET s w IFEQ hell|$-1",
                "SET k v IFEQ hello|$-1",
                "SET k v NX XX|-ERR syntax error",
                "SET k v EX 10 KEEPTTL|-ERR syntax error",
                "SET k v EX 0|-ERR invalid expire time in 'set' command",
                "SET k v EX x|-ERR value is not an integer or out of range",
                "SET k v EX 9223372036854775807|-ERR invalid expire time in 'set' command",
                "SETNX s w|:0",
                "SETNX k w|:1",
                "SETEX k 0 v|-ERR invalid expire time in 'setex' command",
                "GETSET s w|$5 hello",
                "GETDEL s|$5 hello",
                "GETDEL k|$-1",
                "GETEX s PERSIST|$5 hello",
                "GETEX s EX|-ERR syntax error",
                "MGET s k n|*3 $5 hello $-1 $2 10",
                "MSETNX k 1 s 2|:0",
                "MSETNX k 1 l 2|:1",
                "MSET k 1 l|-ERR wrong number of arguments for 'mset' command",
                "APPEND s !|:6",
                "APPEND k !|:1",
                "STRLEN s|:5",
                "STRLEN k|:0",
                "GETRANGE s 1 3|$3 ell",
                "GETRANGE s -3 -1|$3 llo",
                "GETRANGE s 3 1|$0",
                "GETRANGE s -100 100|$5 hello",
                "GETRANGE s 5 10|$0",
                "SETRANGE s 1 ipp|:5",
                "SETRANGE s -1 x|-ERR offset is out of range",
                "SETRANGE s 999 xx|-ERR string exceeds maximum allowed size (proto-max-bulk-len)",
                "SETRANGE s 2147483647 x|-ERR string exceeds maximum allowed size (proto-max-bulk-len)",
                "INCR n|:11",
                "INCR k|:1",
                "DECR n|:9",
                "INCRBY n -20|:-10",
                "DECRBY n 3|:7",
                "DECRBY n -9223372036854775808|-ERR decrement would overflow",
                "INCRBY n 9223372036854775807|-ERR increment or decrement would overflow",
                "INCR s|-ERR value is not an integer or out of range",
                "INCRBYFLOAT n 0.1|$4 10.1",
                "INCRBYFLOAT n -10|$1 0",
                "INCRBYFLOAT n 3.0e3|$4 3010",
                "INCRBYFLOAT n abc|-ERR value is not a valid float",
                "INCRBYFLOAT n inf|-ERR increment would produce NaN or Infinity",
                "INCRBYFLOAT n 1e999999999|-ERR value is not a valid float",
                "DEL s n k|:2",
                "UNLINK s|:1",
                "EXISTS s s k|:2",
                "TOUCH s k|:1",
                "TYPE s|+string",
                "TYPE k|+none",
                "RENAME s k|+OK",
                "RENAME k s|-ERR no such key",
                "RENAMENX s n|:0",
                "RENAMENX s k|:1",
                "COPY s k|:1",
                "COPY s n|:0",
                "COPY s n REPLACE|:1",
                "COPY s s|-ERR source and destination objects are the same",
                "TTL s|:-1",
                "TTL k|:-2",
                "TTL t|:100",
                "PTTL t|:100000",
                "EXPIRETIME t|:1700000100",
                "PEXPIRETIME t|:1700000100000",
                "PERSIST t|:1",
                "PERSIST s|:0",
                "EXPIRE s 10|:1",
                "EXPIRE k 10|:0",
                "EXPIRE s -1|:1",
                "EXPIRE s 10 GT|:0",
                "EXPIRE s 10 LT|:1",
                "EXPIRE t 10 NX|:0",
                "EXPIRE t 10 XX|:1",
                "EXPIRE t 10 GT|:0",
                "EXPIRE t 1000 GT|:1",
                "EXPIRE t 10 NX XX|-ERR NX and XX, GT or LT options at the same time are not compatible",
                "EXPIRE t 9223372036854775807|-ERR invalid expire time in 'expire' command",
                "EXPIRE t 10 YY|-ERR Unsupported option YY",
            })
    void repliesAreThoseOfRedis(String command, String reply) {
        run("SET s hello");
        run("SET n 10");
        run("SET t v EX 100");
        assertEquals(reply, run(command));
    }

    @Test
    void whatChangesAValueKeepsItsDeadlineAndWhatReplacesItDoesNot() {
        run("SET t 1 EX 100");
        run("INCR t");
        run("APPEND t 0");
        run("SETRANGE t 0 7");
        run("RENAME t u");
        run("COPY u t");
        assertEquals(":100", run("TTL t"));
        run("SET t 1 KEEPTTL");
        assertEquals(":100", run("TTL t"));
        run("SET t 1");
        assertEquals(":-1", run("TTL t"));
    }

    @Test
    void aTimeThatHasPassedDeletes() {
        run("SET s v");
        assertEquals(":1", run("PEXPIREAT s 1"));
        assertEquals("$-1", run("GET s"));
        run("SET s v PX 10");
        nowMs += 10;
        assertEquals(":0", run("EXISTS s"));
    }

    @Test
    void aTransactionSeesItsOwnWritesAndAnErrorInItStopsNothing() throws RespException {
        run("SET s hello");
        Transactions transactions = new Transactions(ENDLESS);
        transactions.begin();
        for (String line : List.of("SET n 1", "INCR n", "INCR s", "GET n", "DEL n", "EXISTS n")) {
            Arguments words = Arguments.of(line.split(" ", -1));
            transactions.queue(CommandTable.find(words.name()).parser().parse(words), 0);
        }
        ReplyWriter out = new ReplyWriter();
        out.write(apply(transactions.exec()), 2);
        assertEquals(
                "*6 +OK :2 -ERR value is not an integer or out of range $1 2 :1 :0",
                new String(out.array(), 0, out.length(), StandardCharsets.UTF_8)
                        .replace("\r\n", " ")
                        .trim());
        assertEquals(1, store.size());
    }

    @Test
    void aWatchedKeyThatHasChangedStopsEverything() throws RespException {
        Bytes key = Bytes.of("s");
        run("SET s 1");
        Transactions transactions = new Transactions(ENDLESS);
        transactions.watched(List.of(key), List.of(java.util.Optional.of(store.get(key))));
        run("SET s 1");
        transactions.begin();
        transactions.queue(StringOperations.set(Arguments.of("SET", "s", "2")), 0);
        assertEquals(new Reply.NullArray(), apply(transactions.exec()));
        assertEquals("$1 1", run("GET s"));
    }

    @ParameterizedTest
    @CsvSource({
        "*, anything, true",
        "h?llo, hello, true",
        "h?llo, hllo, false",
        "h[ae]llo, hallo, true",
        "h[^e]llo, hello, false",
        "h[a-b]llo, hbllo, true",
        "h*llo*x, heeeello, false",
        "h*o, hello, true",
        "a\\*c, a*c, true",
        "a\\*c, abc, false",
        "a*b*c*d, axxbyyczzd, true"
    })
    void patternsMatchAsInRedis(String pattern, String text, boolean matches) {
        assertEquals(matches, new Glob(Bytes.of(pattern)).matches(Bytes.of(text)));
    }

    @ParameterizedTest
    @CsvSource({"foo, 12182", "{user1000}.following, 3443", "{user1000}.followers, 3443", "foo{}{bar}, 8363"})
    void slotsAreThoseOfRedisCluster(String key, int slot) {
        assertEquals(slot, KeySlot.of(Bytes.of(key)));
    }
}
