package com.kvstore.client;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a session has written: the newest version of each key, as the answers to its writes told. A peer that is asked with
 * it answers once it has that version or something newer, so that a session reads its own writes at every peer (Terry et
 * al., Session Guarantees for Weakly Consistent Replicated Data, 1994). As text it can be handed to another process, which
 * then reads what this one wrote.
 *
 * <p>Bounded: the {@link #MOST_KEYS} keys written last; what was written before is read without the promise.
 *
 * <p>Threading: safe.
 */
public final class SessionToken {
    /** Of so many keys the version is kept. */
    public static final int MOST_KEYS = 65_536;

    private final Map<Bytes, Version> written = new LinkedHashMap<>();

    /** A session that has written nothing. */
    public SessionToken() {}

    /**
     * @param text as {@link #text} wrote it; empty: nothing was written
     * @throws IllegalArgumentException with a message for people, if it is something else
     */
    public static SessionToken parse(String text) {
        SessionToken token = new SessionToken();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            int space = line.indexOf(' ');
            try {
                Version version = Version.parse(line.substring(0, Math.max(space, 0)));
                token.note(Bytes.wrap(Base64.getDecoder().decode(line.substring(space + 1))), version);
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException(
                        "line " + number + " of the session is no 'VERSION KEY', the key in base64: "
                                + wrong.getMessage(),
                        wrong);
            }
        }
        return token;
    }

    /** A line for each key: its version, and the key in base64. The keys written last come last. */
    public synchronized String text() {
        StringBuilder text = new StringBuilder();
        written.forEach((key, version) -> text.append(version)
                .append(' ')
                .append(Base64.getEncoder().encodeToString(key.array()))
                .append('\n'));
        return text.toString();
    }

    /** The newest version this session wrote of a key; {@link Version#ZERO}: none. */
    public synchronized Version of(Bytes key) {
        return written.getOrDefault(key, Version.ZERO);
    }

    /** Takes on what another session wrote, so that this one reads it too. */
    public void join(SessionToken other) {
        for (Map.Entry<Bytes, Version> each : other.copy().entrySet()) {
            note(each.getKey(), each.getValue());
        }
    }

    private synchronized Map<Bytes, Version> copy() {
        return new LinkedHashMap<>(written);
    }

    /** An answer has come: if it is of a write that has a version, it is kept. */
    void answered(Command command, Result result) {
        if (command instanceof Command.Transact transact
                && result instanceof Result.Ack ack
                && ack.version().isNewerThan(Version.ZERO)) {
            for (Write write : transact.writes()) {
                note(write.key(), ack.version());
            }
        }
    }

    private synchronized void note(Bytes key, Version version) {
        Version before = written.remove(key);
        written.put(key, before != null && before.isNewerThan(version) ? before : version);
        if (written.size() > MOST_KEYS) {
            written.remove(written.keySet().iterator().next());
        }
    }
}
