package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Cases 31 and 34 of docs/guarantees.md: backups in the midst of transfers; an older backup while a server is away. */
class BackupFaultsE2ETest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int TELLERS = 16;
    private static final int ACCOUNTS = 10;
    private static final int OPENING = 100;
    /** So many accounts by one transfer, half of them to each side. */
    private static final int TOUCHED = 4;

    /** Moves money between accounts of its own, always several of them in one transaction: their sum never changes. */
    private static final class Teller implements Runnable {
        private final int port;
        private final String name;
        private final int[] balances = new int[ACCOUNTS];
        private final SplittableRandom random;
        private final AtomicInteger transfers = new AtomicInteger();
        private volatile boolean stopped;
        private volatile String failure = "";

        Teller(int port, int number) {
            this.port = port;
            this.name = "teller-" + number;
            this.random = new SplittableRandom(number);
            Arrays.fill(balances, OPENING);
        }

        String account(int number) {
            return name + "-account-" + number;
        }

        void open() {
            try (Jedis jedis = new Jedis("127.0.0.1", port, 20_000)) {
                for (int i = 0; i < ACCOUNTS; i++) {
                    jedis.set(account(i), Integer.toString(OPENING));
                }
            }
        }

        @Override
        public void run() {
            try (Jedis jedis = new Jedis("127.0.0.1", port, 20_000)) {
                while (!stopped) {
                    String[] changed = new String[2 * TOUCHED];
                    int first = random.nextInt(ACCOUNTS);
                    int amount = 1 + random.nextInt(50);
                    for (int i = 0; i < TOUCHED; i++) {
                        int account = (first + i) % ACCOUNTS;
                        balances[account] += i % 2 == 0 ? amount : -amount;
                        changed[2 * i] = account(account);
                        changed[2 * i + 1] = Integer.toString(balances[account]);
                    }
                    jedis.mset(changed);
                    transfers.incrementAndGet();
                }
            } catch (RuntimeException failed) {
                failure = failed.toString();
            }
        }
    }

    private static void assertSumsStand(Cluster cluster, List<Teller> tellers) {
        try (Jedis jedis = new Jedis("127.0.0.1", cluster.port, 20_000)) {
            for (Teller teller : tellers) {
                int sum = 0;
                for (int i = 0; i < ACCOUNTS; i++) {
                    sum += Integer.parseInt(jedis.get(teller.account(i)));
                }
                assertEquals(ACCOUNTS * OPENING, sum, teller.name + ": a part of a transfer is in the backup");
            }
        }
    }

    @Test
    void noBackupInTheMidstOfTransfersHasAPartOfOne() throws InterruptedException {
        try (Cluster from = Cluster.started(3);
                Cluster to = Cluster.started(2)) {
            List<Teller> tellers = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < TELLERS; i++) {
                Teller teller = new Teller(from.port, i);
                teller.open();
                tellers.add(teller);
                Thread thread = new Thread(teller, teller.name);
                thread.setDaemon(true);
                threads.add(thread);
            }
            threads.forEach(Thread::start);
            for (int i = 0; i < 3; i++) {
                int before =
                        tellers.stream().mapToInt(each -> each.transfers.get()).sum();
                String backup = from.directory.resolve("backup-" + i).toString();
                Outcome made = from.client("backup", "now", backup);
                assertEquals(0, made.exit(), made.toString());
                int after =
                        tellers.stream().mapToInt(each -> each.transfers.get()).sum();
                assertTrue(after > before, "transfers stood still");
                Outcome restored = to.client("backup", "replace", backup);
                assertEquals(0, restored.exit(), restored.toString());
                assertSumsStand(to, tellers);
            }
            tellers.forEach(teller -> teller.stopped = true);
            for (Thread thread : threads) {
                thread.join(20_000);
            }
            tellers.forEach(teller -> assertEquals("", teller.failure));
            assertSumsStand(from, tellers);
        }
    }

    private static String[] durable(int port) {
        return new String[] {"--data-dir", "data-" + port};
    }

    /** @return epoch and counter */
    private static long[] version(Cluster cluster, String key) {
        Outcome shown = cluster.client("version", key);
        assertEquals(0, shown.exit(), shown.toString());
        Matcher version = Pattern.compile("(\\d+)\\.(\\d+)\\s*$").matcher(shown.out());
        assertTrue(version.find(), shown.out());
        return new long[] {Long.parseLong(version.group(1)), Long.parseLong(version.group(2))};
    }

    /**
     * The server that was away has newer values than the backup, and keys that the backup lacks. Were versions to go back,
     * these would win when it returns.
     */
    @Test
    void anOlderBackupIsNewerThanAllThatAServerThatWasAwayStillHolds() throws IOException {
        try (Cluster cluster = new Cluster()) {
            cluster.startCoordinator();
            int[] ports = {Ports.free(), Ports.free()};
            for (int port : ports) {
                cluster.launchSlave(port, durable(port));
            }
            cluster.awaitWhole(2);
            try (JsonConnection connection = cluster.connect()) {
                connection.put("username", "alice");
                String backups = cluster.directory.resolve("backups").toString();
                assertEquals(0, cluster.client("backup", "now", backups).exit());
                connection.put("username", "bob");
                connection.put("later", "x");
                assertEquals("bob", connection.get("username").getString("message"), "and it is in the cache now");
                long[] before = version(cluster, "username");
                cluster.slave(ports[0]).kill9();

                Outcome replaced = cluster.client("backup", "replace", backups);
                assertEquals(0, replaced.exit(), replaced.toString());
                assertEquals("alice", connection.get("username").getString("message"));
                assertEquals("NOT_FOUND", connection.get("later").getString("code"));
                long[] after = version(cluster, "username");
                assertTrue(Arrays.compare(before, after) < 0, Arrays.toString(before) + " " + Arrays.toString(after));
                long epoch = cluster.status().getLong("epoch");

                cluster.startSlave(ports[0], durable(ports[0]));
                cluster.awaitWhole(2);
                assertTrue(cluster.status().getLong("epoch") > epoch);
                cluster.slave(ports[1]).kill9();
                assertEquals("alice", connection.get("username").getString("message"));
                assertEquals("NOT_FOUND", connection.get("later").getString("code"));
            }
        }
    }

    /** The whole cluster is killed after the restore: what comes back is what was restored. */
    @Test
    void whatWasRestoredOutlivesTheKillingOfEveryProcess() throws IOException {
        try (Cluster cluster = new Cluster()) {
            cluster.startCoordinator();
            int[] ports = {Ports.free(), Ports.free()};
            for (int port : ports) {
                cluster.launchSlave(port, durable(port));
            }
            cluster.awaitWhole(2);
            String backups = cluster.directory.resolve("backups").toString();
            try (JsonConnection connection = cluster.connect()) {
                connection.put("username", "alice");
                assertEquals(0, cluster.client("backup", "now", backups).exit());
                connection.put("username", "bob");
                connection.put("later", "x");
            }
            assertEquals(0, cluster.client("backup", "replace", backups).exit());
            cluster.coordinator().kill9();
            for (int port : ports) {
                cluster.slave(port).kill9();
            }
            cluster.startCoordinator();
            for (int port : ports) {
                cluster.startSlave(port, durable(port));
            }
            cluster.awaitWhole(2, SOON);
            try (JsonConnection connection = cluster.connect()) {
                assertEquals("alice", connection.get("username").getString("message"));
                assertEquals("NOT_FOUND", connection.get("later").getString("code"));
            }
        }
    }
}
