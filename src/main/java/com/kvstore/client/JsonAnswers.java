package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import java.util.Base64;
import org.json.JSONStringer;
import org.json.JSONWriter;

/** Answers as JSON objects, in the shapes the JSON protocol gives them. Thread-safe: no state. */
final class JsonAnswers {
    private JsonAnswers() {}

    static String of(Ask ask, Result result) {
        if (result instanceof Result.Document document) {
            return Answers.line(document.json());
        }
        if (result instanceof Result.Value value) {
            return value(value.value());
        }
        if (result instanceof Result.Failure failure) {
            boolean noKey = failure.code() == ErrorCode.NOT_FOUND && ask.aboutKey();
            return error(
                    failure.code(),
                    noKey ? "Key not found: " + Printable.text(ask.subject()) : failure.message());
        }
        JSONStringer json = begin("ack");
        json.key("message").value("success");
        if (result instanceof Result.Ack ack) {
            ack(ask, ack, json);
        }
        return json.endObject().toString();
    }

    /** What the client itself did. */
    static String note(String text) {
        JSONStringer json = begin("ack");
        json.key("message").value("success").key("note").value(text);
        return json.endObject().toString();
    }

    static String error(ErrorCode code, String message) {
        JSONStringer json = begin("error");
        json.key("code").value(code.name()).key("message").value(message);
        return json.endObject().toString();
    }

    private static String value(Bytes value) {
        String text = value.utf8OrNull();
        JSONStringer json = begin("data");
        if (text != null) {
            json.key("message").value(text);
        } else {
            json.key("message_b64").value(Base64.getEncoder().encodeToString(value.array()));
        }
        return json.endObject().toString();
    }

    private static void ack(Ask ask, Result.Ack ack, JSONWriter json) {
        if (ask.writes()) {
            json.key("copies").value(ack.copies());
            json.key("degraded").value(ack.degraded());
        }
        if (!ack.missing().isEmpty()) {
            json.key("missing").array();
            for (ServerNode server : ack.missing()) {
                json.value(server.toString());
            }
            json.endArray();
        }
        if (!ack.note().isEmpty()) {
            json.key("note").value(ack.note());
        }
    }

    private static JSONStringer begin(String type) {
        JSONStringer json = new JSONStringer();
        json.object().key("req_type").value(type);
        return json;
    }
}
