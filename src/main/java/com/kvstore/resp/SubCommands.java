package com.kvstore.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The commands of two words, such as CLIENT LIST, and how many words each takes. Immutable, thread-safe. */
final class SubCommands {
    private static final String HELP = "help";

    /** Negative: at least so many words, both names among them. */
    private static final Map<String, TreeMap<String, Integer>> WORDS = new TreeMap<>();

    static {
        of("client", 2, "id", "info", "getname");
        of("client", 3, "setname", "no-evict", "no-touch", "reply");
        of("client", 4, "setinfo");
        of("client", -2, "list");
        of("client", -3, "kill");
        of("command", 2, "count");
        of("command", -2, "docs", "info", "list");
        of("command", -3, "getkeys");
        of("config", 2, "resetstat", "rewrite");
        of("config", -3, "get");
        of("config", -4, "set");
        of("cluster", 2, "info", "slots", "shards", "nodes", "myid");
        of("cluster", 3, "keyslot");
        of("object", 3, "encoding");
        of("memory", -3, "usage");
    }

    private static void of(String command, int words, String... names) {
        TreeMap<String, Integer> all = WORDS.computeIfAbsent(command, none -> new TreeMap<>(Map.of(HELP, 2)));
        for (String name : names) {
            all.put(name, words);
        }
    }

    private SubCommands() {}

    /** Does nothing with a command that has no second word of its own. */
    static void check(Arguments words) throws RespException {
        Map<String, Integer> known = WORDS.get(words.name());
        if (known == null || words.count() == 1) {
            return;
        }
        String name = words.lower(1);
        Integer wanted = known.get(name);
        if (wanted == null) {
            throw new RespException("ERR unknown subcommand '" + words.text(1) + "'. Try "
                    + words.text(0).toUpperCase(Locale.ROOT) + " HELP.");
        }
        if (wanted < 0 ? words.count() < -wanted : words.count() != wanted) {
            throw RespException.wrongNumber(words.name() + "|" + name);
        }
    }

    /** What {@code CLIENT HELP} and the like answer; null if it is no such command. */
    static @Nullable Reply help(Arguments words) {
        Map<String, Integer> known = WORDS.get(words.name());
        if (known == null || !words.is(1, HELP)) {
            return null;
        }
        List<Reply> lines = new ArrayList<>();
        lines.add(new Reply.Simple(
                words.text(0).toUpperCase(Locale.ROOT) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        known.keySet().forEach(name -> lines.add(new Reply.Simple(name.toUpperCase(Locale.ROOT))));
        return new Reply.Array(lines);
    }
}
