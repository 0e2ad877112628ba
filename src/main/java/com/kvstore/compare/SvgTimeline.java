package com.kvstore.compare;

import java.util.List;
import java.util.Locale;

/** Acknowledged writes over the time in which a server was killed, as SVG. Thread-safe: no state. */
final class SvgTimeline {
    private static final int WIDTH = 520;
    private static final int HEIGHT = 170;
    private static final int LEFT = 46;
    private static final int RIGHT = 10;
    private static final int TOP = 22;
    private static final int BOTTOM = 26;
    private static final int TICKS = 3;

    private SvgTimeline() {}

    static String draw(String style, KillResult kill) {
        List<Integer> counts = kill.timeline().acknowledged();
        double bucketS = kill.timeline().bucketMs() / 1_000.0;
        double most = 1;
        for (int count : counts) {
            most = Math.max(most, count / bucketS);
        }
        double step = SvgLines.niceStep(most / TICKS);
        double top = step * Math.ceil(most / step);
        double wide = (double) (WIDTH - LEFT - RIGHT) / counts.size();
        double perMs = wide / kill.timeline().bucketMs();
        double killX = LEFT + kill.timeline().killedMs() * perMs;
        StringBuilder svg = new StringBuilder(format(
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s: acknowledged writes a second before and after"
                        + " the kill\" xmlns=\"http://www.w3.org/2000/svg\">\n",
                WIDTH, HEIGHT, kill.protocol().word()));
        for (double value = 0; value <= top + step / 2; value += step) {
            svg.append(format(
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                            + "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                    LEFT,
                    WIDTH - RIGHT,
                    y(value / top),
                    y(value / top),
                    LEFT - 6,
                    y(value / top) + 4,
                    Units.rate(value)));
        }
        if (kill.pauseMs() > 2 * kill.timeline().bucketMs()) {
            svg.append(format(
                    "<rect class=\"pause\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
                    killX, TOP, Math.min(kill.pauseMs() * perMs, WIDTH - RIGHT - killX), HEIGHT - TOP - BOTTOM));
        }
        area(svg, style, counts, bucketS * top, wide);
        svg.append(format(
                "<line class=\"kill\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                        + "<text class=\"killed\" x=\"%.1f\" y=\"%d\">kill -9</text>\n",
                killX, killX, TOP - 6, HEIGHT - BOTTOM, killX + 5, TOP - 8));
        seconds(svg, counts.size() * bucketS, kill.timeline().killedMs() / 1_000.0);
        return svg.append("</svg>\n").toString();
    }

    private static void area(StringBuilder svg, String style, List<Integer> counts, double full, double wide) {
        StringBuilder path = new StringBuilder(format("M%d %.1f ", LEFT, y(0)));
        for (int i = 0; i < counts.size(); i++) {
            path.append(format(
                    "L%.1f %.1f L%.1f %.1f ",
                    LEFT + i * wide, y(counts.get(i) / full), LEFT + (i + 1) * wide, y(counts.get(i) / full)));
        }
        path.append(format("L%.1f %.1f Z", LEFT + counts.size() * wide, y(0)));
        svg.append(format("<path class=\"area %s\" d=\"%s\"/>\n", style, path));
    }

    /** Counted from the kill. */
    private static void seconds(StringBuilder svg, double lengthS, double killS) {
        double wide = (WIDTH - LEFT - RIGHT) / lengthS;
        for (int second = (int) -Math.floor(killS); second + killS <= lengthS; second++) {
            svg.append(format(
                    "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                    LEFT + (second + killS) * wide, HEIGHT - 8, second > 0 ? "+" + second + " s" : second + " s"));
        }
    }

    private static double y(double part) {
        return TOP + (1 - part) * (HEIGHT - TOP - BOTTOM);
    }

    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
