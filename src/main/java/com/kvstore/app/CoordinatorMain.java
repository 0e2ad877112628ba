package com.kvstore.app;

import com.kvstore.coordinator.CoordinationServer;

/** The coordinator's process. */
public final class CoordinatorMain {
    private CoordinatorMain() {}

    /** Exits with 0 when stopped, 1 when it cannot start, 2 on a wrong command line, 70 on an internal error. */
    public static void main(String[] arguments) {
        new Launcher<>(
                        CoordinatorCommandLine.form(),
                        CoordinatorCommandLine::settings,
                        (settings, console, ending) -> CoordinationServer.start(settings, console, ending)
                                .driver(),
                        settings -> 0)
                .launch(arguments);
    }
}
