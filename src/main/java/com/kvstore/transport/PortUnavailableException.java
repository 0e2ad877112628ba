package com.kvstore.transport;

import java.io.IOException;
import java.nio.channels.UnresolvedAddressException;

/** A port cannot be listened on; the message names it and says why. */
public final class PortUnavailableException extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean inUse;

    PortUnavailableException(String protocol, String host, int port, Throwable cause) {
        super(explain(protocol, host, port, cause), cause);
        this.inUse = isInUse(cause);
    }

    /** Whether somebody else has it. */
    boolean isInUse() {
        return inUse;
    }

    private static boolean isInUse(Throwable cause) {
        return String.valueOf(cause.getMessage()).contains("in use");
    }

    private static String explain(String protocol, String host, int port, Throwable cause) {
        String reason = String.valueOf(cause.getMessage());
        String what = protocol + " port " + port + " on " + host;
        if (isInUse(cause)) {
            return what + " is already in use by another program.";
        }
        if (cause instanceof UnresolvedAddressException || reason.contains("assign")) {
            return what + " cannot be opened: this machine has no address " + host + ".";
        }
        if (reason.contains("ermission")) {
            return what + " cannot be opened: ports below 1024 need special permission.";
        }
        return what + " cannot be opened: " + reason + ".";
    }
}
