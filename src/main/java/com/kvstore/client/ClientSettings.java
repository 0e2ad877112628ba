package com.kvstore.client;

import com.kvstore.common.Password;
import com.kvstore.common.ServerNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the command line of the prompt says.
 *
 * @param server where to connect; null: as {@code configFile} says
 * @param group all peers of a group; empty: it is none, or only one of them is named
 * @param configFile read anew at each attempt to connect
 * @param timeoutMs for one command
 * @param password told to every node; null: none
 * @param reads how keys are read
 * @param sessionFile where the session's writes are kept between commands; null: they are forgotten
 * @param words the command to carry out; empty: prompt or pipe
 */
public record ClientSettings(
        @Nullable ServerNode server,
        List<ServerNode> group,
        String configFile,
        long timeoutMs,
        Format format,
        @Nullable Password password,
        ReadMode reads,
        @Nullable String sessionFile,
        List<String> words) {
    public static final String DEFAULT_CONFIG_FILE = "cs_config.txt";
    public static final long DEFAULT_TIMEOUT_MS = 10_000;

    public ClientSettings {
        group = List.copyOf(group);
        words = List.copyOf(words);
    }
}
