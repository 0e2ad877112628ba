package com.kvstore.client;

import com.kvstore.common.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * The documents of status, ring, where and plan as short tables for people: numbers and words first, a line each; then
 * each list of objects as a table.
 *
 * <p>It shows whatever a document holds, known fields first, so that a newer node's fields appear too. Thread-safe: no
 * state.
 */
final class StatusView {
    /** JSON objects have no order: these come first, in this order, then the rest by name. */
    private static final List<String> ORDER = List.of(
            "epoch",
            "address",
            "server",
            "position",
            "positions",
            "own",
            "prev",
            "start",
            "end",
            "arc",
            "from",
            "to",
            "table",
            "owner",
            "replica",
            "state",
            "keys",
            "heartbeat_age_ms",
            "whole",
            "single",
            "lost",
            "moving_bytes");

    private static final int GAP = 2;
    private static final int MAX_ROWS = 64;

    private StatusView() {}

    /** @param json as the node answered it; shown as it is if it is no JSON object */
    static String text(PromptCommand.Word word, String json) {
        try {
            JSONObject document = new JSONObject(json);
            return word == PromptCommand.Word.WHERE ? where(document) : document(document);
        } catch (JSONException unexpected) {
            return Answers.line(json);
        }
    }

    private static String where(JSONObject where) {
        String key = where.has("key") ? "'" + printable(where.get("key")) + "' is at" : "At";
        return "✓ " + key + " position " + scalar(where.opt("position"), "position") + ": owner "
                + scalar(where.opt("owner"), "owner") + ", replica " + scalar(where.opt("replica"), "replica");
    }

    private static String document(JSONObject document) {
        StringBuilder out = new StringBuilder();
        List<String> tables = new ArrayList<>();
        scalars("", document, out, tables);
        for (String name : tables) {
            JSONArray rows = document.optJSONArray(name);
            if (rows != null) {
                out.append(out.length() == 0 ? "" : "\n").append(label(name)).append('\n');
                table(name.equals("arcs") ? readable(rows) : rows, out);
            }
        }
        int end = out.length();
        return out.substring(0, end > 0 && out.charAt(end - 1) == '\n' ? end - 1 : end);
    }

    /** Arcs with a column for each table instead of a list of copies; "lost" stands only where something is. */
    private static JSONArray readable(JSONArray arcs) {
        JSONArray rows = new JSONArray();
        for (Object element : arcs) {
            if (!(element instanceof JSONObject arc) || arc.optJSONArray("copies") == null) {
                return arcs;
            }
            JSONObject row = new JSONObject();
            String start = scalar(arc.opt("start"), "start");
            String end = scalar(arc.opt("end"), "end");
            row.put("positions", start.equals(end) ? start : start + "–" + end);
            row.put("own", holders(arc.getJSONArray("copies"), "own"));
            row.put("prev", holders(arc.getJSONArray("copies"), "prev"));
            if (arc.optBoolean("lost")) {
                row.put("lost", true);
            }
            rows.put(row);
        }
        return rows;
    }

    /** Who holds copies in {@code table}; what is said of a copy that is in sync is nothing. */
    private static String holders(JSONArray copies, String table) {
        StringBuilder out = new StringBuilder();
        for (Object element : copies) {
            if (element instanceof JSONObject copy && copy.optString("table").equals(table)) {
                String sync = copy.optString("sync");
                out.append(out.length() == 0 ? "" : ", ").append(copy.optString("server"));
                out.append(sync.equals("in_sync") ? "" : " (" + sync + ")");
            }
        }
        return out.length() == 0 ? "none" : out.toString();
    }

    /** A line for each field that is no list; an inner object's fields stand on one line. */
    private static void scalars(String indent, JSONObject object, StringBuilder out, List<String> tables) {
        for (String name : sorted(object.keySet())) {
            Object value = object.get(name);
            if (value instanceof JSONArray) {
                tables.add(name);
            } else if (value instanceof JSONObject inner) {
                out.append(indent)
                        .append(label(name))
                        .append(": ")
                        .append(fields(inner))
                        .append('\n');
            } else {
                out.append(indent)
                        .append(label(name))
                        .append(": ")
                        .append(scalar(value, name))
                        .append('\n');
            }
        }
    }

    private static String fields(JSONObject object) {
        StringBuilder out = new StringBuilder();
        for (String name : sorted(object.keySet())) {
            out.append(out.length() == 0 ? "" : ", ");
            out.append(words(name)).append(' ').append(scalar(object.get(name), name));
        }
        return out.length() == 0 ? "none" : out.toString();
    }

    private static void table(JSONArray array, StringBuilder out) {
        if (array.isEmpty()) {
            out.append("  none\n");
            return;
        }
        List<String> columns = columns(array);
        List<List<String>> rows = new ArrayList<>();
        List<String> header = new ArrayList<>();
        for (String column : columns) {
            header.add(label(column));
        }
        rows.add(header);
        int shown = Math.min(MAX_ROWS, array.length());
        for (int i = 0; i < shown; i++) {
            Object element = array.get(i);
            List<String> row = new ArrayList<>();
            for (String column : columns) {
                row.add(
                        element instanceof JSONObject object
                                ? scalar(object.opt(column), column)
                                : scalar(element, ""));
            }
            rows.add(row);
        }
        align(columns.isEmpty() ? List.of() : rows, out);
        if (shown < array.length()) {
            out.append("  … and ").append(array.length() - shown).append(" more; --json shows all\n");
        }
    }

    private static List<String> columns(JSONArray array) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < array.length(); i++) {
            if (array.get(i) instanceof JSONObject object) {
                for (String name : object.keySet()) {
                    if (!names.contains(name)) {
                        names.add(name);
                    }
                }
            } else if (names.isEmpty()) {
                names.add("value");
            }
        }
        return sorted(names);
    }

    private static void align(List<List<String>> rows, StringBuilder out) {
        for (List<String> row : rows) {
            out.append(' ');
            for (int column = 0; column < row.size(); column++) {
                String cell = row.get(column);
                boolean last = column == row.size() - 1;
                out.append(' ').append(cell);
                if (!last) {
                    out.append(" ".repeat(width(rows, column) - cell.length() + GAP - 1));
                }
            }
            out.append('\n');
        }
    }

    private static int width(List<List<String>> rows, int column) {
        int width = 0;
        for (List<String> row : rows) {
            width = Math.max(width, row.get(column).length());
        }
        return width;
    }

    private static String scalar(Object value, String name) {
        if (value == null || value == JSONObject.NULL) {
            return name.equals("lost") ? "no" : "none";
        }
        if (value instanceof Number number && name.endsWith("_ms")) {
            return number.longValue() < 0 ? "never" : Quantities.seconds(number.longValue());
        }
        if (value instanceof Number number && name.endsWith("bytes")) {
            return Quantities.bytes(number.longValue());
        }
        if (value instanceof Number number && name.endsWith("fraction")) {
            return Math.round(100 * number.doubleValue()) + " %";
        }
        if (value instanceof Boolean flag) {
            return flag ? "yes" : "no";
        }
        if (value instanceof JSONObject object) {
            return fields(object);
        }
        if (value instanceof JSONArray array) {
            return list(array);
        }
        return printable(value);
    }

    private static String list(JSONArray array) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < array.length(); i++) {
            out.append(i == 0 ? "" : " ").append(scalar(array.get(i), ""));
        }
        return out.length() == 0 ? "none" : out.toString();
    }

    private static String printable(Object value) {
        return Printable.text(Bytes.of(value.toString()));
    }

    private static List<String> sorted(Iterable<String> names) {
        List<String> sorted = new ArrayList<>();
        for (String name : names) {
            sorted.add(name);
        }
        Collections.sort(sorted, Comparator.comparingInt(StatusView::rank).thenComparing(Comparator.naturalOrder()));
        return sorted;
    }

    private static int rank(String name) {
        int rank = ORDER.indexOf(name);
        return rank < 0 ? ORDER.size() : rank;
    }

    /** {@code heartbeat_age_ms}: "Heartbeat age". */
    private static String label(String name) {
        String words = words(name);
        return words.isEmpty() ? name : Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }

    private static String words(String name) {
        String unitless = name.endsWith("_ms") ? name.substring(0, name.length() - 3) : name;
        return unitless.replace('_', ' ');
    }
}
