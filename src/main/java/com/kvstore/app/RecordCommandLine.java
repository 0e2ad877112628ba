package com.kvstore.app;

import com.kvstore.client.RecordMix;
import com.kvstore.client.RecordSettings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What stands behind {@code run-client.sh record}. Thread-safe: no state. */
final class RecordCommandLine {
    private static final int MOST_PER_SECOND = 1_000_000;
    private static final int MOST_OPERATIONS = 1_000_000_000;

    private RecordCommandLine() {}

    private static CommandLineForm form() {
        return new CommandLineForm("run-client.sh [options] record --out FILE [options of record]\n"
                        + "Drives the cluster with many clients and records what they were told; ./run-sim.sh check FILE"
                        + " judges it.")
                .option("out", "FILE", "where the history goes (see docs/history-format.md); overwritten")
                .option("clients", "N", "how many at once, one request each (8)")
                .option("keys", "N", "how many keys they fight for (20)")
                .option("duration", "TIME", "when they stop, as 500ms, 30s or 2m (10s)")
                .option("operations", "N", "stop after so many already; 0: only when the time is over (0)")
                .option("rate", "N", "operations a second of all together; 0: as many as they can (2000)")
                .option(
                        "mix",
                        "LIST",
                        "how often what, as weights (get=40,put=30,update=10,delete=10,multi-put=5,multi-get=5)")
                .option("seed", "N", "of the choices made (a fresh one)");
    }

    /**
     * @param words what follows the word {@code record}
     * @return null when help was asked for
     * @throws IllegalArgumentException with a message for people, when the command line is wrong
     */
    static @Nullable RecordSettings parse(List<String> words) {
        try {
            CommandLineForm.Arguments line = form().parse(words.toArray(new String[0]), 0);
            if (line.wantsHelp()) {
                return null;
            }
            String out = line.text("out", "");
            if (out.isEmpty()) {
                throw new IllegalArgumentException("record needs --out FILE, where the history goes");
            }
            return new RecordSettings(
                    Path.of(out),
                    line.number("clients", 8, 1, RecordSettings.MOST_CLIENTS),
                    line.number("keys", 20, 1, RecordSettings.MOST_KEYS),
                    line.durationMs("duration", "10s"),
                    line.number("operations", 0, 0, MOST_OPERATIONS),
                    line.number("rate", 2_000, 0, MOST_PER_SECOND),
                    line.has("mix") ? RecordMix.parse(line.text("mix", "")) : RecordMix.DEFAULT,
                    line.has("seed")
                            ? line.number("seed", 0, 0, Integer.MAX_VALUE)
                            : ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
        } catch (InvalidPathException wrong) {
            throw new IllegalArgumentException("--out: " + wrong.getMessage(), wrong);
        } catch (UsageException wrong) {
            throw new IllegalArgumentException(wrong.getMessage(), wrong);
        }
    }

    static String usage() {
        return form().usage();
    }
}
