package com.kvstore.app;

import com.kvstore.compare.CompareSettings;
import com.kvstore.compare.Protocol;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands behind {@code run-client.sh bench}. Thread-safe: no state. */
final class CompareCommandLine {
    private static final int MOST_CONNECTIONS = 256;
    private static final int MOST_SECONDS = 600;

    private CompareCommandLine() {}

    private static CommandLineForm form() {
        return new CommandLineForm("run-client.sh bench [options]\n"
                        + "Compares the replication protocols: starts groups of each on this host, measures latency and"
                        + " throughput\nagainst the number of servers, kills one server under load, judges what clients"
                        + " were told, and prints a\ntable and a chart. DIR/comparison.html is the report,"
                        + " DIR/comparison.json has all figures.")
                .option("protocols", "LIST", "all, or some of ring,primary-backup,total-order,eventual (all)")
                .option("servers", "LIST", "how many servers a group has; of the ring the data nodes (1,2,3,5,7)")
                .option("seconds", "N", "how long each figure is measured (2)")
                .option("warm-up", "TIME", "how long a fresh group is under load before, as 500ms or 4s (4s)")
                .option("connections", "N", "how many clients ask at once for the throughput (16)")
                .option("out", "DIR", "where report, histories and the servers' consoles go (comparison)");
    }

    /**
     * @param words what follows the word {@code bench}
     * @return null when help was asked for
     * @throws IllegalArgumentException with a message for people, when the command line is wrong
     */
    static @Nullable CompareSettings parse(List<String> words) {
        try {
            CommandLineForm.Arguments line = form().parse(words.toArray(new String[0]), 0);
            if (line.wantsHelp()) {
                return null;
            }
            return new CompareSettings(
                    Protocol.parse(line.text("protocols", "all")),
                    CompareSettings.parseServers(line.text("servers", "1,2,3,5,7")),
                    line.number("seconds", 2, 1, MOST_SECONDS) * 1_000L,
                    line.durationMs("warm-up", "4s"),
                    line.number("connections", 16, 1, MOST_CONNECTIONS),
                    Path.of(line.text("out", "comparison")).toAbsolutePath(),
                    home());
        } catch (InvalidPathException wrong) {
            throw new IllegalArgumentException("--out: " + wrong.getMessage(), wrong);
        } catch (UsageException wrong) {
            throw new IllegalArgumentException(wrong.getMessage(), wrong);
        }
    }

    static String usage() {
        return form().usage();
    }

    /** Where the run scripts are: two above the jar, which is in target, else here. */
    private static Path home() {
        Path here = Path.of("").toAbsolutePath();
        CodeSource source = CompareCommandLine.class.getProtectionDomain().getCodeSource();
        if (source != null) {
            try {
                Path target = Path.of(new File(source.getLocation().toURI()).getAbsolutePath())
                        .getParent();
                Path home = target == null ? null : target.getParent();
                if (home != null && hasScripts(home)) {
                    return home;
                }
            } catch (URISyntaxException | IllegalArgumentException notAFile) {
                // Loaded from somewhere else: the working directory is left.
                return checked(here);
            }
        }
        return checked(here);
    }

    private static Path checked(Path here) {
        if (!hasScripts(here)) {
            throw new IllegalArgumentException(
                    "bench starts servers by run-node.sh, which is neither beside this program nor in " + here
                            + ": run it in the directory of the run scripts");
        }
        return here;
    }

    private static boolean hasScripts(Path directory) {
        return Files.isExecutable(directory.resolve("run-node.sh"));
    }
}
