package com.kvstore.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/** The page: charts, what a kill does, all figures. It needs nothing but itself. Thread-safe: no state. */
final class HtmlReport {
    private static final int WIDE = 980;
    private static final int HIGH = 400;
    private static final int HALF = 520;
    private static final int HALF_HIGH = 300;
    private static final DoubleFunction<String> LATENCY = Units::latency;
    private static final DoubleFunction<String> RATE = Units::rate;

    private HtmlReport() {}

    static String of(Results results) {
        int most = results.settings().servers().get(results.settings().servers().size() - 1);
        StringBuilder page = new StringBuilder();
        page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<title>Replication protocols compared</title>\n<style>\n")
                .append(HtmlStyle.TEXT)
                .append(
                        "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>Replication protocols, side by side</h1>\n<p>")
                .append("The same store under each protocol, real processes on one host, in one run: ")
                .append(text(results.when() + ", " + results.machine()))
                .append(".</p>\n");
        legend(results, page);
        page.append("</header>\n<section>\n<h2>What one more server costs a write</h2>\n<p class=\"lead\">")
                .append("How long one client waits for a write, the median. ")
                .append(growth(results, most))
                .append("</p>\n")
                .append(chart(results, "write latency, median", WIDE, HIGH, LATENCY, p -> p.writeAlone()
                        .p50Us()))
                .append("</section>\n<section class=\"grid2\">\n");
        int connections = results.settings().connections();
        figure(page, "A write, 99th percentile", "of one client", half(results, LATENCY, p -> p.writeAlone()
                .p99Us()));
        figure(page, "A read, median", "of one client", half(results, LATENCY, p -> p.readAlone()
                .p50Us()));
        figure(page, "Writes a second", connections + " clients at once", half(results, RATE, p -> p.writeMany()
                .perSecond()));
        figure(page, "Reads a second", connections + " clients at once", half(results, RATE, p -> p.readMany()
                .perSecond()));
        page.append("</section>\n");
        kills(results, page);
        table(results, page);
        how(results, page);
        return page.append("</main>\n</body>\n</html>\n").toString();
    }

    private static void legend(Results results, StringBuilder page) {
        page.append("<ul class=\"legend\">\n");
        for (Protocol protocol : results.settings().protocols()) {
            page.append("<li><span class=\"key ")
                    .append(style(protocol))
                    .append("\"></span><b>")
                    .append(protocol.word())
                    .append("</b> ")
                    .append(text(protocol.idea()))
                    .append("</li>\n");
        }
        page.append("</ul>\n");
    }

    /** One sentence with each protocol's first and last figure. */
    private static String growth(Results results, int most) {
        int least = results.settings().servers().get(0);
        List<String> parts = new ArrayList<>();
        for (Protocol protocol : results.settings().protocols()) {
            List<Point> points = results.of(protocol);
            if (points.size() > 1) {
                double from = points.get(0).writeAlone().p50Us();
                double to = points.get(points.size() - 1).writeAlone().p50Us();
                parts.add(String.format(
                        Locale.ROOT,
                        "<b class=\"%s\">%s</b> ×%.1f",
                        style(protocol),
                        protocol.word(),
                        to / Math.max(from, 1e-9)));
            }
        }
        return parts.isEmpty() ? "" : "From " + least + " to " + most + " servers: " + String.join(", ", parts) + ".";
    }

    private static String half(Results results, DoubleFunction<String> unit, Function<Point, Double> value) {
        return chart(results, "", HALF, HALF_HIGH, unit, value);
    }

    private static String chart(
            Results results,
            String title,
            int width,
            int height,
            DoubleFunction<String> unit,
            Function<Point, Double> value) {
        List<SvgLines.Series> series = new ArrayList<>();
        for (Protocol protocol : results.settings().protocols()) {
            List<double[]> points = new ArrayList<>();
            for (Point point : results.of(protocol)) {
                points.add(new double[] {point.servers(), value.apply(point)});
            }
            series.add(new SvgLines.Series(style(protocol), protocol.word(), points));
        }
        return new SvgLines(width, height, unit).draw(title, results.settings().servers(), series);
    }

    private static void figure(StringBuilder page, String title, String subtitle, String svg) {
        page.append("<figure>\n<figcaption><b>")
                .append(text(title))
                .append("</b> ")
                .append(text(subtitle))
                .append("</figcaption>\n")
                .append(svg)
                .append("</figure>\n");
    }

    private static void kills(Results results, StringBuilder page) {
        if (results.kills().isEmpty()) {
            return;
        }
        page.append("<section>\n<h2>What a kill does</h2>\n<p class=\"lead\">One of ")
                .append(results.kills().get(0).servers())
                .append(" servers is killed (<code>kill -9</code>) under load. The charts show acknowledged writes a"
                        + " second; the pause is the longest that any of the writers went without an"
                        + " acknowledgement.</p>\n<div class=\"grid2\">\n");
        for (KillResult kill : results.kills()) {
            kill(kill, page);
        }
        page.append("</div>\n</section>\n");
    }

    private static void kill(KillResult kill, StringBuilder page) {
        KillResult.Told told = kill.told();
        String style = style(kill.protocol());
        page.append("<figure>\n<figcaption><span class=\"key ").append(style).append("\"></span><b>");
        page.append(kill.protocol().word())
                .append("</b> killed: ")
                .append(text(kill.protocol().victim()));
        page.append("</figcaption>\n<p class=\"pause\"><b>")
                .append(kill.resumed() ? "" : "more than ")
                .append(Units.latency(kill.pauseMs() * 1_000))
                .append("</b> pause <span>(usually ")
                .append(Units.latency(kill.usualMs() * 1_000))
                .append(" at most)</span></p>\n")
                .append(SvgTimeline.draw(style, kill))
                .append("<dl>\n");
        fact(page, "acknowledged", Units.count(told.acknowledged()));
        fact(page, "of these lost", Units.count(kill.audit().lost()));
        fact(page, "refused, not applied", Units.count(told.refused()));
        fact(page, "outcome unknown", Units.count(told.unknown()));
        page.append("</dl>\n<p class=\"verdict ")
                .append(kill.verdict().correct() ? "good" : "bad")
                .append("\">")
                .append(kill.verdict().correct() ? "✓ " : "✗ ")
                .append(text(kill.verdict().text()))
                .append(" <span>(")
                .append(Units.count(kill.verdict().operations()))
                .append(" recorded operations judged)</span></p>\n</figure>\n");
    }

    private static void fact(StringBuilder page, String name, String value) {
        page.append("<div><dt>").append(name).append("</dt><dd>").append(value).append("</dd></div>\n");
    }

    private static void table(Results results, StringBuilder page) {
        page.append("<section>\n<h2>All figures</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>protocol</th>"
                        + "<th>servers</th><th>write p50</th><th>write p99</th><th>read p50</th><th>read p99</th>"
                        + "<th>writes/s</th><th>p50</th><th>p99</th><th>reads/s</th><th>p50</th><th>p99</th></tr>\n"
                        + "<tr class=\"sub\"><th></th><th></th><th colspan=\"4\">one client</th><th colspan=\"6\">")
                .append(results.settings().connections())
                .append(" clients</th></tr></thead>\n<tbody>\n");
        for (Protocol protocol : results.settings().protocols()) {
            for (Point point : results.of(protocol)) {
                page.append("<tr><td><span class=\"key ")
                        .append(style(protocol))
                        .append("\"></span>");
                page.append(protocol.word())
                        .append("</td><td>")
                        .append(point.servers())
                        .append("</td>");
                latencies(page, point.writeAlone());
                latencies(page, point.readAlone());
                page.append("<td>")
                        .append(Units.count(Math.round(point.writeMany().perSecond())))
                        .append("</td>");
                latencies(page, point.writeMany());
                page.append("<td>")
                        .append(Units.count(Math.round(point.readMany().perSecond())))
                        .append("</td>");
                latencies(page, point.readMany());
                page.append("</tr>\n");
            }
        }
        page.append("</tbody>\n</table></div>\n</section>\n");
    }

    private static void latencies(StringBuilder page, Figures figures) {
        page.append("<td>").append(Units.latency(figures.p50Us())).append("</td><td>");
        page.append(Units.latency(figures.p99Us())).append("</td>");
    }

    private static void how(Results results, StringBuilder page) {
        CompareSettings settings = results.settings();
        page.append("<section class=\"how\">\n<h2>How it was measured</h2>\n<p><code>")
                .append(text(results.command()))
                .append(
                        "</code></p>\n<p>Each server is a process of its own, in memory, all on one host, so that they share"
                                + " its processors: part of what a further server costs here is its share of them. Every figure is of ")
                .append(String.format(
                        Locale.ROOT, "%.1f s after %.1f s", settings.measuredMs() / 1e3, settings.warmUpMs() / 1e3))
                .append(
                        " of load on a fresh group; 1,000 keys, values of 100 bytes, one request in flight for each client."
                                + " Of the ring, servers are the data nodes beside its coordinator, and a write goes to two of them"
                                + " however many there are. Clients of total-order and eventual are spread over the peers.</p>\n"
                                + "<p>Under the kill, some clients write each key once and read all of them in the end; others"
                                + " fight for 20 keys and are recorded, for the checker to judge: linearizable; of eventual, that"
                                + " nothing was invented, that every client read its own writes, and that all peers became"
                                + " alike.</p>\n</section>\n");
    }

    private static String style(Protocol protocol) {
        return protocol.word();
    }

    private static String text(String raw) {
        return raw.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
