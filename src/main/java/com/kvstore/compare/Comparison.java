package com.kvstore.compare;

import com.kvstore.client.KvClientConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code run-client.sh bench}: starts groups of every protocol and size, one after the other, measures them, kills a server
 * of one size under load, and writes the report.
 *
 * <p>Threading: used from one thread, once. An end of this process ends all servers it started.
 */
public final class Comparison {
    private static final int DONE = 0;
    private static final int WRONG = 1;
    private static final int BROKEN = 2;
    private static final long ALONE_WARM_UP_MS = 300;
    /** A load average for each processor from which on figures are doubtful. */
    private static final double BUSY = 0.75;

    private final CompareSettings settings;
    private final PrintStream out;
    private final PrintStream progress;
    /** Before anything is started: whether the machine has other work to do. */
    private final double loadBefore =
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();

    private final List<Point> points = new ArrayList<>();
    private final List<KillResult> kills = new ArrayList<>();

    /**
     * @param out takes the table and the chart
     * @param progress is told what is under way
     */
    public Comparison(CompareSettings settings, PrintStream out, PrintStream progress) {
        this.settings = settings;
        this.out = out;
        this.progress = progress;
    }

    /**
     * Measures and reports.
     *
     * @param command what was typed, for the report
     * @return the status to end the process with: 0; 1 if a history was not as promised; 2 if something could not be started
     */
    public int run(String command) {
        try {
            Files.createDirectories(settings.out());
            for (int servers : settings.servers()) {
                for (Protocol protocol : settings.protocols()) {
                    measure(protocol, servers);
                }
            }
            Results results = new Results(
                    settings, machine(), LocalDate.now(ZoneId.systemDefault()).toString(), command, points, kills);
            write("comparison.json", JsonReport.of(results));
            write("comparison.html", HtmlReport.of(results));
            out.print(TextReport.of(results));
            out.println("Report: " + settings.out().resolve("comparison.html"));
            out.flush();
            return results.correct() ? DONE : WRONG;
        } catch (IOException broken) {
            progress.println("✗ " + broken.getMessage());
            return BROKEN;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            progress.println("✗ Interrupted.");
            return BROKEN;
        }
    }

    private void write(String name, String text) throws IOException {
        Files.write(settings.out().resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    private void measure(Protocol protocol, int servers) throws IOException, InterruptedException {
        String what = protocol.word() + ", " + servers + (servers == 1 ? " server" : " servers");
        say(what + ": starting …");
        Path consoles = settings.out().resolve("consoles").resolve(protocol.word() + "-" + servers);
        try (ServerGroup group = ServerGroup.start(protocol, servers, settings.home(), consoles)) {
            Point point = measure(protocol, servers, group);
            points.add(point);
            say(String.format(
                    Locale.ROOT,
                    "%s: a write takes %s, a read %s; %,.0f writes and %,.0f reads a second",
                    what,
                    Units.latency(point.writeAlone().p50Us()),
                    Units.latency(point.readAlone().p50Us()),
                    point.writeMany().perSecond(),
                    point.readMany().perSecond()));
            if (servers == settings.killedAmong()) {
                say(what + ": killing one under load …");
                Path history = settings.out().resolve("history-" + protocol.word() + ".jsonl");
                KillResult kill = new KillExperiment(protocol, group, servers, history).run();
                kills.add(kill);
                say(what + ": writers waited " + Units.latency(kill.pauseMs() * 1_000) + " at most; "
                        + kill.verdict().text());
            }
        }
    }

    private Point measure(Protocol protocol, int servers, ServerGroup group) throws InterruptedException {
        KvClientConfig config = group.config();
        Figures writeMany;
        Figures readMany;
        try (Load load = new Load(config, group.entrances(), settings.connections())) {
            load.fill();
            load.run(Load.Kind.WRITE, settings.warmUpMs() / 2);
            load.run(Load.Kind.READ, settings.warmUpMs() / 2);
            writeMany = load.run(Load.Kind.WRITE, settings.measuredMs());
            readMany = load.run(Load.Kind.READ, settings.measuredMs());
        }
        try (Load load = new Load(config, group.entrances(), 1)) {
            load.run(Load.Kind.WRITE, ALONE_WARM_UP_MS);
            Figures writeAlone = load.run(Load.Kind.WRITE, settings.measuredMs());
            Figures readAlone = load.run(Load.Kind.READ, settings.measuredMs());
            return new Point(protocol, servers, writeAlone, readAlone, writeMany, readMany);
        }
    }

    private void say(String text) {
        progress.println(text);
        progress.flush();
    }

    private String machine() {
        int processors = Runtime.getRuntime().availableProcessors();
        String text = processors + (processors == 1 ? " processor" : " processors") + ", Java "
                + Runtime.version().feature() + ", " + System.getProperty("os.name");
        // Nobody should take such figures for more than they are.
        return loadBefore < BUSY * processors
                ? text
                : text
                        + String.format(
                                Locale.ROOT,
                                ", busy with other work when this began (load average %.1f): take the figures with care",
                                loadBefore);
    }
}
