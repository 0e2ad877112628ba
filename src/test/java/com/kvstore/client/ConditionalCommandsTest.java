package com.kvstore.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.client.PromptCommand.Bad;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionalCommandsTest {
    private static final Bytes KEY = Bytes.of("k");
    private static final Bytes VALUE = Bytes.of("a value");

    private static Ask ask(String line) {
        return assertInstanceOf(Ask.class, CommandParser.parse(Bytes.of(line)));
    }

    private static String answer(String line, Result result) {
        return new Answers(Format.TEXT, true).of(ask(line), result).body().text();
    }

    @Test
    void conditionsAndTimesToLiveAreOneWrite() {
        assertEquals(
                Command.Transact.of(new Write(KEY, VALUE, Condition.ABSENT)),
                ask("PUT-IF-ABSENT k \"a value\"").command());
        assertEquals(
                Command.Transact.of(new Write(KEY, VALUE, Condition.versionIs(new Version(3, 17)))),
                ask("put-if-version k 3.17 \"a value\"").command());
        assertEquals(
                Command.Transact.of(new Write(KEY, null, Condition.valueIs(VALUE))),
                ask("compare-and-delete k \"a value\"").command());
        assertEquals(
                Command.Transact.of(new Write(KEY, VALUE, Expiry.after(120_000), Condition.NONE)),
                ask("put-ttl k 2m \"a value\"").command());
    }

    @Test
    void severalKeysAreOneCommand() {
        assertEquals(
                new Command.GetAll(List.of(KEY, Bytes.of("l"))),
                ask("multi-get k l").command());
        assertEquals(
                new Command.Transact(List.of(Write.put(KEY, Bytes.of("1")), Write.put(Bytes.of("l"), Bytes.of("2")))),
                ask("multi-put k 1 l 2").command());
        assertEquals(new PromptCommand.Scan(Bytes.of("us")), CommandParser.parse(Bytes.of("scan us")));
        assertEquals(new PromptCommand.Scan(Bytes.EMPTY), CommandParser.parse(Bytes.of("scan")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "put-if-absent k",
                "put-if-absent k a value",
                "put-if-version k 17 v",
                "put-ttl k 10 v",
                "put-ttl k 0s v",
                "multi-get",
                "multi-put k",
                "multi-put k 1 k 2",
                "compare-and-delete k",
                "count all"
            })
    void whatIsWrongIsSaidWithWhatIsExpected(String line) {
        Bad bad = assertInstanceOf(Bad.class, CommandParser.parse(Bytes.of(line)));
        assertTrue(bad.message().length() > 20, bad.message());
    }

    @Test
    void answersAreOneLine() {
        assertEquals("✓ PUT-IF-ABSENT successful: k", answer("put-if-absent k v", Result.Ack.WHOLE));
        assertEquals("✓ Version of 'k' is: 3.17", answer("version k", new Result.Value(VALUE, new Version(3, 17))));
        assertEquals("✓ 1 key", answer("count", new Result.Count(1)));
        assertEquals(
                "✓ 'k' is: a value, 'l' is not there",
                answer(
                        "multi-get k l",
                        new Result.Values(
                                List.of(Optional.of(new Result.Value(VALUE, new Version(3, 17))), Optional.empty()))));
        Answers answers = new Answers(Format.TEXT, true);
        assertEquals(
                "✓ 2 keys: a b",
                answers.keys(List.of(Bytes.of("a"), Bytes.of("b"))).body().text());
    }
}
