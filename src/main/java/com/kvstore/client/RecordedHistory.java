package com.kvstore.client;

import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import java.io.IOException;
import java.io.Writer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.json.JSONObject;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what was asked for and what was answered, as docs/history-format.md describes it: a line for each key.
 *
 * <p>An outcome is recorded as the client library reports it: {@code OUTCOME_UNKNOWN} is unknown, every other failure means
 * that nothing was applied. Whether that is true is what the checker finds out.
 *
 * <p>Threading: safe. Failure: the first error of writing is kept, {@link #trouble} tells it; nothing is written after it.
 */
final class RecordedHistory {
    /** What can be read off a line's {@code result}. */
    enum Outcome {
        OK,
        NOT_FOUND,
        NOT_APPLIED,
        UNKNOWN
    }

    private final Writer out;
    private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    private long operations;
    private long groups;
    private @Nullable IOException trouble;

    RecordedHistory(Writer out) {
        this.out = out;
    }

    /**
     * One request, answered.
     *
     * @param value what it writes to each of {@code keys}; null for reads and deletes
     * @param result null: it was given up without an answer
     */
    synchronized void add(
            String client,
            RecordMix.Op op,
            List<Bytes> keys,
            @Nullable Bytes value,
            Span span,
            @Nullable Result result) {
        boolean several = op == RecordMix.Op.MULTI_PUT || op == RecordMix.Op.MULTI_GET;
        long group = several ? ++groups : 0;
        String word = several ? op.word().substring("multi-".length()) : op.word();
        boolean reads = op == RecordMix.Op.GET || op == RecordMix.Op.MULTI_GET;
        for (int i = 0; i < keys.size(); i++) {
            Bytes found = value;
            Outcome outcome = outcome(result, reads);
            if (result instanceof Result.Value read) {
                found = read.value();
            } else if (result instanceof Result.Values read) {
                Optional<Result.Value> one = read.values().get(i);
                found = one.map(Result.Value::value).orElse(null);
                outcome = one.isPresent() ? Outcome.OK : Outcome.NOT_FOUND;
            }
            operations++;
            outcomes.merge(outcome, 1L, Long::sum);
            write(line(client, word, keys.get(i), found, span, outcome, code(result), group)
                    + version(result, i)
                    + "}\n");
        }
    }

    private static Outcome outcome(@Nullable Result result, boolean reads) {
        if (result instanceof Result.Failure failure) {
            return switch (failure.code()) {
                case NOT_FOUND -> Outcome.NOT_FOUND;
                case OUTCOME_UNKNOWN -> reads ? Outcome.NOT_APPLIED : Outcome.UNKNOWN;
                default -> Outcome.NOT_APPLIED;
            };
        }
        if (result == null) {
            return reads ? Outcome.NOT_APPLIED : Outcome.UNKNOWN;
        }
        return Outcome.OK;
    }

    private static @Nullable ErrorCode code(@Nullable Result result) {
        return result instanceof Result.Failure failure ? failure.code() : null;
    }

    /** Under which version a write stands, or what was read: from it one can tell what is newer where all may be stale. */
    private static String version(@Nullable Result result, int index) {
        Version version = Version.ZERO;
        if (result instanceof Result.Ack ack) {
            version = ack.version();
        } else if (result instanceof Result.Value value) {
            version = value.version();
        } else if (result instanceof Result.Values values) {
            version = values.values().get(index).map(Result.Value::version).orElse(Version.ZERO);
        }
        return version.equals(Version.ZERO) ? "" : ",\"version\":\"" + version + "\"";
    }

    private static String line(
            String client,
            String word,
            Bytes key,
            @Nullable Bytes value,
            Span span,
            Outcome outcome,
            @Nullable ErrorCode code,
            long group) {
        StringBuilder line = new StringBuilder(160);
        line.append("{\"client\":").append(JSONObject.quote(client));
        line.append(",\"op\":\"").append(word);
        line.append("\",\"key\":").append(JSONObject.quote(key.text()));
        if (value != null) {
            line.append(",\"value\":").append(JSONObject.quote(value.text()));
        }
        line.append(",\"result\":\"")
                .append(outcome.name().toLowerCase(java.util.Locale.ROOT))
                .append('"');
        if (code != null) {
            line.append(",\"code\":\"").append(code).append('"');
        }
        line.append(",\"startNs\":").append(span.startNs);
        if (outcome != Outcome.UNKNOWN) {
            line.append(",\"endNs\":").append(span.endNs);
        }
        if (group > 0) {
            line.append(",\"transaction\":").append(group);
        }
        return line.toString();
    }

    private void write(String line) {
        if (trouble != null) {
            return;
        }
        try {
            out.write(line);
        } catch (IOException failed) {
            trouble = failed;
        }
    }

    synchronized long operations() {
        return operations;
    }

    synchronized long count(Outcome outcome) {
        return outcomes.getOrDefault(outcome, 0L);
    }

    synchronized @Nullable IOException trouble() {
        return trouble;
    }

    /** When something was asked for and when its answer was there, on one monotonic clock. */
    record Span(long startNs, long endNs) {}
}
