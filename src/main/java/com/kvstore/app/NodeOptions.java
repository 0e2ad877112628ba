package com.kvstore.app;

import com.kvstore.common.Limits;
import com.kvstore.common.Password;
import com.kvstore.common.ServerNode;
import com.kvstore.transport.NetworkOptions;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What every server's command line has in common. */
final class NodeOptions {
    private static final long MIN_MAX_VALUE_BYTES = 1_024;
    private static final long MAX_MAX_VALUE_BYTES = 256L << 20;

    private NodeOptions() {}

    static CommandLineForm addTo(CommandLineForm form) {
        return addNetworkTo(
                form.option("config", "FILE", "the coordinator's address: two lines, IP and port (cs_config.txt)"));
    }

    /** What a node needs that looks for no coordinator. */
    static CommandLineForm addNetworkTo(CommandLineForm form) {
        return form.option("max-value", "SIZE", "largest value; the same on all nodes (16M)")
                .option("max-connections", "N", "connections accepted at one time (10000)")
                .option(
                        "password-file",
                        "FILE",
                        "ask everybody for the password in FILE, and tell it to other nodes (none)")
                .option("wire", "binary|json", "what this node speaks to other nodes (binary)");
    }

    static NetworkOptions network(CommandLineForm.Arguments arguments) throws UsageException {
        boolean json =
                arguments.word("wire", "binary", List.of("binary", "json")).equals("json");
        int maxValueBytes = (int)
                arguments.size("max-value", Limits.DEFAULT_MAX_VALUE_BYTES, MIN_MAX_VALUE_BYTES, MAX_MAX_VALUE_BYTES);
        int maxConnections = arguments.number("max-connections", NetworkOptions.DEFAULT_MAX_CONNECTIONS, 1, 1_000_000);
        return NetworkOptions.of(json, maxValueBytes, maxConnections).withPassword(password(arguments));
    }

    private static @Nullable Password password(CommandLineForm.Arguments arguments) throws UsageException {
        if (!arguments.has("password-file")) {
            return null;
        }
        try {
            return PasswordFile.read(path("password-file", arguments.text("password-file", "")));
        } catch (IllegalArgumentException wrong) {
            throw new UsageException(String.valueOf(wrong.getMessage()));
        }
    }

    static Path path(String option, String text) throws UsageException {
        try {
            if (!text.isEmpty()) {
                return Path.of(text);
            }
        } catch (InvalidPathException notAPath) {
            // The same complaint.
        }
        throw new UsageException("--" + option + " needs a file's name, not '" + text + "'");
    }

    /** @param ip null and {@code port} null: not given; then {@code otherwise} */
    static ServerNode address(@Nullable String ip, @Nullable String port, ServerNode otherwise) throws UsageException {
        String host = ip == null ? otherwise.host() : ip;
        if (host.isEmpty() || host.length() > 255 || host.chars().anyMatch(c -> c <= ' ' || c == '/')) {
            throw new UsageException("IP is an address such as 127.0.0.1, not '" + host + "'");
        }
        if (host.chars().allMatch(Character::isDigit)) {
            throw new UsageException("IP comes first, then PORT: '" + host + "' is no IP address");
        }
        int number = port == null ? otherwise.port() : CommandLineForm.parseNumber("PORT", port, 1, 65_535);
        return new ServerNode(host, number);
    }
}
