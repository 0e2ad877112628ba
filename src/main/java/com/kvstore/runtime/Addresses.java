package com.kvstore.runtime;

import com.kvstore.common.ServerNode;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** What an address means for who can reach it. */
public final class Addresses {
    private Addresses() {}

    /** Warns on {@code console} if other machines can reach {@code self} and nobody asks them for a password. */
    public static void warnIfReachable(ServerNode self, boolean asksForPassword, Console console) {
        if (!asksForPassword && !isLoopback(self.host())) {
            console.line(
                    "WARN",
                    self.host() + " can be reached from other machines and there is no password protection: everyone"
                            + " who reaches " + self
                            + " can read and write all data. Use --password-file, 127.0.0.1, or a firewall.");
        }
    }

    static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false;
        }
    }
}
