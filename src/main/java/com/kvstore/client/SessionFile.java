package com.kvstore.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a {@link SessionToken} between commands, so that each is a part of one session. Of two commands at once the one
 * that ends last is kept.
 *
 * <p>Threading: used from one thread.
 */
final class SessionFile {
    private final @Nullable Path file;
    private final SessionToken session;

    private SessionFile(@Nullable Path file, SessionToken session) {
        this.file = file;
        this.session = session;
    }

    /**
     * Goes on with the session of a file; one that is not there begins a new one.
     *
     * @param name null: the session is not kept
     * @throws IllegalArgumentException with a message for people, when it is no session's file
     */
    static SessionFile open(@Nullable String name, KvClient client) throws IOException {
        if (name == null) {
            return new SessionFile(null, client.session());
        }
        Path file = Path.of(name);
        if (Files.exists(file)) {
            try {
                client.session().join(SessionToken.parse(Files.readString(file)));
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException(
                        "--session " + name + ": " + wrong.getMessage() + ". Give another file, or remove this one.",
                        wrong);
            }
        }
        return new SessionFile(file, client.session());
    }

    /** Written beside and renamed: a command that is killed leaves the session as it was. */
    void save() throws IOException {
        if (file == null) {
            return;
        }
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        Files.write(beside, session.text().getBytes(StandardCharsets.UTF_8));
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
