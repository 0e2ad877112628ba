package com.kvstore.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.kvstore.KeptInputs;
import com.kvstore.common.Bytes;
import com.kvstore.common.Computation;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.resp.Transactions.Batch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Any bytes as a Redis client's: where they are cut changes nothing, and no command finds a bug. */
class RespFuzzTest {
    private static final int MAX_VALUE = 4_096;
    private static final long NOW_MS = 1_700_000_000_000L;

    @TestFactory
    Stream<DynamicTest> keptInputs() {
        return KeptInputs.of(RespFuzzTest.class, "commands", this::commands);
    }

    @FuzzTest(maxDuration = "10m")
    @Tag("fuzz")
    void commands(byte[] stream) {
        List<Arguments> commands = new ArrayList<>();
        String end = parse(stream, stream.length, commands);
        for (int cut : new int[] {1, stream.length / 2, stream.length - 1}) {
            List<Arguments> again = new ArrayList<>();
            assertEquals(end, parse(stream, Math.max(0, Math.min(cut, stream.length)), again));
            assertEquals(words(commands), words(again));
        }
        Map<Bytes, Result.Value> store = new TreeMap<>();
        commands.forEach(command -> run(command, store));
    }

    /** @return what ended it: an error, or the bytes that are left */
    private static String parse(byte[] stream, int cut, List<Arguments> commands) {
        RespParser parser = new RespParser(MAX_VALUE);
        ByteBuf in = Unpooled.buffer();
        try {
            in.writeBytes(stream, 0, cut);
            take(parser, in, commands);
            in.writeBytes(stream, cut, stream.length - cut);
            take(parser, in, commands);
            return in.readableBytes() + " left";
        } catch (RespException broken) {
            assertTrue(broken.error().startsWith("ERR Protocol error: "), broken.error());
            return broken.error();
        } finally {
            in.release();
        }
    }

    private static void take(RespParser parser, ByteBuf in, List<Arguments> commands) throws RespException {
        for (Arguments next = parser.next(in); next != null; next = parser.next(in)) {
            commands.add(next);
        }
    }

    private static List<List<Bytes>> words(List<Arguments> commands) {
        return commands.stream()
                .map(command -> command.count() == 0 ? List.<Bytes>of() : command.every(0, 1))
                .toList();
    }

    private static void run(Arguments words, Map<Bytes, Result.Value> store) {
        CommandSpec spec = words.count() == 0 ? null : CommandTable.find(words.name());
        if (spec == null) {
            return;
        }
        ReplyWriter out = new ReplyWriter();
        try {
            spec.check(words);
            Operation.Parser parser = spec.parser();
            if (parser == null) {
                if (words.is(0, "command")) {
                    out.write(CommandTable.describe(words), 3);
                }
                return;
            }
            Batch batch = Batch.of(parser.parse(words));
            Computation.Outcome outcome = batch.run(Map.copyOf(store), NOW_MS, MAX_VALUE);
            assertFalse(
                    outcome.answer().toString().contains("because of a bug"), () -> words + ": " + outcome.answer());
            assertEquals(
                    outcome.writes().size(),
                    new HashSet<>(outcome.writes().stream().map(Write::key).toList()).size());
            outcome.writes().forEach(write -> apply(write, batch, store));
            out.write((Reply) outcome.answer(), 2);
            out.write((Reply) outcome.answer(), 3);
        } catch (RespException problem) {
            out.problem(problem.error());
        }
    }

    private static void apply(Write write, Batch batch, Map<Bytes, Result.Value> store) {
        assertTrue(batch.keys().contains(write.key()));
        Bytes value = write.value();
        if (value == null) {
            store.remove(write.key());
        } else {
            assertTrue(value.length() <= MAX_VALUE);
            store.put(
                    write.key(),
                    new Result.Value(value, new Version(1, 1), write.expiry().deadlineMs(NOW_MS)));
        }
    }
}
