package com.kvstore.sim.check;

import com.kvstore.sim.check.HistoryChecker.Verdict;
import com.kvstore.sim.check.HistoryChecker.Violation;
import com.kvstore.sim.check.HistoryFile.Versioned;
import com.kvstore.sim.check.Operation.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * {@code run-sim.sh check HISTORY.jsonl}: judges a history that was recorded on a real cluster.
 *
 * <p>Exit status: 0 correct, 1 not, 2 the file is no history, or could not be judged.
 */
public final class CheckCommand {
    private static final int CORRECT = 0;
    private static final int WRONG = 1;
    private static final int NO_VERDICT = 2;
    private static final int VIOLATIONS_SHOWN = 5;

    private static final String USAGE = """
            Usage: run-sim.sh check [--eventual] HISTORY.jsonl
            Judges what clients of a cluster were told: whether one copy of the data, that does one thing after the other
            and forgets nothing, could have answered all of it. ./run-client.sh record makes such a file;
            docs/history-format.md describes it. --eventual: of an eventual group, where a read may be stale; judges that
            nothing was invented and that every client read its own writes. Exit status: 0 correct, 1 not, 2 no history.
            """;

    private CheckCommand() {}

    /**
     * @param arguments what follows the word {@code check}
     * @return the exit status
     */
    public static int run(List<String> arguments, PrintStream out, PrintStream err) {
        if (arguments.equals(List.of("--help")) || arguments.equals(List.of("-h"))) {
            out.print(USAGE);
            return CORRECT;
        }
        boolean eventual = arguments.size() == 2 && arguments.get(0).equals("--eventual");
        String name = arguments.isEmpty() ? "-" : arguments.get(arguments.size() - 1);
        if ((arguments.size() != 1 && !eventual) || name.startsWith("-")) {
            err.println("run-sim.sh check: one file is judged at a time");
            err.print(USAGE);
            return NO_VERDICT;
        }
        List<Versioned> versioned;
        try (BufferedReader in = Files.newBufferedReader(Path.of(name))) {
            versioned = HistoryFile.readVersioned(in);
        } catch (HistoryFormatException wrong) {
            err.println(name + ", " + wrong.getMessage());
            return NO_VERDICT;
        } catch (NoSuchFileException absent) {
            err.println(name + " is not there: ./run-client.sh record --out " + name + " makes it");
            return NO_VERDICT;
        } catch (MalformedInputException wrong) {
            err.println(name + " is not UTF-8 text: is it a history at all?");
            return NO_VERDICT;
        } catch (IOException | InvalidPathException unreadable) {
            err.println(name + " cannot be read: " + unreadable.getMessage());
            return NO_VERDICT;
        }
        List<Operation> operations =
                versioned.stream().map(Versioned::operation).toList();
        out.println(name + ": " + summary(operations));
        return eventual ? judgeEventual(versioned, out) : judge(operations, out);
    }

    private static int judgeEventual(List<Versioned> operations, PrintStream out) {
        List<Violation> violations = EventualChecker.check(operations);
        print(violations, out);
        out.println(
                violations.isEmpty()
                        ? "Correct: nothing was invented, and every client read its own writes."
                        : "WRONG: no eventual group that keeps its promises could have answered so.");
        return violations.isEmpty() ? CORRECT : WRONG;
    }

    private static void print(List<Violation> violations, PrintStream out) {
        for (Violation violation : violations.subList(0, Math.min(violations.size(), VIOLATIONS_SHOWN))) {
            out.println();
            out.println(violation);
        }
        if (violations.size() > VIOLATIONS_SHOWN) {
            out.println();
            out.println("and " + (violations.size() - VIOLATIONS_SHOWN) + " more");
        }
    }

    private static int judge(List<Operation> operations, PrintStream out) {
        long begin = System.nanoTime();
        Verdict verdict = HistoryChecker.judge(operations);
        String took = String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - begin) / 1e9);
        List<Violation> violations = verdict.violations();
        print(violations, out);
        if (!verdict.undecided().isEmpty()) {
            out.println("Not decided, because too many operations overlap there: " + verdict.undecided()
                    + ". Record with fewer clients or more keys.");
        }
        if (!violations.isEmpty()) {
            out.println();
            out.println("WRONG: no store that keeps its promises could have answered so.");
            return WRONG;
        }
        if (!verdict.undecided().isEmpty()) {
            return NO_VERDICT;
        }
        out.println("Correct: every key is linearizable, no transaction was seen by halves (" + took + ").");
        return CORRECT;
    }

    private static String summary(List<Operation> operations) {
        Set<Object> keys = new HashSet<>();
        Set<Object> clients = new HashSet<>();
        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        long firstNs = Long.MAX_VALUE;
        long lastNs = Long.MIN_VALUE;
        for (Operation operation : operations) {
            keys.add(operation.key());
            clients.add(operation.who());
            outcomes.merge(operation.outcome(), 1, Integer::sum);
            firstNs = Math.min(firstNs, operation.startNs());
            lastNs = Math.max(lastNs, operation.endNs() == Operation.NEVER ? operation.startNs() : operation.endNs());
        }
        double seconds = operations.isEmpty() ? 0 : (lastNs - firstNs) / 1e9;
        return String.format(
                Locale.ROOT,
                "%d operations of %d clients on %d keys in %.1f s: %d ok, %d not found, %d not applied, %d unknown",
                operations.size(),
                clients.size(),
                keys.size(),
                seconds,
                outcomes.getOrDefault(Outcome.DONE, 0),
                outcomes.getOrDefault(Outcome.NOT_FOUND, 0),
                outcomes.getOrDefault(Outcome.NOT_APPLIED, 0),
                outcomes.getOrDefault(Outcome.UNKNOWN, 0));
    }
}
