package com.kvstore.compare;

import java.util.List;
import java.util.Locale;

/** The table and the chart for a terminal. Thread-safe: no state. */
final class TextReport {
    private static final int WIDEST_BAR = 48;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    private TextReport() {}

    static String of(Results results) {
        StringBuilder text = new StringBuilder();
        table(results, text);
        chart(results, text);
        kills(results.kills(), text);
        return text.toString();
    }

    private static void table(Results results, StringBuilder text) {
        int connections = results.settings().connections();
        text.append(String.format(
                Locale.ROOT,
                "%n%-15s %7s  %23s  %23s  %23s%n",
                "",
                "",
                "one client: write",
                "one client: read",
                connections + " clients, a second"));
        text.append(String.format(
                Locale.ROOT,
                "%-15s %7s  %11s %11s  %11s %11s  %11s %11s%n",
                "protocol",
                "servers",
                "p50",
                "p99",
                "p50",
                "p99",
                "writes",
                "reads"));
        for (Protocol protocol : results.settings().protocols()) {
            for (Point point : results.of(protocol)) {
                text.append(String.format(
                        Locale.ROOT,
                        "%-15s %7d  %11s %11s  %11s %11s  %,11.0f %,11.0f%n",
                        protocol.word(),
                        point.servers(),
                        Units.latency(point.writeAlone().p50Us()),
                        Units.latency(point.writeAlone().p99Us()),
                        Units.latency(point.readAlone().p50Us()),
                        Units.latency(point.readAlone().p99Us()),
                        point.writeMany().perSecond(),
                        point.readMany().perSecond()));
            }
        }
    }

    private static void chart(Results results, StringBuilder text) {
        double most = 1;
        for (Point point : results.points()) {
            most = Math.max(most, point.writeAlone().p50Us());
        }
        text.append(String.format(
                Locale.ROOT, "%nHow long a write takes (median of one client), by the number of servers%n"));
        for (Protocol protocol : results.settings().protocols()) {
            String name = protocol.word();
            for (Point point : results.of(protocol)) {
                double us = point.writeAlone().p50Us();
                text.append(String.format(
                        Locale.ROOT, "%-15s %3d %s %s%n", name, point.servers(), bar(us / most), Units.latency(us)));
                name = "";
            }
        }
    }

    private static String bar(double part) {
        int eighths = (int) Math.round(part * WIDEST_BAR * 8);
        String full = "█".repeat(eighths / 8);
        return eighths % 8 == 0 && eighths > 0 ? full : full + EIGHTHS.charAt(Math.max(1, eighths % 8));
    }

    private static void kills(List<KillResult> kills, StringBuilder text) {
        if (kills.isEmpty()) {
            return;
        }
        text.append(String.format(
                Locale.ROOT,
                "%nOne of %d servers killed under load (kill -9)%n%-15s %9s %9s %9s %9s %12s %6s  %s%n",
                kills.get(0).servers(),
                "protocol",
                "pause",
                "usual",
                "refused",
                "unknown",
                "acknowledged",
                "lost",
                "verdict on the recorded history"));
        for (KillResult kill : kills) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-15s %9s %9s %,9d %,9d %,12d %,6d  %s%n",
                    kill.protocol().word(),
                    (kill.resumed() ? "" : "> ") + Units.latency(kill.pauseMs() * 1_000),
                    Units.latency(kill.usualMs() * 1_000),
                    kill.told().refused(),
                    kill.told().unknown(),
                    kill.told().acknowledged(),
                    kill.audit().lost(),
                    kill.verdict().text()));
        }
        text.append(String.format(
                Locale.ROOT,
                "%nPause: the longest that a writer went without an acknowledgement after the kill; usual: before it.%n"
                        + "Lost: acknowledged and not there in the end.%n"));
    }
}
