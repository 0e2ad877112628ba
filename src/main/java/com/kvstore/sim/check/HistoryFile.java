package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.json.JSONException;
import org.json.JSONObject;
import org.json.JSONParserConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Reads a recorded history: JSON lines, one operation each, as docs/history-format.md describes them.
 *
 * <p>Thread-safe: no state.
 */
public final class HistoryFile {
    private static final JSONParserConfiguration STRICT = new JSONParserConfiguration().withStrictMode(true);

    /**
     * An operation and what it wrote or read.
     *
     * @param version {@link Version#ZERO}: it is not known
     */
    public record Versioned(Operation operation, Version version) {}

    private HistoryFile() {}

    /**
     * @return the operations in the order of their lines
     * @throws HistoryFormatException at the first line that is no operation
     * @throws IOException if the file cannot be read, or is not UTF-8
     */
    public static List<Operation> read(BufferedReader in) throws IOException, HistoryFormatException {
        return readVersioned(in).stream().map(Versioned::operation).toList();
    }

    /** The same, with the versions that stand there. */
    public static List<Versioned> readVersioned(BufferedReader in) throws IOException, HistoryFormatException {
        List<Versioned> operations = new ArrayList<>();
        int number = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                JSONObject json = new JSONObject(line, STRICT);
                operations.add(new Versioned(operation(json), version(json)));
            } catch (JSONException | IllegalArgumentException wrong) {
                throw new HistoryFormatException(number, String.valueOf(wrong.getMessage()));
            }
        }
        return operations;
    }

    private static Version version(JSONObject line) {
        return line.has("version") ? Version.parse(line.getString("version")) : Version.ZERO;
    }

    private static Operation operation(JSONObject line) {
        Kind kind = named(Kind.class, "op", line.getString("op"));
        Outcome outcome = outcome(line.getString("result"));
        Bytes key = bytes(line, "key");
        Bytes value = bytes(line, "value");
        if (key == null) {
            throw new IllegalArgumentException("an operation has a \"key\" or a \"key_b64\"");
        }
        boolean needsValue = kind == Kind.PUT || kind == Kind.UPDATE || (kind == Kind.GET && outcome == Outcome.DONE);
        if (needsValue && value == null) {
            throw new IllegalArgumentException(
                    kind == Kind.GET ? "a get that is ok has the value it found" : "a " + lower(kind) + " has a value");
        }
        if (!needsValue && value != null) {
            throw new IllegalArgumentException(
                    "a " + lower(kind) + " that is " + line.getString("result") + " has no value: what would it be?");
        }
        if (outcome == Outcome.NOT_FOUND && (kind == Kind.PUT || kind == Kind.ERASE)) {
            throw new IllegalArgumentException(
                    "a " + lower(kind) + " needs no key to be there, it cannot be not_found");
        }
        long startNs = number(line, "startNs");
        long endNs = outcome == Outcome.UNKNOWN ? Operation.NEVER : number(line, "endNs");
        if (endNs < startNs) {
            throw new IllegalArgumentException("endNs " + endNs + " comes before startNs " + startNs);
        }
        long transaction = line.has("transaction") ? number(line, "transaction") : 0;
        return new Operation(
                line.getString("client"), kind, key, value, outcome, new Operation.Span(startNs, endNs), transaction);
    }

    private static Outcome outcome(String result) {
        return result.equals("ok") ? Outcome.DONE : named(Outcome.class, "result", result);
    }

    private static <E extends Enum<E>> E named(Class<E> type, String field, String name) {
        for (E each : type.getEnumConstants()) {
            if (lower(each).equals(name) && each != Outcome.DONE) {
                return each;
            }
        }
        String known = Arrays.stream(type.getEnumConstants())
                .map(each -> each == Outcome.DONE ? "ok" : lower(each))
                .reduce((one, other) -> one + ", " + other)
                .orElse("");
        throw new IllegalArgumentException("\"" + field + "\" is one of " + known + ", not '" + name + "'");
    }

    private static String lower(Enum<?> name) {
        return name.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable Bytes bytes(JSONObject line, String field) {
        String coded = field + "_b64";
        if (line.has(coded)) {
            if (line.has(field)) {
                throw new IllegalArgumentException("\"" + field + "\" and \"" + coded + "\" exclude each other");
            }
            return Bytes.wrap(Base64.getDecoder().decode(line.getString(coded)));
        }
        return line.has(field) ? Bytes.of(line.getString(field)) : null;
    }

    private static long number(JSONObject line, String field) {
        Object number = line.get(field);
        if (number instanceof Integer || number instanceof Long) {
            return ((Number) number).longValue();
        }
        throw new IllegalArgumentException("\"" + field + "\" is a whole number, not " + number);
    }
}
