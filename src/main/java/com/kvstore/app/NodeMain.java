package com.kvstore.app;

import com.kvstore.peer.PeerServer;

/** The process of one peer of a group without a coordinator. */
public final class NodeMain {
    private NodeMain() {}

    /** Exits with 0 when stopped, 1 when it cannot start, 2 on a wrong command line, 70 on an internal error. */
    public static void main(String[] arguments) {
        new Launcher<>(
                        NodeCommandLine.form(),
                        NodeCommandLine::settings,
                        (settings, console, ending) ->
                                PeerServer.start(settings, console, ending).driver(),
                        settings -> 0)
                .launch(arguments);
    }
}
