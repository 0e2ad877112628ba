package com.kvstore.transport;

import com.kvstore.common.ServerNode;
import java.net.SocketAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Tells people of passwords that do not match: once for each node, and once in a while for whoever else tries. */
final class PasswordTrouble {
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(10);

    private final Consumer<String> console;
    private final Set<ServerNode> told = new HashSet<>();
    private long quietUntilNs = System.nanoTime();

    PasswordTrouble(Consumer<String> console) {
        this.console = console;
    }

    /** Another node does not take this one's password, or asks for one and was told none. */
    void refused(ServerNode peer, String why) {
        if (told.add(peer)) {
            console.accept(peer + " refuses this node: " + why
                    + ". Start both with the same --password-file; this node keeps trying");
        }
    }

    void accepted(ServerNode peer) {
        told.remove(peer);
    }

    /** Somebody told this node a wrong password. */
    void wrong(SocketAddress from) {
        long nowNs = System.nanoTime();
        if (nowNs - quietUntilNs >= 0) {
            quietUntilNs = nowNs + QUIET_NS;
            console.accept("Somebody at " + from + " gave a wrong password");
        }
    }
}
