package com.kvstore.client;

import com.kvstore.common.ServerNode;
import java.util.List;
import java.util.function.Supplier;

/**
 * Where the prompt connects: the peers of the group or the address given on the command line, else what the config file says at the moment, because
 * whoever started the coordinator anew may have moved it.
 *
 * <p>Threading: belongs to the client's thread once that runs.
 */
final class Addresses implements Supplier<List<ServerNode>> {
    private final ClientSettings settings;
    private ServerNode last;

    /** @throws IllegalArgumentException with a message for people, when the config file is wrong */
    Addresses(ClientSettings settings) {
        this.settings = settings;
        ServerNode given = settings.group().isEmpty()
                ? settings.server()
                : settings.group().get(0);
        this.last = given != null ? given : ConfigFile.read(settings.configFile());
    }

    @Override
    public List<ServerNode> get() {
        if (!settings.group().isEmpty()) {
            return settings.group();
        }
        if (settings.server() == null) {
            try {
                last = ConfigFile.read(settings.configFile());
            } catch (IllegalArgumentException beingWritten) {
                // The file was right when this client started: the address of then, until it is right again.
                return List.of(last);
            }
        }
        return List.of(last);
    }

    /** Where the address comes from, for messages. */
    String source() {
        if (!settings.group().isEmpty()) {
            return "the last of the group's peers";
        }
        String file = settings.configFile();
        if (settings.server() != null) {
            return "from the command line; without it " + file + " says where";
        }
        return ConfigFile.exists(file) ? "from " + file : "the default, as there is no " + file + " here";
    }
}
