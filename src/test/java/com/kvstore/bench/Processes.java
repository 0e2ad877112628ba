package com.kvstore.bench;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;
import org.awaitility.core.ConditionTimeoutException;

/** A set of server processes that belong together: started, measured and stopped as one. */
final class Processes implements AutoCloseable {
    private static final long TICKS_PER_SECOND = 100;
    private static final Duration START = Duration.ofSeconds(30);

    private final Path directory;
    private final boolean mine;
    private final List<Process> processes = new ArrayList<>();
    private final Map<Integer, Process> byPort = new HashMap<>();

    Processes(String name) throws IOException {
        this(Files.createTempDirectory("kvstore-bench-" + name + "-"), /* mine= */ true);
    }

    /** @param mine whether the directory goes when they are stopped */
    private Processes(Path directory, boolean mine) {
        this.directory = directory;
        this.mine = mine;
    }

    /** In a directory that outlives them. */
    static Processes in(Path directory) {
        return new Processes(directory, /* mine= */ false);
    }

    /** Its working directory; gone when it is stopped. */
    Path directory() {
        return directory;
    }

    /** Starts a process and waits until something listens at its port. */
    void start(int port, String... command) throws IOException {
        Process process = begin(port, command);
        try {
            Waiting.until("somebody listens at " + port, START, () -> listens(port) || !process.isAlive());
        } catch (ConditionTimeoutException nobody) {
            throw notStarted(port, command);
        }
        if (!process.isAlive()) {
            throw notStarted(port, command);
        }
    }

    private IOException notStarted(int port, String... command) throws IOException {
        return new IOException(Arrays.toString(command) + " did not start:\n" + log(port));
    }

    /** Starts a process and does not wait. */
    Process begin(int port, String... command) throws IOException {
        File log = directory.resolve(port + ".log").toFile();
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        processes.add(process);
        byPort.put(port, process);
        return process;
    }

    /** {@code kill -9} of the process that was started with that port. */
    void kill(int port) {
        Process process = byPort.remove(port);
        if (process == null) {
            throw new IllegalArgumentException("no process was started with port " + port);
        }
        processes.remove(process);
        kill(process);
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }

    /** What the process with that port has said so far. */
    String log(int port) throws IOException {
        return Files.readString(directory.resolve(port + ".log"));
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException nobody) {
            return false;
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException none) {
            throw new UncheckedIOException(none);
        }
    }

    /** Processor time that all of them have used, in microseconds. */
    long cpuUs() throws IOException {
        long ticks = 0;
        for (Process process : processes) {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            List<String> fields = fields(stat.substring(stat.lastIndexOf(')') + 2));
            ticks += Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12));
        }
        return ticks * 1_000_000 / TICKS_PER_SECOND;
    }

    /** Resident memory of all of them, in MiB. */
    long residentMb() throws IOException {
        long kb = 0;
        for (Process process : processes) {
            for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    kb += Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        }
        return kb / 1024;
    }

    /** Bytes of live objects in all of them but the first {@code skipped}, after a full collection. */
    long liveHeapBytes(int skipped) throws IOException, InterruptedException {
        long bytes = 0;
        for (Process process : processes.subList(skipped, processes.size())) {
            String jcmd =
                    Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
            Process histogram = new ProcessBuilder(jcmd, Long.toString(process.pid()), "GC.class_histogram").start();
            String text = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            histogram.waitFor();
            String total = text.lines()
                    .filter(line -> line.startsWith("Total"))
                    .findFirst()
                    .orElse("Total 0 0");
            bytes += Long.parseLong(fields(total).get(2));
        }
        return bytes;
    }

    private static List<String> fields(String line) {
        List<String> fields = new ArrayList<>();
        StringTokenizer words = new StringTokenizer(line);
        while (words.hasMoreTokens()) {
            fields.add(words.nextToken());
        }
        return fields;
    }

    @Override
    public void close() throws IOException {
        processes.forEach(Processes::kill);
        if (!mine) {
            return;
        }
        try (var files = Files.walk(directory)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
        }
    }
}
