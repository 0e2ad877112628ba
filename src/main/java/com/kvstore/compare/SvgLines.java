package com.kvstore.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * A line chart over the number of servers, as SVG that stands in a page by itself: each line is named where it ends.
 *
 * <p>Threading: one thread; used once.
 */
final class SvgLines {
    /** One line: its class in the style sheet, its name, and its points. */
    record Series(String style, String name, List<double[]> points) {}

    private static final int LEFT = 64;
    private static final int RIGHT = 176;
    private static final int TOP = 18;
    private static final int BOTTOM = 44;
    private static final int LABEL_GAP = 17;
    private static final int TICKS = 5;

    private final int width;
    private final int height;
    private final DoubleFunction<String> unit;
    private final StringBuilder svg = new StringBuilder();
    private double mostX = 1;
    private double leastX = Double.MAX_VALUE;
    private double mostY;

    /** @param unit how a value is written */
    SvgLines(int width, int height, DoubleFunction<String> unit) {
        this.width = width;
        this.height = height;
        this.unit = unit;
    }

    /** @param servers the places of the x axis */
    String draw(String title, List<Integer> servers, List<Series> series) {
        for (int number : servers) {
            mostX = Math.max(mostX, number);
            leastX = Math.min(leastX, number);
        }
        double highest = 0;
        for (Series each : series) {
            for (double[] point : each.points()) {
                highest = Math.max(highest, point[1]);
            }
        }
        double step = niceStep(highest / TICKS);
        mostY = step * Math.max(1, Math.ceil(highest * 1.02 / step));
        svg.append(format(
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\" xmlns=\"http://www.w3.org/2000/svg\">\n",
                width, height, title));
        axes(servers, step);
        for (Series each : series) {
            line(each);
        }
        names(series);
        return svg.append("</svg>\n").toString();
    }

    private void axes(List<Integer> servers, double step) {
        for (double value = 0; value <= mostY + step / 2; value += step) {
            svg.append(format(
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                            + "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                    LEFT, width - RIGHT, y(value), y(value), LEFT - 8, y(value) + 4, tick(value)));
        }
        for (int number : servers) {
            svg.append(format(
                    "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n",
                    x(number), height - BOTTOM + 20, number));
        }
        svg.append(format(
                "<text class=\"axis\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">servers</text>\n",
                (LEFT + width - RIGHT) / 2.0, height - 6));
    }

    private void line(Series series) {
        StringBuilder path = new StringBuilder();
        for (double[] point : series.points()) {
            path.append(format("%s%.1f %.1f ", path.length() == 0 ? "M" : "L", x(point[0]), y(point[1])));
        }
        svg.append(format(
                "<path class=\"line %s\" d=\"%s\"/>\n",
                series.style(), path.toString().trim()));
        for (double[] point : series.points()) {
            svg.append(format(
                    "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"><title>%s, %.0f servers: %s</title></circle>\n",
                    series.style(), x(point[0]), y(point[1]), series.name(), point[0], unit.apply(point[1])));
        }
    }

    /** At the right end of each line its name and last value, moved apart where they would touch. */
    private void names(List<Series> series) {
        List<Series> byHeight = new ArrayList<>();
        for (Series each : series) {
            if (!each.points().isEmpty()) {
                byHeight.add(each);
            }
        }
        byHeight.sort((a, b) -> Double.compare(last(b)[1], last(a)[1]));
        double[] at = new double[byHeight.size()];
        double next = TOP - LABEL_GAP;
        for (int i = 0; i < at.length; i++) {
            at[i] = Math.max(y(last(byHeight.get(i))[1]), next + LABEL_GAP);
            next = at[i];
        }
        double limit = height - BOTTOM;
        for (int i = at.length - 1; i >= 0; i--) {
            at[i] = Math.min(at[i], limit);
            limit = at[i] - LABEL_GAP;
        }
        for (int i = 0; i < at.length; i++) {
            Series each = byHeight.get(i);
            svg.append(format(
                    "<text class=\"name %s\" x=\"%.1f\" y=\"%.1f\">%s <tspan class=\"value\">%s</tspan></text>\n",
                    each.style(), x(last(each)[0]) + 11, at[i] + 4, each.name(), unit.apply(last(each)[1])));
        }
    }

    /** On an axis 8 ms is enough. */
    private String tick(double value) {
        return value == 0 ? "0" : unit.apply(value).replace(".00 ", " ").replace(".0k", "k");
    }

    private static double[] last(Series series) {
        return series.points().get(series.points().size() - 1);
    }

    private double x(double number) {
        double span = mostX - leastX;
        return span <= 0
                ? (LEFT + width - RIGHT) / 2.0
                : LEFT + 14 + (number - leastX) / span * (width - RIGHT - LEFT - 28);
    }

    private double y(double value) {
        return TOP + (1 - value / mostY) * (height - TOP - BOTTOM);
    }

    /** 1, 2 or 5 times a power of ten, not below {@code least}. */
    static double niceStep(double least) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(least, 1e-9))));
        for (double factor : new double[] {1, 2, 5, 10}) {
            if (factor * power >= least) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
