package com.kvstore.bench;

import java.io.IOException;
import java.util.Locale;

/**
 * One load against whatever speaks the Redis protocol at a port, for whoever looks for where the time goes with a profiler:
 * {@code PORT put|get|mix CONNECTIONS IN_FLIGHT SECONDS}. Prints a line each second.
 */
public final class LoadMain {
    private static final int KEYS = 100_000;

    private LoadMain() {}

    public static void main(String[] args) throws IOException {
        Requests.Kind kind = Requests.Kind.valueOf(args[1].toUpperCase(Locale.ROOT));
        Requests requests = new Requests(kind, args.length > 5 ? Integer.parseInt(args[5]) : KEYS, 1);
        int port = Integer.parseInt(args[0]);
        Load.fill(port, requests);
        try (Load load =
                new Load(port, requests, Load.Form.PLAIN, Integer.parseInt(args[2]), Integer.parseInt(args[3]))) {
            for (int second = 0; second < Integer.parseInt(args[4]); second++) {
                Load.Measured measured = load.run(1_000);
                System.out.printf(
                        Locale.ROOT,
                        "%8.0f per second, p50 %6.0f us, p99 %6.0f us%n",
                        measured.perSecond(),
                        measured.latencyNs().getValueAtPercentile(50) / 1e3,
                        measured.latencyNs().getValueAtPercentile(99) / 1e3);
            }
        }
    }
}
