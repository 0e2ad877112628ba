package com.kvstore.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.PeriodicBackups;
import com.kvstore.common.Durations;
import com.kvstore.common.ServerNode;
import com.kvstore.coordinator.CoordinatorSettings;
import com.kvstore.slave.SlaveSettings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLinesTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private static CoordinatorSettings coordinator(String... arguments) throws UsageException {
        return CoordinatorCommandLine.settings(CoordinatorCommandLine.form().parse(arguments, 2));
    }

    private static SlaveSettings slave(String... arguments) throws UsageException {
        return SlaveCommandLine.settings(SlaveCommandLine.form().parse(arguments, 2));
    }

    private static String[] words(String line) {
        return line.isEmpty() ? new String[0] : line.split(" ", -1);
    }

    @Test
    void aCoordinatorNeedsNoArguments() throws Exception {
        CoordinatorSettings settings = coordinator();
        assertEquals(new ServerNode("127.0.0.1", 8080), settings.machine().self());
        assertEquals(3769, settings.machine().heartbeatPort());
        assertEquals(4, settings.machine().cacheSize());
        assertEquals(500_000_000L, settings.machine().requestTimeoutNs());
        assertEquals(30 * SECOND_NS, settings.machine().heartbeatTimeoutNs());
        assertEquals(30 * SECOND_NS, settings.machine().healthCheckIntervalNs());
        assertEquals(1, settings.machine().minCopies());
        assertEquals(256L << 20, settings.machine().moveBytesPerSecond());
        assertEquals(Path.of("cs_config.txt"), settings.configFile());
        assertEquals(Path.of("cs_state"), settings.stateDirectory());
        assertEquals(16 << 20, settings.network().maxValueBytes());
        assertEquals(10_000, settings.network().maxConnections());
        assertNull(settings.redisPort());
        assertFalse(settings.network().jsonLinks());
        assertEquals(CoordinatorSettings.Shape.UNSPECIFIED, settings.shape(), "as stored");
    }

    @Test
    void everyOptionOfACoordinatorArrives() throws Exception {
        CoordinatorSettings settings = coordinator(words("10.0.0.1 6000 --heartbeat-port 3770 --heartbeat-timeout 10s"
                + " --health-check-interval 2m --request-timeout 250ms --cache-size 0 --ring-size 97"
                + " --virtual-nodes 3 --config /x/c.txt --state /y --min-copies 2 --move-rate 50M --max-value 1M"
                + " --max-connections 5 --wire json --redis-port 6379"));
        assertEquals(6379, settings.redisPort());
        assertEquals(new ServerNode("10.0.0.1", 6000), settings.machine().self());
        assertEquals(3770, settings.machine().heartbeatPort());
        assertEquals(0, settings.machine().cacheSize());
        assertEquals(250_000_000L, settings.machine().requestTimeoutNs());
        assertEquals(10 * SECOND_NS, settings.machine().heartbeatTimeoutNs());
        assertEquals(120 * SECOND_NS, settings.machine().healthCheckIntervalNs());
        assertEquals(2, settings.machine().minCopies());
        assertEquals(50L << 20, settings.machine().moveBytesPerSecond());
        assertEquals(new CoordinatorSettings.Shape(97, 3), settings.shape());
        assertEquals(Path.of("/y"), settings.stateDirectory());
        assertEquals(1 << 20, settings.network().maxValueBytes());
        assertEquals(5, settings.network().maxConnections());
        assertTrue(settings.network().jsonLinks());
    }

    @Test
    void theStateIsKeptBesideTheConfigurationFile() throws Exception {
        assertEquals(
                Path.of("/var/kv/cs_state"),
                coordinator("--config", "/var/kv/cs_config.txt").stateDirectory());
    }

    @Test
    void aProfileSetsRingAndCacheTogetherAndAnExplicitOptionWins() throws Exception {
        CoordinatorSettings production = coordinator("--profile", "production");
        assertEquals(new CoordinatorSettings.Shape(Integer.MAX_VALUE, 256), production.shape());
        assertEquals(10_000, production.machine().cacheSize());
        CoordinatorSettings mixed = coordinator(words("--profile production --virtual-nodes 16 --cache-size 7"));
        assertEquals(new CoordinatorSettings.Shape(Integer.MAX_VALUE, 16), mixed.shape());
        assertEquals(7, mixed.machine().cacheSize());
        assertEquals(
                new CoordinatorSettings.Shape(31, 1),
                coordinator("--profile", "classic").shape());
    }

    @Test
    void aSlaveNeedsItsAddress() throws Exception {
        SlaveSettings settings = slave(words("127.0.0.1 8081 --heartbeat-interval 1s --drain-timeout 3s"));
        assertEquals(new ServerNode("127.0.0.1", 8081), settings.self());
        assertEquals(SECOND_NS, settings.heartbeatIntervalNs());
        assertEquals(3 * SECOND_NS, settings.drainTimeoutNs());
        assertEquals(Path.of("cs_config.txt"), settings.configFile());
        assertEquals(30 * SECOND_NS, slave("127.0.0.1", "8081").drainTimeoutNs());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "127.0.0.1 99999 | PORT is a number from 1 to 65535, not '99999'",
                "127.0.0.1 http | PORT is a number from 1 to 65535, not 'http'",
                "9090 | IP comes first, then PORT: '9090' is no IP address",
                "a b c | unexpected argument 'c'",
                "--frobnicate | unrecognized option: --frobnicate",
                "--ring 31 | unrecognized option: --ring",
                "--heartbeat-port | missing argument for option: heartbeat-port",
                "--heartbeat-port 0 | --heartbeat-port is a number from 1 to 65535, not '0'",
                "--heartbeat-timeout 30 | --heartbeat-timeout needs a duration such as 500ms, 30s or 2m, not '30'",
                "--heartbeat-timeout 0s | --heartbeat-timeout needs a duration from 1ms to 8760h, not '0s'",
                "--request-timeout 999999999999h | --request-timeout needs a duration from 1ms to 8760h, not"
                        + " '999999999999h'",
                "--min-copies 3 | --min-copies is a number from 1 to 2, not '3'",
                "--profile huge | --profile is one of classic, production, not 'huge'",
                "--wire xml | --wire is one of binary, json, not 'xml'",
                "--move-rate fast | --move-rate needs a size in bytes such as 65536, 64K, 16M or 1G, not 'fast'",
                "--max-value 1 | --max-value needs a size from 1K to 256M, not '1'",
                "--max-value 1G | --max-value needs a size from 1K to 256M, not '1G'",
            })
    void aWrongCoordinatorCommandLineIsExplained(String line, String complaint) {
        UsageException wrong = assertThrows(UsageException.class, () -> coordinator(words(line)));
        assertEquals(complaint, wrong.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | IP and PORT are missing",
                "127.0.0.1 | PORT is missing: IP and PORT are needed",
                "127.0.0.1 0 | PORT is a number from 1 to 65535, not '0'",
                "127.0.0.1 8081 8082 | unexpected argument '8082'",
                "127.0.0.1 8081 --data | unrecognized option: --data",
            })
    void aWrongSlaveCommandLineIsExplained(String line, String complaint) {
        UsageException wrong = assertThrows(UsageException.class, () -> slave(words(line)));
        assertEquals(complaint, wrong.getMessage());
    }

    @Test
    void theServersThatBackupsArePushedToAreRead() throws Exception {
        PeriodicBackups.Plan plan = BackupOptions.plan(CoordinatorCommandLine.form()
                .parse(words("--backup-dir b --backup-every 5s --backup-to 10.0.0.1:7000,10.0.0.2:7001"), 2));
        assertNotNull(plan);
        assertEquals(List.of(new ServerNode("10.0.0.1", 7000), new ServerNode("10.0.0.2", 7001)), plan.pushTo());
        assertEquals(10, plan.keep());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--backup-to 10.0.0.1:7000 | backups need a directory: --backup-dir DIR",
                "--backup-dir b --backup-to here | --backup-to needs addresses IP:PORT, with commas between them, not"
                        + " 'here'",
                "--backup-dir b --backup-to a:1,,b:2 | --backup-to needs addresses IP:PORT, with commas between them,"
                        + " not ''",
                "--backup-dir b --backup-to a:1,a:1 | --backup-to names a:1 twice",
                "--backup-dir b --backup-every 5ms | --backup-every is 1s or more",
            })
    void wrongOptionsForBackupsAreExplained(String line, String complaint) {
        UsageException wrong = assertThrows(
                UsageException.class,
                () -> BackupOptions.plan(CoordinatorCommandLine.form().parse(words(line), 2)));
        assertEquals(complaint, wrong.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h"})
    void helpNamesEveryOption(String option) throws Exception {
        assertTrue(CoordinatorCommandLine.form().parse(new String[] {option}, 2).wantsHelp());
        String usage = CoordinatorCommandLine.form().usage();
        for (String name : words(
                "heartbeat-port heartbeat-timeout health-check-interval request-timeout profile ring-size"
                        + " virtual-nodes cache-size min-copies move-rate state config max-value max-connections wire help")) {
            assertTrue(usage.contains("--" + name + " ") || usage.contains("--" + name + "\n"), name);
        }
    }

    @Test
    void sizesAndDurationsAreReadInTheirUnits() throws Exception {
        assertEquals(500, Durations.parseMs("500ms"));
        assertEquals(30_000, Durations.parseMs("30s"));
        assertEquals(120_000, Durations.parseMs("2m"));
        assertEquals(3_600_000, Durations.parseMs("1h"));
        assertEquals(4_096, Sizes.parse("--x", "4096", 0, Long.MAX_VALUE));
        assertEquals(64 << 10, Sizes.parse("--x", "64k", 0, Long.MAX_VALUE));
        assertEquals(50 << 20, Sizes.parse("--x", "50MB", 0, Long.MAX_VALUE));
        assertEquals(2L << 30, Sizes.parse("--x", "2G", 0, Long.MAX_VALUE));
        assertEquals(0, Sizes.parse("--x", "0", 0, 10));
        assertNull(CoordinatorSettings.Shape.UNSPECIFIED.ringSize());
    }
}
