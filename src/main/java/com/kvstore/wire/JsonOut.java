package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import java.util.Base64;
import java.util.List;
import org.json.JSONString;
import org.json.JSONWriter;
import org.jspecify.annotations.Nullable;

/**
 * Writes one JSON object as one line, its fields in the order of the calls, so that a person finds {@code req_type} first.
 *
 * <p>Threading: one thread at a time.
 */
final class JsonOut {
    /** Writes the fields of one object of a list. */
    interface Element<T> {
        void write(T element, JsonOut out);
    }

    /** A shorter text stays text between nodes whatever its escapes take: somebody wants to read it. */
    private static final int READABLE_BYTES = 1_024;

    private final StringBuilder text = new StringBuilder();
    private final JSONWriter writer = new JSONWriter(text).object();
    private final boolean compact;

    JsonOut() {
        this(false);
    }

    private JsonOut(boolean compact) {
        this.compact = compact;
    }

    /** A line whose first field is {@code req_type}. */
    static JsonOut line(String reqType) {
        return new JsonOut(false).put(JsonIn.REQ_TYPE, reqType);
    }

    /**
     * As {@link #line}, from one node to another: long text travels as base64 where its escapes would make it longer than
     * that, so that a large value grows by a third at most. Clients get all text as text.
     */
    static JsonOut nodeLine(String reqType) {
        return new JsonOut(true).put(JsonIn.REQ_TYPE, reqType);
    }

    JsonOut put(String name, String value) {
        writer.key(name).value(value);
        return this;
    }

    JsonOut put(String name, long value) {
        writer.key(name).value(value);
        return this;
    }

    /** Leaves the field out if it has the value that its absence means. */
    JsonOut putUnless(long absent, String name, long value) {
        return value == absent ? this : put(name, value);
    }

    JsonOut put(String name, double value) {
        writer.key(name).value(value);
        return this;
    }

    JsonOut put(String name, boolean value) {
        writer.key(name).value(value);
        return this;
    }

    JsonOut put(String name, Version value) {
        return put(name, value.toString());
    }

    JsonOut put(String name, ServerNode value) {
        return put(name, value.toString());
    }

    JsonOut put(String name, Table value) {
        return put(name, value.wireName());
    }

    JsonOut hex(String name, long value) {
        return put(name, Hex.of(value));
    }

    /** As text, or as base64 in {@code name_b64} when they are not UTF-8. */
    JsonOut put(String name, Bytes value) {
        String utf8 = Utf8.textOrNull(value.array());
        return utf8 != null && !(compact && isLongerThanBase64(value))
                ? put(name, utf8)
                : put(name + "_b64", Base64.getEncoder().encodeToString(value.array()));
    }

    private static boolean isLongerThanBase64(Bytes value) {
        int length = value.length();
        if (length <= READABLE_BYTES) {
            return false;
        }
        long escaped = length;
        for (int i = 0; i < length; i++) {
            escaped += moreBytes(value, i);
        }
        return escaped > 4L * ((length + 2) / 3);
    }

    /** What org.json's escape of the character that begins at {@code i} takes beyond its UTF-8 bytes. */
    private static int moreBytes(Bytes value, int i) {
        int b = value.at(i) & 0xff;
        if (b < ' ') {
            return b >= '\b' && b <= '\r' && b != 0x0b ? 1 : 5;
        }
        if (b == '"' || b == '\\') {
            return 1;
        }
        if (b == '/') {
            return i > 0 && value.at(i - 1) == '<' ? 1 : 0;
        }
        if (b < 0xc2) {
            return 0;
        }
        // U+0080 to U+009F, and U+2000 to U+20FF: the second byte tells.
        int next = value.at(i + 1) & 0xff;
        if (b == 0xc2) {
            return next < 0xa0 ? 4 : 0;
        }
        return b == 0xe2 && next <= 0x83 ? 3 : 0;
    }

    JsonOut putIfPresent(String name, @Nullable Bytes value) {
        return value == null ? this : put(name, value);
    }

    JsonOut putIfPresent(String name, @Nullable ServerNode value) {
        return value == null ? this : put(name, value);
    }

    /** A value as org.json parsed it; a number keeps its digits ({@code 1.0} does not come back as {@code 1}). */
    JsonOut putParsed(String name, Object value) {
        writer.key(name).value(value instanceof Number ? (JSONString) value::toString : value);
        return this;
    }

    /** @param json the text of a JSON value on one line, taken as it is */
    JsonOut putJson(String name, String json) {
        writer.key(name).value((JSONString) () -> json);
        return this;
    }

    JsonOut versions(String name, List<Version> versions) {
        return texts(name, versions);
    }

    JsonOut servers(String name, List<ServerNode> servers) {
        return texts(name, servers);
    }

    JsonOut numbers(String name, List<Integer> numbers) {
        writer.key(name).array();
        for (int number : numbers) {
            writer.value(number);
        }
        writer.endArray();
        return this;
    }

    <T> JsonOut object(String name, T value, Element<T> fields) {
        writer.key(name).object();
        fields.write(value, this);
        writer.endObject();
        return this;
    }

    <T> JsonOut list(String name, List<T> elements, Element<T> fields) {
        writer.key(name).array();
        for (T element : elements) {
            writer.object();
            fields.write(element, this);
            writer.endObject();
        }
        writer.endArray();
        return this;
    }

    /** As {@link JsonIn#keys} reads them. */
    JsonOut keys(String name, List<Bytes> keys) {
        writer.key(name).array();
        for (Bytes key : keys) {
            String utf8 = Utf8.textOrNull(key.array());
            if (utf8 != null) {
                writer.value(utf8);
            } else {
                writer.object();
                put("key", key);
                writer.endObject();
            }
        }
        writer.endArray();
        return this;
    }

    /** The line, without a line end. */
    String end() {
        writer.endObject();
        return text.toString();
    }

    private JsonOut texts(String name, List<?> values) {
        writer.key(name).array();
        for (Object value : values) {
            writer.value(value.toString());
        }
        writer.endArray();
        return this;
    }
}
