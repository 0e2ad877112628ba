package com.kvstore.app;

import com.kvstore.client.ClientSettings;
import com.kvstore.client.Format;
import com.kvstore.client.ReadMode;
import com.kvstore.common.Group;
import com.kvstore.common.Password;
import com.kvstore.common.ServerNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/**
 * The command line of the client: {@code [options] [PORT] [options] [COMMAND…]}. Options end where the command begins, so
 * that a key may begin with a dash. Thread-safe: no state.
 */
final class ClientOptions {
    private static final long MAX_TIMEOUT_MS = 24L * 60 * 60 * 1_000;
    private static final String LOOPBACK = "127.0.0.1";

    private ClientOptions() {}

    /**
     * @return null when help was asked for
     * @throws IllegalArgumentException with a message for people, when the command line is wrong
     */
    static @Nullable ClientSettings parse(List<String> arguments) {
        List<String> words = new ArrayList<>(arguments);
        CommandLine before = options(words);
        Integer port = null;
        CommandLine after = null;
        if (!words.isEmpty() && isNumber(words.get(0))) {
            port = port(words.remove(0));
            after = options(words);
        }
        if (has("help", before, after)) {
            return null;
        }
        String group = value("group", before, after);
        ServerNode server = server(value("server", before, after), port);
        if (group != null && server != null) {
            throw new IllegalArgumentException("--group names all peers: leave out the port or --server");
        }
        Group peers = group == null ? null : GroupFile.read(Path.of(group));
        String sessionFile = value("session", before, after);
        return new ClientSettings(
                server,
                peers == null ? List.of() : addresses(peers),
                or(value("config", before, after), ClientSettings.DEFAULT_CONFIG_FILE),
                timeoutMs(value("timeout", before, after)),
                format(has("raw", before, after), has("json", before, after)),
                password(value("password-file", before, after)),
                reads(value("read", before, after), sessionFile, peers),
                sessionFile,
                words);
    }

    /** Takes the options off the beginning of {@code words}; null: there are none. */
    private static @Nullable CommandLine options(List<String> words) {
        if (words.isEmpty() || !words.get(0).startsWith("-")) {
            // Most commands: the library need not even be loaded, which a person would feel.
            return null;
        }
        CommandLine line;
        try {
            line = DefaultParser.builder()
                    .setAllowPartialMatching(false)
                    .get()
                    .parse(form(), words.toArray(new String[0]), true);
        } catch (ParseException wrong) {
            throw new IllegalArgumentException(wrong.getMessage(), wrong);
        }
        boolean ended = words.size() > line.getArgList().size()
                && words.get(words.size() - line.getArgList().size() - 1).equals("--");
        words.clear();
        words.addAll(line.getArgList());
        if (!ended && !words.isEmpty() && words.get(0).startsWith("-")) {
            throw new IllegalArgumentException("Unrecognized option: " + words.get(0));
        }
        return line;
    }

    private static Options form() {
        Options options = new Options();
        options.addOption(Option.builder().longOpt("server").hasArg().get());
        options.addOption(Option.builder().longOpt("group").hasArg().get());
        options.addOption(Option.builder().longOpt("config").hasArg().get());
        options.addOption(Option.builder().longOpt("timeout").hasArg().get());
        options.addOption(Option.builder().longOpt("password-file").hasArg().get());
        options.addOption(Option.builder().longOpt("read").hasArg().get());
        options.addOption(Option.builder().longOpt("session").hasArg().get());
        options.addOption(Option.builder().longOpt("raw").get());
        options.addOption(Option.builder().longOpt("json").get());
        options.addOption(Option.builder("h").longOpt("help").get());
        return options;
    }

    private static boolean has(String name, @Nullable CommandLine before, @Nullable CommandLine after) {
        return (before != null && before.hasOption(name)) || (after != null && after.hasOption(name));
    }

    private static @Nullable String value(String name, @Nullable CommandLine before, @Nullable CommandLine after) {
        String first = before == null ? null : before.getOptionValue(name);
        return first != null || after == null ? first : after.getOptionValue(name);
    }

    private static String or(@Nullable String value, String otherwise) {
        return value == null ? otherwise : value;
    }

    private static @Nullable ServerNode server(@Nullable String address, @Nullable Integer port) {
        if (address != null && port != null) {
            throw new IllegalArgumentException("--server and a port say both where to connect: leave one out");
        }
        if (address != null) {
            return ServerNode.parse(address);
        }
        return port == null ? null : new ServerNode(LOOPBACK, port);
    }

    private static List<ServerNode> addresses(Group group) {
        return group.members().stream().map(Group.Member::address).toList();
    }

    private static @Nullable Password password(@Nullable String file) {
        return file == null ? null : PasswordFile.read(Path.of(file));
    }

    /** Where a group may answer with what is old, a person should at least find what she has just written. */
    private static ReadMode reads(@Nullable String text, @Nullable String sessionFile, @Nullable Group peers) {
        if (text == null) {
            boolean eventual = peers != null && peers.protocol().equals("eventual");
            return sessionFile != null || eventual ? ReadMode.OWN_WRITES : ReadMode.PROTOCOL;
        }
        ReadMode mode =
                switch (text) {
                    case "protocol" -> ReadMode.PROTOCOL;
                    case "local" -> ReadMode.LOCAL;
                    case "own" -> ReadMode.OWN_WRITES;
                    default ->
                        throw new IllegalArgumentException("--read is protocol, local or own, not '" + text + "'");
                };
        if (sessionFile != null && mode != ReadMode.OWN_WRITES) {
            throw new IllegalArgumentException("--session goes with --read own, not with --read " + text);
        }
        return mode;
    }

    private static boolean isNumber(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (word.charAt(i) < '0' || word.charAt(i) > '9') {
                return false;
            }
        }
        return !word.isEmpty();
    }

    private static int port(String digits) {
        int port = digits.length() > 5 ? 0 : Integer.parseInt(digits);
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("A port is a number from 1 to 65535, not " + digits);
        }
        return port;
    }

    private static Format format(boolean raw, boolean json) {
        if (raw && json) {
            throw new IllegalArgumentException("--raw and --json exclude each other");
        }
        if (raw) {
            return Format.RAW;
        }
        return json ? Format.JSON : Format.TEXT;
    }

    private static long timeoutMs(@Nullable String text) {
        if (text == null) {
            return ClientSettings.DEFAULT_TIMEOUT_MS;
        }
        int digits = 0;
        while (digits < text.length() && Character.digit(text.charAt(digits), 10) >= 0) {
            digits++;
        }
        long unitMs =
                switch (text.substring(digits)) {
                    case "ms" -> 1;
                    case "s" -> 1_000;
                    case "m" -> 60_000;
                    default -> 0;
                };
        if (digits > 0 && digits <= 9 && unitMs > 0) {
            long ms = Long.parseLong(text.substring(0, digits)) * unitMs;
            if (ms > 0 && ms <= MAX_TIMEOUT_MS) {
                return ms;
            }
        }
        throw new IllegalArgumentException("--timeout is a time such as 500ms, 10s or 2m, not '" + text + "'");
    }
}
