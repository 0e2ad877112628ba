package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.json.JSONArray;
import org.json.JSONObject;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of a parsed JSON object by type, without org.json's conversions between types.
 *
 * <p>Threading: one thread at a time. Failure: a {@link ProtocolException} that names the message, the field, and what was
 * expected there. Fields nobody asks for are ignored.
 */
final class JsonIn {
    static final String REQ_TYPE = "req_type";
    static final String ID = "id";

    private static final String BASE64_SUFFIX = "_b64";

    /** Reads one object of a list. */
    interface Element<T> {
        T read(JsonIn in) throws ProtocolException;
    }

    /** Reads one text of a list. */
    private interface TextElement<T> {
        /** @throws IllegalArgumentException when the text has another form */
        T parse(String text);
    }

    private static final String KEY = "key";

    private final JSONObject object;
    private final String what;

    /** @param what the message, as error messages call it */
    JsonIn(JSONObject object, String what) {
        this.object = object;
        this.what = what;
    }

    /** A whole line, called by its {@code req_type} in error messages. */
    static JsonIn line(JSONObject object) throws ProtocolException {
        String type = new JsonIn(object, "a message").text(REQ_TYPE);
        return new JsonIn(object, JsonText.shorten(type));
    }

    boolean has(String name) {
        return object.has(name);
    }

    /** The value as org.json gives it, null if the field is absent. */
    @Nullable Object anyOrNull(String name) {
        return object.opt(name);
    }

    String text(String name) throws ProtocolException {
        Object value = required(name);
        if (value instanceof String text) {
            return text;
        }
        throw wrongType(name, "a string", value);
    }

    String text(String name, String absent) throws ProtocolException {
        return has(name) ? text(name) : absent;
    }

    boolean flag(String name) throws ProtocolException {
        Object value = required(name);
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrongType(name, "true or false", value);
    }

    boolean flag(String name, boolean absent) throws ProtocolException {
        return has(name) ? flag(name) : absent;
    }

    /** Any whole number of 64 bits. */
    long anyNumber(String name) throws ProtocolException {
        return wholeNumber(name, required(name), "a whole number");
    }

    /** A whole number that is not negative. */
    long number(String name) throws ProtocolException {
        return number(name, required(name));
    }

    long number(String name, long absent) throws ProtocolException {
        return has(name) ? number(name) : absent;
    }

    /** A whole number from 0 to 2^31 - 1. */
    int smallNumber(String name) throws ProtocolException {
        return smallNumber(name, required(name));
    }

    List<Integer> smallNumbers(String name) throws ProtocolException {
        JSONArray array = array(name);
        List<Integer> list = new ArrayList<>(array.length());
        for (int i = 0; i < array.length(); i++) {
            list.add(smallNumber(name, array.get(i)));
        }
        return Collections.unmodifiableList(list);
    }

    double fraction(String name) throws ProtocolException {
        Object value = required(name);
        if (value instanceof Number number) {
            double fraction = number.doubleValue();
            if (fraction >= 0 && fraction <= 1) {
                return fraction;
            }
        }
        throw wrongType(name, "a number from 0 to 1", value);
    }

    long hex(String name) throws ProtocolException {
        return parsed(name, text(name), Hex::parse);
    }

    Version version(String name) throws ProtocolException {
        return parsed(name, text(name), Version::parse);
    }

    List<Version> versions(String name) throws ProtocolException {
        return texts(name, Version::parse);
    }

    ServerNode server(String name) throws ProtocolException {
        return parsed(name, text(name), ServerNode::parse);
    }

    List<ServerNode> servers(String name) throws ProtocolException {
        return texts(name, ServerNode::parse);
    }

    Table table(String name) throws ProtocolException {
        return choice(name, Table.values());
    }

    ErrorCode code(String name) throws ProtocolException {
        String text = text(name);
        for (ErrorCode code : ErrorCode.values()) {
            if (code.name().equals(text)) {
                return code;
            }
        }
        throw new ProtocolException(field(name) + " is an unknown code '" + JsonText.shorten(text) + "'");
    }

    /** One of the values, spelled as {@link #wireName} does. */
    <E extends Enum<E>> E choice(String name, E[] values) throws ProtocolException {
        String text = text(name);
        List<String> names = new ArrayList<>();
        for (E value : values) {
            if (wireName(value).equals(text)) {
                return value;
            }
            names.add('"' + wireName(value) + '"');
        }
        throw new ProtocolException(
                field(name) + " must be " + String.join(" or ", names) + ", not '" + JsonText.shorten(text) + "'");
    }

    /** {@code IN_SYNC} is {@code in-sync}. */
    static String wireName(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Bytes bytes(String name) throws ProtocolException {
        Bytes bytes = bytesOrNull(name);
        if (bytes == null) {
            throw missing(name);
        }
        return bytes;
    }

    /** The bytes of a text field, or of its base64 sister {@code name_b64}; null when neither is there. */
    @Nullable Bytes bytesOrNull(String name) throws ProtocolException {
        String sister = name + BASE64_SUFFIX;
        if (!has(name)) {
            return has(sister) ? base64(sister) : null;
        }
        if (has(sister)) {
            throw new ProtocolException(what + ": give either \"" + name + "\" or \"" + sister + "\", not both");
        }
        String text = text(name);
        if (!Utf8.isWellFormed(text)) {
            throw new ProtocolException(field(name)
                    + " holds half of a surrogate pair, which is no text; bytes that are not text go into \"" + sister
                    + "\" as base64");
        }
        return Bytes.of(text);
    }

    JsonIn object(String name) throws ProtocolException {
        return object(name, required(name));
    }

    /** The text of an object, on one line. */
    String json(String name) throws ProtocolException {
        return object(name).object.toString();
    }

    <T> List<T> list(String name, Element<T> element) throws ProtocolException {
        JSONArray array = array(name);
        List<T> list = new ArrayList<>(array.length());
        for (int i = 0; i < array.length(); i++) {
            list.add(element.read(object(name, array.get(i))));
        }
        return Collections.unmodifiableList(list);
    }

    /** A list of keys: strings, or objects with {@code key_b64} for those that are not text. */
    List<Bytes> keys(String name) throws ProtocolException {
        JSONArray array = array(name);
        List<Bytes> keys = new ArrayList<>(array.length());
        for (int i = 0; i < array.length(); i++) {
            Object value = array.get(i);
            JsonIn holder = value instanceof JSONObject
                    ? object(name, value)
                    : new JsonIn(new JSONObject().put(KEY, value), what + ": " + name);
            keys.add(holder.bytes(KEY));
        }
        return Collections.unmodifiableList(keys);
    }

    private Bytes base64(String name) throws ProtocolException {
        String text = text(name);
        try {
            return Bytes.wrap(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException notBase64) {
            throw new ProtocolException(field(name) + " is not base64: " + notBase64.getMessage(), notBase64);
        }
    }

    private <T> List<T> texts(String name, TextElement<T> element) throws ProtocolException {
        JSONArray array = array(name);
        List<T> list = new ArrayList<>(array.length());
        for (int i = 0; i < array.length(); i++) {
            Object value = array.get(i);
            if (value instanceof String text) {
                list.add(parsed(name, text, element));
            } else {
                throw wrongType(name, "a list of strings", value);
            }
        }
        return Collections.unmodifiableList(list);
    }

    private <T> T parsed(String name, String text, TextElement<T> element) throws ProtocolException {
        try {
            return element.parse(text);
        } catch (IllegalArgumentException wrong) {
            throw new ProtocolException(
                    field(name) + ": " + JsonText.shorten(String.valueOf(wrong.getMessage())), wrong);
        }
    }

    private long number(String name, Object value) throws ProtocolException {
        long number = wholeNumber(name, value, "a whole number, 0 or more");
        if (number < 0) {
            throw wrongType(name, "a whole number, 0 or more", value);
        }
        return number;
    }

    private int smallNumber(String name, Object value) throws ProtocolException {
        long number = number(name, value);
        if (number > Integer.MAX_VALUE) {
            throw wrongType(name, "a whole number up to 2147483647", value);
        }
        return (int) number;
    }

    private long wholeNumber(String name, Object value, String expected) throws ProtocolException {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw wrongType(name, expected, value);
    }

    private JSONArray array(String name) throws ProtocolException {
        Object value = required(name);
        if (value instanceof JSONArray array) {
            return array;
        }
        throw wrongType(name, "a list", value);
    }

    private JsonIn object(String name, Object value) throws ProtocolException {
        if (value instanceof JSONObject inner) {
            return new JsonIn(inner, what + ": " + name);
        }
        throw wrongType(name, "an object", value);
    }

    private Object required(String name) throws ProtocolException {
        Object value = object.opt(name);
        if (value == null) {
            throw missing(name);
        }
        return value;
    }

    private ProtocolException missing(String name) {
        return new ProtocolException(field(name) + " is missing");
    }

    private ProtocolException wrongType(String name, String expected, Object found) {
        return new ProtocolException(field(name) + " must be " + expected + ", not " + describe(found));
    }

    private String field(String name) {
        return what + ": \"" + name + "\"";
    }

    private static String describe(Object value) {
        if (value instanceof String) {
            return "a string";
        }
        if (value instanceof Number) {
            return "the number " + JsonText.shorten(value.toString());
        }
        if (value instanceof JSONArray) {
            return "a list";
        }
        return value instanceof JSONObject ? "an object" : value.toString();
    }
}
