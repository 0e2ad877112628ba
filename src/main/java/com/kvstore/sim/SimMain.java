package com.kvstore.sim;

import java.io.PrintStream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/**
 * The simulator's command line: runs seeds until one fails.
 *
 * <p>Exit status: 0 when all seeds passed, 1 when one failed, 2 for a wrong command line.
 */
public final class SimMain {
    private static final String USAGE = """
            Usage: run-sim.sh [options]
            Runs simulated clusters, one for each seed: everything breaks, then all heals, and nothing may be lost.

              --seeds N      how many seeds to run (default 100)
              --from S       the first of them (default 1)
              --seed S       run this one only
              --trace        print every event of it
              --jobs J       how many at once (default: one for each processor)
              --keep-going   run all seeds, also after a failure
              --help         this text
            """;

    /** What the command line asks for. */
    record Request(long from, long seeds, boolean trace, int jobs, boolean keepGoing) {}

    private SimMain() {}

    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /** @return the exit status */
    static int run(String[] args, PrintStream out, PrintStream err) {
        Request request;
        try {
            request = parse(args);
        } catch (ParseException | IllegalArgumentException wrong) {
            err.println("run-sim.sh: " + wrong.getMessage());
            err.print(USAGE);
            return 2;
        }
        if (request == null) {
            out.print(USAGE);
            return 0;
        }
        return new SeedRunner(request, out).run() ? 0 : 1;
    }

    private static @Nullable Request parse(String[] args) throws ParseException {
        Options options = new Options()
                .addOption(valued("seeds"))
                .addOption(valued("from"))
                .addOption(valued("seed"))
                .addOption(valued("jobs"))
                .addOption(null, "trace", false, "")
                .addOption(null, "keep-going", false, "")
                .addOption(null, "help", false, "");
        CommandLine line =
                DefaultParser.builder().setAllowPartialMatching(false).get().parse(options, args);
        if (line.hasOption("help")) {
            return null;
        }
        if (!line.getArgList().isEmpty()) {
            throw new IllegalArgumentException("what is '" + line.getArgList().get(0) + "'?");
        }
        boolean one = line.hasOption("seed");
        long from = number(line, one ? "seed" : "from", 1, Long.MIN_VALUE);
        long seeds = one ? 1 : number(line, "seeds", 100, 1);
        long jobs = number(line, "jobs", Runtime.getRuntime().availableProcessors(), 1);
        boolean trace = line.hasOption("trace");
        if (trace && seeds > 1) {
            throw new IllegalArgumentException("--trace prints one seed's events: name it with --seed");
        }
        return new Request(from, seeds, trace, (int) Math.min(jobs, seeds), line.hasOption("keep-going"));
    }

    private static Option valued(String name) {
        return Option.builder().longOpt(name).hasArg().get();
    }

    private static long number(CommandLine line, String option, long byDefault, long least) {
        String text = line.getOptionValue(option);
        if (text == null) {
            return byDefault;
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
}
