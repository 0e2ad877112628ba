package com.kvstore.client;

import java.util.List;
import java.util.Locale;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes commands, and keys that were used before. Used from the line editor's thread. */
final class ShellCompleter implements Completer {
    private static final List<String> WITH_COLON = List.of("put:", "get:", "update:", "delete:");
    private static final List<String> WORDS = List.of(
            "put",
            "set",
            "get",
            "update",
            "delete",
            "del",
            "put-if-absent",
            "put-if-version",
            "version",
            "compare-and-delete",
            "put-ttl",
            "multi-get",
            "multi-put",
            "scan",
            "count",
            "status",
            "ring",
            "where",
            "plan",
            "drain",
            "forget",
            "accept-loss",
            "load",
            "put-file",
            "get-file",
            "put-dir",
            "get-dir",
            "help",
            "exit",
            "quit");
    private static final List<String> BEFORE_KEY = List.of(
            "put",
            "set",
            "get",
            "update",
            "delete",
            "del",
            "where",
            "put-file",
            "get-file",
            "put-if-absent",
            "put-if-version",
            "version",
            "compare-and-delete",
            "put-ttl",
            "multi-get",
            "multi-put",
            "scan");

    private final KnownKeys keys;

    ShellCompleter(KnownKeys keys) {
        this.keys = keys;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        if (line.wordIndex() == 0) {
            first(line.word(), candidates);
            return;
        }
        String command = line.words().get(0).toLowerCase(Locale.ROOT);
        if (line.wordIndex() == 1 && BEFORE_KEY.contains(command)) {
            for (String key : keys.all()) {
                if (key.chars().noneMatch(c -> c == ' ' || c == '\t' || c == '"' || c == '\\')) {
                    candidates.add(new Candidate(key));
                }
            }
        } else if (line.wordIndex() == 1 && command.equals("plan")) {
            candidates.add(new Candidate("add"));
            candidates.add(new Candidate("remove"));
        }
    }

    private void first(String word, List<Candidate> candidates) {
        int colon = word.indexOf(':');
        if (colon < 0) {
            for (String command : WITH_COLON) {
                candidates.add(open(command));
            }
            for (String command : WORDS) {
                candidates.add(new Candidate(command));
            }
            return;
        }
        String command = word.substring(0, colon + 1);
        String name = command.toLowerCase(Locale.ROOT);
        boolean valueFollows = name.equals("put:") || name.equals("update:");
        if (!WITH_COLON.contains(name) || (valueFollows && word.indexOf(':', colon + 1) >= 0)) {
            return;
        }
        for (String key : keys.all()) {
            if (!valueFollows) {
                candidates.add(open(command + key));
            } else if (key.indexOf(':') < 0) {
                candidates.add(open(command + key + ":"));
            }
        }
    }

    /** A candidate without a space behind it. */
    private static Candidate open(String text) {
        return new Candidate(text, text, null, null, null, null, false);
    }
}
