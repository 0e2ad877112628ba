package com.kvstore.client;

import com.kvstore.common.ServerNode;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells a person, once each time, that the connection went and came back.
 *
 * <p>Threading: told by the client's thread; {@link #to} may be called from any.
 */
final class Notices implements ConnectionListener {
    private @Nullable Consumer<String> reader;
    private boolean away;

    /** Whom to tell; nobody before the first call. */
    synchronized void to(Consumer<String> newReader) {
        reader = newReader;
    }

    @Override
    public synchronized void connected(ServerNode node) {
        if (away) {
            away = false;
            tell("Reconnected to " + node);
        }
    }

    @Override
    public synchronized void lost(ServerNode node, String reason) {
        if (!away) {
            away = true;
            tell("Connection to " + node + " lost, reconnecting…");
        }
    }

    private void tell(String text) {
        Consumer<String> present = reader;
        if (present != null) {
            present.accept(text);
        }
    }
}
