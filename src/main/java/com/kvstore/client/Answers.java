package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.wire.JsonResponses;
import java.util.List;

/**
 * Turns results into answers: the texts that people and scripts know, a value's bare bytes, or JSON.
 *
 * <p>Thread-safe: immutable.
 */
final class Answers {
    private static final String UNKNOWN = "Outcome unknown: ";
    private static final int WHOLE = Result.Ack.WHOLE.copies();

    private static final String LOCALLY = " (read locally: it may be stale)";

    private final Format format;
    private final boolean oneLine;
    private final boolean local;

    /** @param oneLine every answer is a single line: a document comes as JSON, not as a table */
    Answers(Format format, boolean oneLine) {
        this(format, oneLine, ReadMode.PROTOCOL);
    }

    /** @param reads a value that was read locally says so */
    Answers(Format format, boolean oneLine, ReadMode reads) {
        this.format = format;
        this.oneLine = oneLine;
        this.local = reads == ReadMode.LOCAL;
    }

    Answer of(Ask ask, Result result) {
        Format wanted = ask.format() != null ? ask.format() : format;
        int status = result instanceof Result.Failure failure ? status(failure.code()) : Answer.DONE;
        if (wanted == Format.JSON) {
            String json = json(ask, result);
            boolean mark = !stale(ask).isEmpty() && json.endsWith("}");
            return Answer.of(status, mark ? json.substring(0, json.length() - 1) + ",\"local\":true}" : json);
        }
        if (result instanceof Result.Failure failure) {
            return Answer.of(
                    status, "✗ " + failure(ask, failure) + (failure.code() == ErrorCode.NOT_FOUND ? stale(ask) : ""));
        }
        if (result instanceof Result.Value value && ask.word() == PromptCommand.Word.VERSION) {
            return Answer.of(status, "✓ Version of '" + Printable.text(ask.subject()) + "' is: " + value.version());
        }
        if (result instanceof Result.Value value) {
            return wanted == Format.RAW
                    ? new Answer(status, value.value(), true)
                    : Answer.of(
                            status,
                            "✓ Value for '" + Printable.text(ask.subject()) + "' is: " + Printable.text(value.value())
                                    + stale(ask));
        }
        if (result instanceof Result.Ack ack) {
            return Answer.of(status, ack(ask, ack));
        }
        if (result instanceof Result.Document document) {
            boolean table = !oneLine || ask.word() == PromptCommand.Word.WHERE;
            return Answer.of(status, table ? StatusView.text(ask.word(), document.json()) : line(document.json()));
        }
        if (result instanceof Result.Values values && ask.command() instanceof Command.GetAll asked) {
            return Answer.of(status, "✓ " + values(asked, values));
        }
        if (result instanceof Result.Count count) {
            return Answer.of(status, "✓ " + (count.keys() == 1 ? "1 key" : count.keys() + " keys"));
        }
        return Answer.of(status, "✓ " + name(ask) + " successful");
    }

    /** Whoever reads locally is reminded of it with every answer. */
    private String stale(Ask ask) {
        return local && ask.word() == PromptCommand.Word.GET ? LOCALLY : "";
    }

    private static String values(Command.GetAll asked, Result.Values values) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < asked.keys().size(); i++) {
            out.append(i == 0 ? "" : ", ")
                    .append('\'')
                    .append(Printable.text(asked.keys().get(i)))
                    .append("' ")
                    .append(values.values()
                            .get(i)
                            .map(value -> "is: " + Printable.text(value.value()))
                            .orElse("is not there"));
        }
        return out.toString();
    }

    /** @param keys in the order they were found */
    Answer keys(List<Bytes> keys) {
        if (format == Format.JSON) {
            return Answer.of(Answer.DONE, json(new Result.Page(keys, 0)));
        }
        StringBuilder out = new StringBuilder();
        if (format != Format.RAW) {
            out.append("✓ ").append(keys.size() == 1 ? "1 key" : keys.size() + " keys");
            out.append(keys.isEmpty() ? "" : oneLine ? ": " : ":\n");
        }
        for (int i = 0; i < keys.size(); i++) {
            out.append(i == 0 ? "" : oneLine && format != Format.RAW ? " " : "\n")
                    .append(Printable.text(keys.get(i)));
        }
        return Answer.of(Answer.DONE, out.toString());
    }

    /** An answer of the client's own. */
    Answer done(String text) {
        return Answer.of(
                Answer.DONE, format == Format.JSON ? json(new Result.Ack(WHOLE, List.of(), text)) : "✓ " + text);
    }

    /** A failure of the client's own, or of a request that is only part of a command. */
    Answer failed(ErrorCode code, String message) {
        if (format == Format.JSON) {
            return Answer.of(status(code), json(Result.Failure.of(code, message)));
        }
        return Answer.of(status(code), "✗ " + sentence(code, message));
    }

    /** Something to tell people that is no outcome: help, the farewell. */
    static Answer said(String text) {
        return Answer.of(Answer.DONE, text);
    }

    /** As the JSON protocol answers; a document is printed as it is. */
    private static String json(Ask ask, Result result) {
        if (result instanceof Result.Document document) {
            return line(document.json());
        }
        if (result instanceof Result.Failure failure && failure.code() == ErrorCode.NOT_FOUND && ask.aboutKey()) {
            return json(Result.Failure.of(failure.code(), failure(ask, failure)));
        }
        return json(result);
    }

    private static String json(Result result) {
        return JsonResponses.encodeForClient(result, null);
    }

    private static int status(ErrorCode code) {
        return code == ErrorCode.NOT_FOUND ? Answer.NOT_FOUND : Answer.ERROR;
    }

    private static String failure(Ask ask, Result.Failure failure) {
        if (failure.code() == ErrorCode.NOT_FOUND && ask.aboutKey()) {
            return "Key not found: " + Printable.text(ask.subject());
        }
        return sentence(failure.code(), failure.message());
    }

    private static String sentence(ErrorCode code, String message) {
        String text = Printable.text(message);
        if (code == ErrorCode.OUTCOME_UNKNOWN) {
            boolean said = text.regionMatches(true, 0, UNKNOWN, 0, UNKNOWN.length());
            return UNKNOWN + (said ? text.substring(UNKNOWN.length()) : text);
        }
        return text.isEmpty() ? code.name() : Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    private static String ack(Ask ask, Result.Ack ack) {
        String subject = ask.subject().length() == 0 ? "" : ": " + Printable.text(ask.subject());
        String note = "";
        if (ask.writes()) {
            note = degraded(ack);
        } else if (!ack.note().isEmpty()) {
            note = " (" + Printable.text(ack.note()) + ")";
        }
        return "✓ " + name(ask) + " successful" + subject + note;
    }

    /** Which copy a write lacks, and why; empty if it lacks none. */
    static String degraded(Result.Ack ack) {
        if (!ack.degraded()) {
            return "";
        }
        String note = Printable.text(ack.note());
        if (ack.missing().isEmpty()) {
            return note.isEmpty() ? " (1 copy)" : " (1 copy: " + note + ")";
        }
        if (note.isEmpty()) {
            note = ack.missing().size() == 1 ? "is down" : "are down";
        }
        return " (1 copy: " + join(ack.missing()) + " " + note + ")";
    }

    private static String join(List<ServerNode> servers) {
        StringBuilder out = new StringBuilder();
        for (ServerNode server : servers) {
            out.append(out.length() == 0 ? "" : ", ").append(server);
        }
        return out.toString();
    }

    private static String name(Ask ask) {
        return ask.word().name().replace('_', '-');
    }

    /** A JSON document on one line: a raw line end in JSON is only white space. */
    static String line(String json) {
        return json.replace("\r", "").replace('\n', ' ');
    }
}
