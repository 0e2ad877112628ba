package com.kvstore.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Hosts that share one switch: network namespaces of this machine, tied to a bridge, between any two of which nothing gets
 * through when a test says so, without either being told. Takes root and {@code ip} of iproute2.
 *
 * <p>What cuts two of them is the bridge's own isolation of ports: isolated ports reach only those that are not.
 */
final class NetLab implements AutoCloseable {
    private final String name;
    private final String subnet;
    private final int hosts;

    private NetLab(String name, String subnet, int hosts) {
        this.name = name;
        this.subnet = subnet;
        this.hosts = hosts;
    }

    /** Why this machine cannot do it; null if it can. */
    static @Nullable String whyNot() {
        if (!System.getProperty("user.name").equals("root")) {
            return "network namespaces take root";
        }
        try (NetLab lab = create(1)) {
            lab.cutOff(List.of(0));
            return null;
        } catch (UncheckedIOException | IllegalStateException refused) {
            return "this machine has no network namespaces or no bridges: " + refused.getMessage();
        }
    }

    static NetLab create(int hosts) {
        int random = ThreadLocalRandom.current().nextInt(1, 250);
        NetLab lab =
                new NetLab("kv" + ProcessHandle.current().pid() % 10_000 + "r" + random, "10.231." + random, hosts);
        try {
            lab.build();
            return lab;
        } catch (RuntimeException failed) {
            lab.close();
            throw failed;
        }
    }

    private void build() {
        ip("link add " + name + " type bridge");
        ip("addr add " + subnet + ".1/24 dev " + name);
        ip("link set " + name + " up");
        for (int host = 0; host < hosts; host++) {
            ip("netns add " + space(host));
            ip("link add " + port(host) + " type veth peer name eth0 netns " + space(host));
            ip("link set " + port(host) + " master " + name);
            ip("link set " + port(host) + " up");
            ip("-n " + space(host) + " addr add " + address(host) + "/24 dev eth0");
            ip("-n " + space(host) + " link set eth0 up");
            ip("-n " + space(host) + " link set lo up");
        }
    }

    private String space(int host) {
        return name + "-" + host;
    }

    private String port(int host) {
        return name + "p" + host;
    }

    /** Reached from this process too. */
    String address(int host) {
        return subnet + "." + (10 + host);
    }

    /** The same command, on that host. */
    List<String> on(int host, List<String> command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", space(host)));
        all.addAll(command);
        return all;
    }

    /** Nothing gets through between any two of these. */
    void cut(List<Integer> between) {
        between.forEach(host -> ip("link set dev " + port(host) + " type bridge_slave isolated on"));
    }

    /** Nothing gets through to or from any of these, not even from this process. */
    void cutOff(List<Integer> all) {
        all.forEach(host -> ip("link set " + port(host) + " down"));
    }

    void heal() {
        for (int host = 0; host < hosts; host++) {
            ip("link set dev " + port(host) + " type bridge_slave isolated off");
            ip("link set " + port(host) + " up");
        }
    }

    private static void ip(String arguments) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(Arrays.asList(arguments.split(" ", -1)));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + said.strip());
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", stopped);
        }
    }

    /** Every process on these hosts must have ended. */
    @Override
    public void close() {
        for (int host = 0; host < hosts; host++) {
            tryIp("netns del " + space(host));
            tryIp("link del " + port(host));
        }
        tryIp("link del " + name);
    }

    private static void tryIp(String arguments) {
        try {
            ip(arguments);
        } catch (IllegalStateException gone) {
            // It was never made, or went with its namespace.
        }
    }
}
