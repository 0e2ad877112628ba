package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.client.PromptCommand.Bad;
import com.kvstore.client.PromptCommand.Word;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Understands what is typed, piped or given on the command line. Works on bytes, so that keys and values need not be text.
 *
 * <p>Two grammars, in any letter case:
 *
 * <ul>
 *   <li>{@code put:key:value}: the first colon after the command ends the key, the rest is the value; {@code get:key} and
 *       {@code delete:key}: the rest is the key. Nothing is trimmed or unescaped.
 *   <li>{@code PUT key value}: words, see {@link WordSplitter}. On a line a value with spaces stands in quotes; on a
 *       command line, where the shell has split the words, the words of a value are joined by one space each.
 * </ul>
 *
 * <p>{@code --json} or {@code --raw} may follow a command that is complete without it, except one that ends in a value.
 *
 * <p>Thread-safe: no state.
 */
final class CommandParser {
    private static final int LONGEST_COMMAND = 20;

    private CommandParser() {}

    /** @param line without its line end */
    static PromptCommand parse(Bytes line) {
        byte[] bytes = line.array();
        int start = 0;
        while (start < bytes.length && isSpace(bytes[start])) {
            start++;
        }
        int end = start;
        while (end < bytes.length && !isSpace(bytes[end]) && bytes[end] != ':') {
            end++;
        }
        if (end == bytes.length && start == end) {
            return new PromptCommand.Blank();
        }
        if (end < bytes.length && bytes[end] == ':') {
            Word word = colonWord(lower(slice(bytes, start, end)));
            if (word != null) {
                return colons(word, bytes, end + 1);
            }
        }
        List<Bytes> words = new ArrayList<>();
        String wrong = WordSplitter.split(bytes, start, words);
        return wrong != null ? new Bad(wrong) : words(words, false);
    }

    /** @param words of a command line, one or more, as the shell has split them */
    static PromptCommand parse(List<String> words) {
        String first = words.get(0);
        int colon = first.indexOf(':');
        if (colon > 0 && colonWord(first.substring(0, colon).toLowerCase(Locale.ROOT)) != null) {
            return parse(Bytes.of(String.join(" ", words)));
        }
        List<Bytes> bytes = new ArrayList<>(words.size());
        for (String word : words) {
            bytes.add(Bytes.of(word));
        }
        return words(bytes, true);
    }

    private static @Nullable Word colonWord(String command) {
        return switch (command) {
            case "put", "set" -> Word.PUT;
            case "get" -> Word.GET;
            case "update" -> Word.UPDATE;
            case "delete", "del" -> Word.DELETE;
            default -> null;
        };
    }

    private static PromptCommand colons(Word word, byte[] bytes, int start) {
        if (word == Word.GET || word == Word.DELETE) {
            return oneKey(word, slice(bytes, start, bytes.length), null);
        }
        int colon = start;
        while (colon < bytes.length && bytes[colon] != ':') {
            colon++;
        }
        if (colon == bytes.length) {
            String name = word.name().toLowerCase(Locale.ROOT);
            return new Bad("A value is missing: " + name + ":key:value");
        }
        return keyAndValue(word, slice(bytes, start, colon), slice(bytes, colon + 1, bytes.length));
    }

    private static PromptCommand words(List<Bytes> words, boolean joinValue) {
        String command = lower(words.get(0));
        return switch (command) {
            case "put", "set" -> keyAndValue(Word.PUT, command, words, joinValue);
            case "update" -> keyAndValue(Word.UPDATE, command, words, joinValue);
            default -> fixed(command, words);
        };
    }

    private static PromptCommand keyAndValue(Word word, String command, List<Bytes> words, boolean joinValue) {
        if (words.size() < 3) {
            return new Bad(command.toUpperCase(Locale.ROOT) + " takes a key and a value: " + command + " KEY VALUE");
        }
        if (words.size() > 3 && !joinValue) {
            return new Bad(command.toUpperCase(Locale.ROOT) + " takes a key and a value, and here are "
                    + (words.size() - 1) + " words. Put a value with spaces in \"double quotes\".");
        }
        return keyAndValue(word, words.get(1), words.size() == 3 ? words.get(2) : join(words.subList(2, words.size())));
    }

    /** Commands with a fixed number of words, behind which a format may stand. */
    private static PromptCommand fixed(String command, List<Bytes> words) {
        PromptCommand conditional = ConditionalCommands.parse(command, words);
        if (conditional != null) {
            return conditional;
        }
        int expected = expectedWords(command);
        if (expected < 0) {
            return new Bad("There is no command '" + Printable.text(words.get(0)) + "'. Type help for the commands.");
        }
        Format format = words.size() == expected + 2 ? format(words.get(expected + 1)) : null;
        if (words.size() != expected + (format == null ? 1 : 2)) {
            return new Bad("Wrong number of words. Expected: " + usage(command));
        }
        return switch (command) {
            case "get" -> oneKey(Word.GET, words.get(1), format);
            case "delete", "del" -> oneKey(Word.DELETE, words.get(1), format);
            case "where" -> oneKey(Word.WHERE, words.get(1), format);
            case "status" -> describe(Word.STATUS, Command.Describe.Subject.STATUS, format);
            case "ring" -> describe(Word.RING, Command.Describe.Subject.RING, format);
            case "accept-loss" -> new Ask(Word.ACCEPT_LOSS, Bytes.EMPTY, new Command.AcceptLoss(), format);
            case "repair" -> new Ask(Word.REPAIR, Bytes.EMPTY, new Command.Repair(), format);
            case "plan", "drain", "forget" -> aboutServer(command, words, format);
            case "load" -> new PromptCommand.Load(words.get(1).text());
            case "put-file" ->
                new PromptCommand.PutFile(words.get(1), words.get(2).text());
            case "get-file" ->
                new PromptCommand.GetFile(words.get(1), words.get(2).text());
            case "put-dir", "get-dir" ->
                new PromptCommand.Directory(
                        command.equals("put-dir"), words.get(1), words.get(2).text());
            case "help" -> new PromptCommand.Help();
            default -> new PromptCommand.Exit();
        };
    }

    /** Behind the command; -1: there is no such command. */
    private static int expectedWords(String command) {
        return switch (command) {
            case "status", "ring", "accept-loss", "repair", "help", "exit", "quit" -> 0;
            case "get", "delete", "del", "where", "drain", "forget", "load" -> 1;
            case "plan", "put-file", "get-file", "put-dir", "get-dir" -> 2;
            default -> -1;
        };
    }

    private static String usage(String command) {
        return switch (command) {
            case "get", "delete", "del", "where" -> command + " KEY";
            case "drain", "forget" -> command + " IP:PORT";
            case "plan" -> "plan add|remove IP:PORT";
            case "load" -> "load FILE";
            case "put-file", "get-file" -> command + " KEY PATH";
            case "put-dir", "get-dir" -> command + " PREFIX DIR";
            default -> command;
        };
    }

    private static PromptCommand keyAndValue(Word word, Bytes key, Bytes value) {
        if (key.length() == 0) {
            return emptyKey();
        }
        Write write = word == Word.PUT ? Write.put(key, value) : Write.update(key, value);
        return new Ask(word, key, Command.Transact.of(write), null);
    }

    private static PromptCommand oneKey(Word word, Bytes key, @Nullable Format format) {
        if (key.length() == 0) {
            return emptyKey();
        }
        Command command =
                switch (word) {
                    case GET -> new Command.Get(key);
                    case DELETE -> Command.Transact.of(Write.delete(key));
                    default -> new Command.Describe(Command.Describe.Subject.WHERE, key);
                };
        return new Ask(word, key, command, format);
    }

    private static PromptCommand emptyKey() {
        return new Bad("The key is empty; it has 1 to 65,536 bytes.");
    }

    private static PromptCommand describe(Word word, Command.Describe.Subject subject, @Nullable Format format) {
        return new Ask(word, Bytes.EMPTY, new Command.Describe(subject, Bytes.EMPTY), format);
    }

    private static PromptCommand aboutServer(String command, List<Bytes> words, @Nullable Format format) {
        Bytes address = words.get(words.size() - (format == null ? 1 : 2));
        ServerNode server;
        try {
            server = ServerNode.parse(address.text());
        } catch (IllegalArgumentException wrong) {
            return new Bad(wrong.getMessage() + ". Expected: " + usage(command));
        }
        Bytes subject = Bytes.of(server.toString());
        if (command.equals("drain")) {
            return new Ask(Word.DRAIN, subject, new Command.Drain(server), format);
        }
        if (command.equals("forget")) {
            return new Ask(Word.FORGET, subject, new Command.Forget(server), format);
        }
        String change = lower(words.get(1));
        if (!change.equals("add") && !change.equals("remove")) {
            return new Bad("A plan is for add or remove, not '" + Printable.text(words.get(1)) + "'. Expected: "
                    + usage(command));
        }
        return new Ask(Word.PLAN, subject, new Command.Plan(change.equals("add"), server), format);
    }

    private static @Nullable Format format(Bytes word) {
        return switch (lower(word)) {
            case "--json" -> Format.JSON;
            case "--raw" -> Format.RAW;
            default -> null;
        };
    }

    private static Bytes join(List<Bytes> words) {
        int length = words.size() - 1;
        for (Bytes word : words) {
            length += word.length();
        }
        byte[] joined = new byte[length];
        int at = 0;
        for (int i = 0; i < words.size(); i++) {
            if (i > 0) {
                joined[at++] = ' ';
            }
            byte[] word = words.get(i).array();
            System.arraycopy(word, 0, joined, at, word.length);
            at += word.length;
        }
        return Bytes.wrap(joined);
    }

    static boolean isSpace(byte b) {
        return b == ' ' || b == '\t';
    }

    /** A long word is no command: it need not be looked at in full. */
    private static String lower(Bytes word) {
        return word.length() > LONGEST_COMMAND ? "" : word.text().toLowerCase(Locale.ROOT);
    }

    private static Bytes slice(byte[] bytes, int from, int to) {
        return Bytes.wrap(Arrays.copyOfRange(bytes, from, to));
    }
}
