package com.kvstore.app;

import com.kvstore.slave.SlaveServer;

/** A data node's process. */
public final class SlaveMain {
    private SlaveMain() {}

    /** Exits with 0 when stopped, 1 when it cannot start, 2 on a wrong command line, 70 on an internal error. */
    public static void main(String[] arguments) {
        new Launcher<>(
                        SlaveCommandLine.form(),
                        SlaveCommandLine::settings,
                        (settings, console, ending) ->
                                SlaveServer.start(settings, console, ending).driver(),
                        settings -> settings.drainTimeoutNs() / 1_000_000)
                .launch(arguments);
    }
}
