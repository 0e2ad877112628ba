package com.kvstore.compare;

import org.json.JSONStringer;
import org.json.JSONWriter;

/** All figures as JSON, for programs. Thread-safe: no state. */
final class JsonReport {
    private JsonReport() {}

    static String of(Results results) {
        JSONWriter json = new JSONStringer().object();
        json.key("when").value(results.when());
        json.key("machine").value(results.machine());
        json.key("command").value(results.command());
        json.key("connections").value(results.settings().connections());
        json.key("measured_ms").value(results.settings().measuredMs());
        json.key("points").array();
        for (Point point : results.points()) {
            json.object();
            json.key("protocol").value(point.protocol().word());
            json.key("servers").value(point.servers());
            figures(json, "write_alone", point.writeAlone());
            figures(json, "read_alone", point.readAlone());
            figures(json, "write_many", point.writeMany());
            figures(json, "read_many", point.readMany());
            json.endObject();
        }
        json.endArray().key("kills").array();
        for (KillResult kill : results.kills()) {
            kill(json, kill);
        }
        return json.endArray().endObject().toString() + "\n";
    }

    private static void figures(JSONWriter json, String name, Figures figures) {
        json.key(name).object();
        json.key("per_second").value(Math.round(figures.perSecond()));
        json.key("p50_us").value(Math.round(figures.p50Us() * 10) / 10.0);
        json.key("p99_us").value(Math.round(figures.p99Us() * 10) / 10.0);
        json.key("errors").value(figures.errors());
        json.endObject();
    }

    private static void kill(JSONWriter json, KillResult kill) {
        json.object();
        json.key("protocol").value(kill.protocol().word());
        json.key("servers").value(kill.servers());
        json.key("pause_ms").value(Math.round(kill.pauseMs() * 10) / 10.0);
        json.key("usual_ms").value(Math.round(kill.usualMs() * 10) / 10.0);
        json.key("resumed").value(kill.resumed());
        json.key("acknowledged").value(kill.told().acknowledged());
        json.key("refused").value(kill.told().refused());
        json.key("unknown").value(kill.told().unknown());
        json.key("lost").value(kill.audit().lost());
        json.key("appeared_after_refusal").value(kill.audit().appeared());
        json.key("unread").value(kill.audit().unread());
        json.key("correct").value(kill.verdict().correct());
        json.key("verdict").value(kill.verdict().text());
        json.key("operations_judged").value(kill.verdict().operations());
        json.key("killed_at_ms").value(kill.timeline().killedMs());
        json.key("bucket_ms").value(kill.timeline().bucketMs());
        json.key("acknowledged_by_bucket").array();
        for (int count : kill.timeline().acknowledged()) {
            json.value(count);
        }
        json.endArray().endObject();
    }
}
