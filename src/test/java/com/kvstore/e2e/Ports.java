package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Hands out ports of 127.0.0.1 that nobody uses, each once. They lie below the range from which the system takes the
 * local ports of outgoing connections, so that none is taken between the look and the use; and they are drawn at random,
 * so that two runs of the tests on one machine hardly ever draw the same.
 */
public final class Ports {
    private static final int FIRST = 20_000;
    private static final int COUNT = 10_000;
    private static final int ATTEMPTS = 10_000;
    private static final Random RANDOM = new SecureRandom();
    private static final Set<Integer> GIVEN = new HashSet<>();

    private Ports() {}

    /** One port, free for TCP and UDP when this returns. */
    public static int free() {
        return freeRange(1);
    }

    /** {@code count} free ports, one after the other; the first of them. */
    static synchronized int freeRange(int count) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int first = FIRST + RANDOM.nextInt(COUNT);
            if (IntStream.range(first, first + count).allMatch(port -> !GIVEN.contains(port) && isFree(port))) {
                IntStream.range(first, first + count).forEach(GIVEN::add);
                return first;
            }
        }
        throw new IllegalStateException("no " + count + " free ports from " + FIRST + " on");
    }

    /** Whether a connection to it is accepted. */
    static boolean isListening(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    /**
     * Returns once nobody listens there. The system ends what a process had under way with io_uring after the process itself:
     * a port may accept for a moment when nobody is there any more who answers.
     */
    static void awaitClosed(int port) {
        await(port + " to be closed").until(() -> !isListening(port));
    }

    private static boolean isFree(int port) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket tcp = new ServerSocket();
                DatagramSocket udp = new DatagramSocket(null)) {
            tcp.setReuseAddress(true);
            tcp.bind(new InetSocketAddress(loopback, port));
            udp.bind(new InetSocketAddress(loopback, port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
