package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.client.PromptCommand.Bad;
import com.kvstore.client.PromptCommand.Word;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.Durations;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The commands that depend on what is there, concern several keys, or set a time to live. Words only, no colons.
 *
 * <p>Thread-safe: no state.
 */
final class ConditionalCommands {
    private ConditionalCommands() {}

    /**
     * @param words the command's, the first in lower case being {@code command}
     * @return null if it is none of these commands
     */
    static @Nullable PromptCommand parse(String command, List<Bytes> words) {
        int n = words.size() - 1;
        return switch (command) {
            case "put-if-absent" ->
                n == 2 ? put(Word.PUT_IF_ABSENT, words.get(1), words.get(2), Condition.ABSENT) : usage(command);
            case "put-if-version" -> n == 3 ? putIfVersion(words) : usage(command);
            case "put-ttl" -> n == 3 ? putTtl(words) : usage(command);
            case "compare-and-delete" ->
                n == 2
                        ? put(Word.COMPARE_AND_DELETE, words.get(1), null, Condition.valueIs(words.get(2)))
                        : usage(command);
            case "version" ->
                n == 1 ? new Ask(Word.VERSION, words.get(1), new Command.Get(words.get(1)), null) : usage(command);
            case "multi-get" ->
                n >= 1
                        ? new Ask(Word.MULTI_GET, Bytes.EMPTY, new Command.GetAll(words.subList(1, words.size())), null)
                        : usage(command);
            case "multi-put" -> n >= 2 && n % 2 == 0 ? multiPut(words) : usage(command);
            case "scan" -> n <= 1 ? new PromptCommand.Scan(n == 0 ? Bytes.EMPTY : words.get(1)) : usage(command);
            case "backup" -> n == 1 || n == 2 ? backup(words) : usage(command);
            case "count" -> n == 0 ? new Ask(Word.COUNT, Bytes.EMPTY, new Command.Count(), null) : usage(command);
            default -> null;
        };
    }

    private static PromptCommand usage(String command) {
        String expected =
                switch (command) {
                    case "put-if-absent", "compare-and-delete" -> " KEY VALUE";
                    case "put-if-version" -> " KEY VERSION VALUE, with the version as version KEY shows it";
                    case "put-ttl" -> " KEY TIME VALUE, with the time as 500ms, 30s or 2m";
                    case "version" -> " KEY";
                    case "multi-get" -> " KEY [KEY…]";
                    case "multi-put" -> " KEY VALUE [KEY VALUE…]";
                    case "scan" -> " [PREFIX]";
                    case "backup" -> " now|list|verify|restore|replace [PATH]";
                    default -> "";
                };
        return new Bad("Wrong number of words. Expected: " + command + expected);
    }

    private static PromptCommand backup(List<Bytes> words) {
        String path = words.size() == 3 ? words.get(2).text() : "backups";
        return switch (words.get(1).text().toLowerCase(Locale.ROOT)) {
            case "now" -> new PromptCommand.Backup(PromptCommand.Backup.Action.NOW, path);
            case "list" -> new PromptCommand.Backup(PromptCommand.Backup.Action.LIST, path);
            case "verify" -> new PromptCommand.Backup(PromptCommand.Backup.Action.VERIFY, path);
            case "restore" -> new PromptCommand.Backup(PromptCommand.Backup.Action.RESTORE, path);
            case "replace" -> new PromptCommand.Backup(PromptCommand.Backup.Action.REPLACE, path);
            default -> usage("backup");
        };
    }

    private static PromptCommand put(Word word, Bytes key, @Nullable Bytes value, Condition condition) {
        return new Ask(word, key, Command.Transact.of(new Write(key, value, condition)), null);
    }

    private static PromptCommand putIfVersion(List<Bytes> words) {
        try {
            Version version = Version.parse(words.get(2).text());
            return put(Word.PUT_IF_VERSION, words.get(1), words.get(3), Condition.versionIs(version));
        } catch (IllegalArgumentException wrong) {
            return new Bad("A version is written as version KEY shows it, such as 3.17, and not '"
                    + Printable.text(words.get(2)) + "'.");
        }
    }

    private static PromptCommand putTtl(List<Bytes> words) {
        try {
            Expiry expiry = Expiry.after(Durations.parseMs(words.get(2).text().toLowerCase(Locale.ROOT)));
            Write write = new Write(words.get(1), words.get(3), expiry, Condition.NONE);
            return new Ask(Word.PUT_TTL, words.get(1), Command.Transact.of(write), null);
        } catch (IllegalArgumentException wrong) {
            return new Bad("The time to live needs " + Printable.text(String.valueOf(wrong.getMessage())) + ".");
        }
    }

    private static PromptCommand multiPut(List<Bytes> words) {
        List<Write> writes = new ArrayList<>();
        Set<Bytes> keys = new LinkedHashSet<>();
        for (int i = 1; i < words.size(); i += 2) {
            if (!keys.add(words.get(i))) {
                return new Bad("A transaction writes a key once, and '" + Printable.text(words.get(i))
                        + "' stands here twice.");
            }
            writes.add(Write.put(words.get(i), words.get(i + 1)));
        }
        return new Ask(Word.MULTI_PUT, Bytes.EMPTY, new Command.Transact(writes), null);
    }
}
