package com.kvstore.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is compared, and how long.
 *
 * @param protocols in the order of the report
 * @param servers how many servers a group has, rising; of the ring these are the data nodes, beside the coordinator
 * @param measuredMs how long each figure is measured
 * @param warmUpMs how long a group is under load before
 * @param connections how many clients ask at once for the throughput
 * @param out where report, histories and consoles go
 * @param home where the run scripts are
 */
public record CompareSettings(
        List<Protocol> protocols,
        List<Integer> servers,
        long measuredMs,
        long warmUpMs,
        int connections,
        Path out,
        Path home) {
    private static final int MOST_SERVERS = 15;

    public CompareSettings {
        protocols = List.copyOf(protocols);
        servers = List.copyOf(servers);
        if (protocols.isEmpty() || servers.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to compare: name protocols and numbers of servers");
        }
    }

    /**
     * @param text such as {@code 1,2,3,5,7}
     * @throws IllegalArgumentException with a message for people
     */
    public static List<Integer> parseServers(String text) {
        List<Integer> numbers = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            String digits = part.trim();
            int number = digits.matches("[0-9]{1,2}") ? Integer.parseInt(digits) : 0;
            if (number < 1 || number > MOST_SERVERS) {
                throw new IllegalArgumentException("--servers takes numbers from 1 to " + MOST_SERVERS
                        + " with commas between them, such as 1,3,5, not '" + text + "'");
            }
            if (!numbers.contains(number)) {
                numbers.add(number);
            }
        }
        numbers.sort(null);
        return numbers;
    }

    /** In a group of so many one server is killed: three if that is asked for, else the largest; 0: all are alone. */
    int killedAmong() {
        int most = servers.get(servers.size() - 1);
        return servers.contains(3) ? 3 : most > 1 ? most : 0;
    }
}
