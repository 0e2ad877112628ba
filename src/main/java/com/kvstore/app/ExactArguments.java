package com.kvstore.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A command line's arguments as they were typed.
 *
 * <p>In a locale without UTF-8 (a container's, often) Java replaces what it cannot read before {@code main} sees it, and a
 * key with an accent would silently become another one; the kernel still has the bytes. Thread-safe: no state.
 */
final class ExactArguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private ExactArguments() {}

    static List<String> of(String[] arguments) {
        for (String argument : arguments) {
            for (int i = 0; i < argument.length(); i++) {
                if (argument.charAt(i) == '\uFFFD') {
                    return fromKernel(List.of(arguments));
                }
            }
        }
        return List.of(arguments);
    }

    /** The last of the process's arguments are the program's. */
    private static List<String> fromKernel(List<String> arguments) {
        try {
            String all = new String(Files.readAllBytes(COMMAND_LINE), StandardCharsets.UTF_8);
            List<String> typed = new ArrayList<>();
            for (int start = 0, end = all.indexOf('\0'); end >= 0; start = end + 1, end = all.indexOf('\0', start)) {
                typed.add(all.substring(start, end));
            }
            int own = typed.size() - arguments.size();
            return own < 0 ? arguments : typed.subList(own, typed.size());
        } catch (IOException unreadable) {
            return arguments;
        }
    }
}
