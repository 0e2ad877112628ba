package com.kvstore.sim;

import com.kvstore.sim.check.CheckCommand;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.commons.cli.ParseException;

/**
 * The simulator's command line: runs seeds until one fails.
 *
 * <p>Exit status: 0 when all seeds passed, 1 when one failed, 2 for a wrong command line.
 */
public final class SimMain {
    static final String DEFAULT_PROTOCOL = "ring";

    private static final String USAGE = """
            Usage: run-sim.sh [options]
                   run-sim.sh check HISTORY.jsonl     judges a history of a real cluster (--help there)
            Runs simulated clusters, one for each seed: everything breaks, then all heals, and nothing may be lost.

              --seeds N        how many seeds to run (default 100)
              --from S         the first of them (default: a fresh one, which is printed)
              --seed S         run this one only
              --time D         go on for so long, for example 10m
              --trace          print every event of the one seed
              --protocol P     what to run: ring (default), primary-backup, eventual, total-order
              --jobs J         how many at once (default: one for each processor)
              --keep-going     run all seeds, also after a failure
              --no-shrink      do not look for a smaller run that fails in the same way
              --help           this text

            Set by hand instead of drawn from the seed:
              --slaves N  --clients N  --keys N
              --operations N   of each client, after which all heals (default: as many as fit in the drawn time)
              --only A,B       the faults that happen, and no others; NONE for none
              --disks on|off   whether data nodes, or peers of a group, keep their data on disks
              --losses L       ONE_AT_A_TIME (nothing may be lost) or ANY (what is lost must be reported as lost)

            A seed that fails is run again smaller and smaller while it fails in the same way; the command that replays
            what is left stands at the end. Exit status 1 then, 2 for a wrong command line.
            """;

    private static final Map<String, Simulation> PROTOCOLS = new TreeMap<>(Map.of(
            DEFAULT_PROTOCOL,
            ClusterSimulation.RING,
            "primary-backup",
            GroupSimulation.of(new PrimaryBackupGroup()),
            EventualProtocol.NAME,
            GroupSimulation.of(new EventualProtocol()),
            TotalOrderProtocol.NAME,
            GroupSimulation.of(new TotalOrderProtocol())));

    private SimMain() {}

    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /** @throws IllegalArgumentException if there is no such protocol */
    static Simulation simulationOf(String protocol) {
        Simulation simulation = PROTOCOLS.get(protocol);
        if (simulation == null) {
            throw new IllegalArgumentException(
                    "--protocol knows no '" + protocol + "', only " + String.join(", ", PROTOCOLS.keySet()));
        }
        return simulation;
    }

    /** @return the exit status */
    static int run(String[] args, PrintStream out, PrintStream err) {
        if (args.length > 0 && args[0].equals("check")) {
            return CheckCommand.run(List.of(args).subList(1, args.length), out, err);
        }
        SimRequest request;
        Simulation simulation;
        try {
            request = SimRequest.parse(args, new SplittableRandom());
            if (request == null) {
                out.print(USAGE);
                return 0;
            }
            simulation = simulationOf(request.protocol());
        } catch (ParseException | IllegalArgumentException | ArithmeticException wrong) {
            err.println("run-sim.sh: " + wrong.getMessage());
            err.print(USAGE);
            return 2;
        }
        if (SimRequest.isFresh(args)) {
            out.println("fresh seeds; --from " + request.from() + " runs the same ones again");
        }
        return new SeedRunner(request, simulation, out).run() ? 0 : 1;
    }
}
