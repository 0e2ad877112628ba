package com.kvstore.sim;

import com.kvstore.sim.ClusterOptions.Losses;
import java.util.Arrays;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/**
 * What the simulator's command line asks for.
 *
 * @param from the first seed; the others follow it
 * @param seeds how many
 * @param forNs how long to go on at most; 0: for ever
 */
record SimRequest(
        String protocol,
        long from,
        long seeds,
        long forNs,
        boolean trace,
        int jobs,
        boolean keepGoing,
        boolean shrink,
        Overrides overrides) {
    private enum Switch {
        ON,
        OFF
    }

    private static final long DEFAULT_SEEDS = 100;
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");

    /**
     * @param random where fresh seeds come from
     * @return null if help is asked for
     * @throws IllegalArgumentException with a message for people
     */
    static @Nullable SimRequest parse(String[] args, RandomGenerator random) throws ParseException {
        Options options = new Options();
        for (String name : new String[] {
            "seeds",
            "from",
            "seed",
            "jobs",
            "time",
            "protocol",
            "slaves",
            "clients",
            "operations",
            "keys",
            "only",
            "losses",
            "disks"
        }) {
            options.addOption(Option.builder().longOpt(name).hasArg().get());
        }
        for (String name : new String[] {"trace", "keep-going", "no-shrink", "help"}) {
            options.addOption(null, name, false, "");
        }
        CommandLine line =
                DefaultParser.builder().setAllowPartialMatching(false).get().parse(options, args);
        if (line.hasOption("help")) {
            return null;
        }
        if (!line.getArgList().isEmpty()) {
            throw new IllegalArgumentException("what is '" + line.getArgList().get(0) + "'?");
        }
        boolean one = line.hasOption("seed");
        if (one && (line.hasOption("seeds") || line.hasOption("from") || line.hasOption("time"))) {
            throw new IllegalArgumentException("--seed runs one seed: leave out --seeds, --from and --time");
        }
        // Fresh seeds, short enough to be typed; those that follow each other are as different as any.
        Long given = number(line, one ? "seed" : "from", Long.MIN_VALUE);
        long from = given == null ? random.nextLong(1, 1_000_000_000_000L) : given;
        long byDefault = line.hasOption("time") ? Long.MAX_VALUE : DEFAULT_SEEDS;
        long seeds = one ? 1 : or(number(line, "seeds", 1), byDefault);
        if (line.hasOption("trace") && seeds > 1) {
            throw new IllegalArgumentException("--trace prints one seed's events: name it with --seed");
        }
        long jobs = or(number(line, "jobs", 1), Runtime.getRuntime().availableProcessors());
        return new SimRequest(
                line.getOptionValue("protocol", SimMain.DEFAULT_PROTOCOL),
                from,
                seeds,
                durationNs(line.getOptionValue("time")),
                line.hasOption("trace"),
                (int) Math.min(jobs, seeds),
                line.hasOption("keep-going"),
                !line.hasOption("no-shrink") && !line.hasOption("trace"),
                overrides(line));
    }

    /** Whether the seeds were drawn and should be told. */
    static boolean isFresh(String[] args) {
        return Arrays.stream(args).noneMatch(arg -> arg.startsWith("--from") || arg.equals("--seed"));
    }

    private static Overrides overrides(CommandLine line) {
        String disks = line.getOptionValue("disks");
        String losses = line.getOptionValue("losses");
        return new Overrides(
                small(line, "slaves", 1),
                small(line, "clients", 1),
                small(line, "operations", 0),
                small(line, "keys", 1),
                faults(line.getOptionValue("only")),
                losses == null ? null : named(Losses.class, "--losses", losses),
                disks == null ? null : named(Switch.class, "--disks", disks) == Switch.ON);
    }

    private static @Nullable SortedSet<Fault> faults(@Nullable String names) {
        if (names == null) {
            return null;
        }
        SortedSet<Fault> faults = new TreeSet<>();
        for (String name : names.split(",", -1)) {
            if (!name.equalsIgnoreCase("none")) {
                faults.add(named(Fault.class, "--only", name));
            }
        }
        return faults;
    }

    private static <E extends Enum<E>> E named(Class<E> type, String option, String name) {
        for (E each : type.getEnumConstants()) {
            if (each.name().equals(name.trim().toUpperCase(Locale.ROOT))) {
                return each;
            }
        }
        throw new IllegalArgumentException(
                option + " knows no '" + name + "', only " + Arrays.toString(type.getEnumConstants()));
    }

    private static @Nullable Integer small(CommandLine line, String option, int least) {
        Long number = number(line, option, least);
        return number == null ? null : (int) Math.min(number, 1_000_000);
    }

    private static long or(@Nullable Long number, long byDefault) {
        return number == null ? byDefault : number;
    }

    private static @Nullable Long number(CommandLine line, String option, long least) {
        String text = line.getOptionValue(option);
        if (text == null) {
            return null;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException("--" + option + " takes a number, not '" + text + "'", notANumber);
        }
        throw new IllegalArgumentException("--" + option + " takes a number from " + least + " on, not " + text);
    }

    private static long durationNs(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        Matcher parts = DURATION.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("--time takes a duration such as 30s or 10m, not '" + text + "'");
        }
        long unitNs =
                switch (parts.group(2)) {
                    case "ms" -> 1_000_000L;
                    case "s" -> 1_000_000_000L;
                    case "m" -> 60_000_000_000L;
                    default -> 3_600_000_000_000L;
                };
        return Math.multiplyExact(Long.parseLong(parts.group(1)), unitNs);
    }
}
