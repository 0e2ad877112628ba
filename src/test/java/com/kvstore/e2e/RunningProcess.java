package com.kvstore.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A script that was started, and what it said so far on its console (standard output and standard error together). The
 * scripts exec the server, so the process here is the server itself and a kill reaches it.
 */
final class RunningProcess implements AutoCloseable {
    private final String name;
    private final Process process;
    private final List<String> lines = new ArrayList<>();
    private final Thread reader;

    RunningProcess(String name, Path directory, Map<String, String> environment, List<String> command) {
        this.name = name;
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        builder.environment().putAll(environment);
        try {
            process = builder.start();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        reader = new Thread(this::readConsole, "console of " + name);
        reader.setDaemon(true);
        reader.start();
    }

    private void readConsole() {
        try (BufferedReader console =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = console.readLine(); line != null; line = console.readLine()) {
                synchronized (lines) {
                    lines.add(line);
                }
            }
        } catch (IOException killed) {
            // What was read until then is what it said.
        }
    }

    List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** How many lines there are so far: where to begin to wait for a further one. */
    int mark() {
        return lines().size();
    }

    String awaitLine(String part, Duration within) {
        return awaitLine(0, part, within);
    }

    /** The first line from number {@code from} on that contains {@code part}. */
    String awaitLine(int from, String part, Duration within) {
        if (AwakeClock.await(within, 10, () -> find(from, part) != null)) {
            return find(from, part);
        }
        throw new AssertionError("within " + within + " " + name + " did not say '" + part + "', but:\n"
                + String.join("\n", lines().subList(from, lines().size())));
    }

    /** Null if there is none yet. */
    String find(int from, String part) {
        List<String> now = lines();
        for (String line : now.subList(Math.min(from, now.size()), now.size())) {
            if (line.contains(part)) {
                return line;
            }
        }
        return null;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Its resident memory in KiB, as the kernel counts it. */
    long residentKib() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("no VmRSS for " + name);
    }

    /** SIGKILL, and it is gone when this returns. */
    void kill9() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** SIGTERM. Not by {@link Process#destroy}, which would close the console too: what it says in the end counts. */
    void terminate() {
        signal("TERM");
    }

    /** SIGSTOP: it is there and does nothing. */
    void pause() {
        signal("STOP");
    }

    /** SIGCONT. */
    void resume() {
        signal("CONT");
    }

    void signal(String signalName) {
        try {
            new ProcessBuilder("kill", "-" + signalName, Long.toString(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Its exit status, 128 and the signal's number if one killed it. */
    int awaitExit(Duration within) {
        try {
            if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(
                        name + " still runs after " + within + "; it said:\n" + String.join("\n", lines()));
            }
            reader.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + name, stopped);
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    @Override
    public String toString() {
        return name + " (process " + process.pid() + ")\n" + String.join("\n", lines());
    }

    /** What one run of a script to its end brought. */
    record Outcome(int exit, String out, String err) {
        List<String> outLines() {
            return out.isEmpty() ? List.of() : Arrays.asList(out.split("\n"));
        }
    }

    /**
     * Runs a command to its end.
     *
     * @param input goes to its standard input
     */
    static Outcome run(Path directory, Map<String, String> environment, List<String> command, String input) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            StringBuilder err = new StringBuilder();
            Thread errors = new Thread(() -> err.append(readAll(process.errorReader(StandardCharsets.UTF_8))));
            Thread writer = new Thread(() -> write(process, input));
            StringBuilder out = new StringBuilder();
            Thread answers = new Thread(() -> out.append(readAll(process.inputReader(StandardCharsets.UTF_8))));
            for (Thread thread : List.of(errors, writer, answers)) {
                thread.setDaemon(true);
                thread.start();
            }
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError(command + " still ran after 60 s; it said: " + out + err);
            }
            answers.join(TimeUnit.SECONDS.toMillis(10));
            errors.join(TimeUnit.SECONDS.toMillis(10));
            return new Outcome(process.exitValue(), out.toString(), err.toString());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while running " + command, stopped);
        }
    }

    private static void write(Process process, String input) {
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException gone) {
            // It ended without reading everything: its exit status tells.
        }
    }

    private static String readAll(BufferedReader reader) {
        StringBuilder text = new StringBuilder();
        try (reader) {
            char[] buffer = new char[8192];
            for (int n = reader.read(buffer); n >= 0; n = reader.read(buffer)) {
                text.append(buffer, 0, n);
            }
        } catch (IOException killed) {
            // What was read until then is what it said.
        }
        return text.toString();
    }
}
