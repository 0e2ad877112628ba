package com.kvstore.bench;

import com.kvstore.bench.Requests.Kind;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How long it takes to write, read, back up, refill and restart so many keys of 100 bytes on two data nodes with disks. See
 * {@code bench/data.sh}.
 */
public final class DataBenchMain {
    private static final long SEED = 20_260_101;
    private static final int IN_FLIGHT = 500;
    /** What the coordinator says at the end of a move that has brought something. */
    private static final Pattern COPIED =
            Pattern.compile("copied [1-9]\\d* keys, ([0-9.]+) MiB, from \\S+ in ([0-9.]+) s");

    private final Path home;
    private final int keys;
    private final boolean reads;
    private final Requests requests;
    private final int port = Processes.freePort();
    private final int heartbeatPort = Processes.freePort();
    private final int[] slaves = {Processes.freePort(), Processes.freePort()};
    private final Path directory;

    private DataBenchMain(Path home, int keys, boolean reads) throws IOException {
        this.home = home;
        this.keys = keys;
        this.reads = reads;
        this.requests = new Requests(Kind.PUT, keys, SEED);
        this.directory = Files.createTempDirectory("kvstore-bench-data-");
    }

    /** {@code HOME KEYS yes|no}: whether to read every key back at each step. */
    public static void main(String[] args) throws IOException, InterruptedException {
        DataBenchMain bench = new DataBenchMain(Path.of(args[0]), Integer.parseInt(args[1]), args[2].equals("yes"));
        try {
            bench.run();
        } finally {
            delete(bench.directory);
        }
    }

    @SuppressWarnings("try") // the processes are there to be closed
    private void run() throws IOException, InterruptedException {
        try (Processes first = start()) {
            long beganNs = System.nanoTime();
            Load.fill(port, requests);
            double s = seconds(beganNs);
            report("written", s, String.format(Locale.ROOT, "%.0f keys/s", keys / s));
            readAll();
            beganNs = System.nanoTime();
            client("backup", "now", directory.resolve("backups").toString());
            report("backup", seconds(beganNs), "target: under 10 s for 1,000,000 keys");
            refill(first);
        }
        // All were killed.
        long beganNs = System.nanoTime();
        try (Processes again = start()) {
            report("restart after kill -9, until two copies of all", seconds(beganNs), "target: under 5 s");
            readAll();
        }
    }

    /** One data node loses its process and its disk while the other goes on, and is filled from that. */
    private void refill(Processes running) throws IOException {
        running.kill(slaves[1]);
        Waiting.until("one copy of each key is missed", () -> !Load.isWhole(port, slaves.length));
        delete(directory.resolve("data" + slaves[1]));
        long beganNs = System.nanoTime();
        startSlave(running, slaves[1]);
        Load.awaitWhole(port, slaves.length);
        report("an empty data node started and filled", seconds(beganNs), "");
        Matcher copied = COPIED.matcher(running.log(port));
        while (copied.find()) {
            double mb = Double.parseDouble(copied.group(1)) * (1 << 20) / 1e6;
            double s = Double.parseDouble(copied.group(2));
            report("of that, copying", s, String.format(Locale.ROOT, "%.0f MB/s   target: 50 MB/s", mb / s));
        }
        readAll();
    }

    private Processes start() throws IOException {
        Processes processes = Processes.in(directory);
        processes.start(
                port,
                home.resolve("run-coordinator.sh").toString(),
                "127.0.0.1",
                Integer.toString(port),
                "--heartbeat-port",
                Integer.toString(heartbeatPort));
        for (int slave : slaves) {
            startSlave(processes, slave);
        }
        Load.awaitWhole(port, slaves.length);
        return processes;
    }

    private void startSlave(Processes processes, int slave) throws IOException {
        processes.begin(
                slave,
                home.resolve("run-slave.sh").toString(),
                "127.0.0.1",
                Integer.toString(slave),
                "--data-dir",
                "data" + slave);
    }

    private void client(String... arguments) throws IOException, InterruptedException {
        String[] command = Stream.concat(Stream.of(home.resolve("run-client.sh").toString()), Arrays.stream(arguments))
                .toArray(String[]::new);
        int status = new ProcessBuilder(command)
                .directory(directory.toFile())
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException(Arrays.toString(command) + " ended with " + status);
        }
    }

    /** Reads every key and compares. */
    private void readAll() throws IOException {
        if (!reads) {
            return;
        }
        long beganNs = System.nanoTime();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                OutputStream out = new BufferedOutputStream(socket.getOutputStream());
                DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16))) {
            byte[] header = ("$" + Requests.VALUE_BYTES + "\r\n").getBytes(StandardCharsets.US_ASCII);
            byte[] answer = new byte[header.length + Requests.VALUE_BYTES + 2];
            for (int next = 0; next < keys; next += IN_FLIGHT) {
                int end = Math.min(keys, next + IN_FLIGHT);
                for (int i = next; i < end; i++) {
                    out.write(("*2\r\n$3\r\nGET\r\n$16\r\n" + Requests.key(i) + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
                }
                out.flush();
                for (int i = next; i < end; i++) {
                    in.readFully(answer);
                    byte[] set = requests.setOf(i);
                    int from = set.length - Requests.VALUE_BYTES - 2;
                    if (!Arrays.equals(set, from, set.length, answer, header.length, answer.length)) {
                        throw new IOException(Requests.key(i) + " is not what was written: "
                                + new String(answer, StandardCharsets.UTF_8));
                    }
                }
            }
        }
        double s = seconds(beganNs);
        report("every key read and compared", s, String.format(Locale.ROOT, "%.0f keys/s", keys / s));
    }

    private static double seconds(long beganNs) {
        return (System.nanoTime() - beganNs) / 1e9;
    }

    private static void report(String what, double seconds, String more) {
        System.out.printf(Locale.ROOT, "%-50s %7.2f s   %s%n", what, seconds, more);
    }

    private static void delete(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(directory)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.deleteIfExists(file);
        }
    }
}
