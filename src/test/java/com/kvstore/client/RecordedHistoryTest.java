package com.kvstore.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.RecordMix.Op;
import com.kvstore.client.RecordedHistory.Span;
import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.sim.check.HistoryFile;
import com.kvstore.sim.check.Operation;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is recorded is what the checker reads. */
class RecordedHistoryTest {
    private static final Span SPAN = new Span(10, 20);
    private static final Bytes KEY = Bytes.of("ke\"y");

    private final StringWriter file = new StringWriter();
    private final RecordedHistory history = new RecordedHistory(file);

    private void add(Op op, @Nullable String value, @Nullable Result result) {
        history.add("c1", op, List.of(KEY), value == null ? null : Bytes.of(value), SPAN, result);
    }

    private List<Operation> read() throws Exception {
        return HistoryFile.read(new BufferedReader(new StringReader(file.toString())));
    }

    private static Operation expected(Kind kind, @Nullable String value, Outcome outcome) {
        long end = outcome == Outcome.UNKNOWN ? Operation.NEVER : 20;
        return new Operation(
                "c1", kind, KEY, value == null ? null : Bytes.of(value), outcome, new Operation.Span(10, end), 0);
    }

    private static Result value(String value) {
        return new Result.Value(Bytes.of(value), new Version(1, 1));
    }

    @Test
    void everyKindOfAnswerIsReadAsItWasMeant() throws Exception {
        add(Op.PUT, "a", Result.Ack.WHOLE);
        add(Op.GET, null, value("a"));
        add(Op.UPDATE, "b", Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found"));
        add(Op.DELETE, null, Result.Failure.of(ErrorCode.OUTCOME_UNKNOWN, "who knows"));
        add(Op.PUT, "c", null);
        add(Op.GET, null, null);
        assertEquals(
                List.of(
                        expected(Kind.PUT, "a", Outcome.DONE),
                        expected(Kind.GET, "a", Outcome.DONE),
                        expected(Kind.UPDATE, "b", Outcome.NOT_FOUND),
                        expected(Kind.DELETE, null, Outcome.UNKNOWN),
                        expected(Kind.PUT, "c", Outcome.UNKNOWN),
                        expected(Kind.GET, null, Outcome.NOT_APPLIED)),
                read());
        assertEquals(6, history.operations());
    }

    @ParameterizedTest
    @ValueSource(strings = {"UNAVAILABLE", "OVERLOADED", "NO_NODES", "LOST", "CONFLICT", "NO_SPACE"})
    void aRefusedWriteIsNotAppliedAndItsCodeStandsBesideIt(String code) throws Exception {
        add(Op.PUT, "a", Result.Failure.of(ErrorCode.valueOf(code), "no"));
        assertEquals(List.of(expected(Kind.PUT, "a", Outcome.NOT_APPLIED)), read());
        assertTrue(file.toString().contains("\"code\":\"" + code + "\""), file.toString());
    }

    @Test
    void aRequestAboutSeveralKeysIsALineForEachUnderOneNumber() throws Exception {
        List<Bytes> keys = List.of(Bytes.of("a"), Bytes.of("b"));
        history.add("c1", Op.MULTI_PUT, keys, Bytes.of("v"), SPAN, Result.Ack.WHOLE);
        Result found = new Result.Values(
                List.of(Optional.of(new Result.Value(Bytes.of("v"), new Version(1, 1))), Optional.empty()));
        history.add("c1", Op.MULTI_GET, keys, null, SPAN, found);
        List<Operation> lines = read();
        assertEquals(
                List.of(Kind.PUT, Kind.PUT, Kind.GET, Kind.GET),
                lines.stream().map(Operation::kind).toList());
        assertEquals(
                List.of(1L, 1L, 2L, 2L),
                lines.stream().map(Operation::transaction).toList());
        assertEquals(Outcome.DONE, lines.get(2).outcome());
        assertEquals(Bytes.of("v"), lines.get(2).value());
        assertEquals(Outcome.NOT_FOUND, lines.get(3).outcome());
        assertNull(lines.get(3).value());
    }

    @Test
    void aFileThatCannotBeWrittenToIsToldAndNotWrittenToAgain() {
        int[] writes = {0};
        RecordedHistory broken = new RecordedHistory(new Writer() {
            @Override
            public void write(char[] text, int from, int length) throws IOException {
                writes[0]++;
                throw new IOException("No space left on device");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        });
        broken.add("c1", Op.GET, List.of(KEY), null, SPAN, null);
        broken.add("c1", Op.GET, List.of(KEY), null, SPAN, null);
        IOException trouble = broken.trouble();
        assertFalse(trouble == null);
        assertEquals(1, writes[0]);
    }

    @Test
    void theMixIsKeptTo() {
        RecordMix mix = RecordMix.parse("get=90,multi-put=10");
        SplittableRandom random = new SplittableRandom(1);
        Map<Op, Integer> picked = new EnumMap<>(Op.class);
        for (int i = 0; i < 10_000; i++) {
            picked.merge(mix.pick(random), 1, Integer::sum);
        }
        assertEquals(2, picked.size());
        assertEquals(1_000, picked.getOrDefault(Op.MULTI_PUT, 0), 150);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "get | a list such as",
                "steal=4 | knows no 'steal'",
                "get=-1 | whole numbers",
                "get=0,put=0 | asks for nothing"
            })
    void aMixThatMakesNoSenseIsRefused(String mix, String complaint) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> RecordMix.parse(mix));
        assertTrue(String.valueOf(refused.getMessage()).contains(complaint), refused.getMessage());
    }
}
