package com.kvstore.transport;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns host names into addresses without holding up the event loop: IP addresses at once, names on a thread of their
 * own, which exists only while there are names to look up.
 *
 * <p>Threading: called on the loop, calls back on the loop.
 */
final class Names {
    private final Executor loop;
    private final Map<String, InetAddress> known = new HashMap<>();
    private @Nullable ThreadPoolExecutor lookups;

    Names(Executor loop) {
        this.loop = loop;
    }

    /** The address at once if {@code host} is an IP address or was looked up before; else null. */
    @Nullable InetAddress addressNow(String host) {
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal == null) {
            return known.get(host);
        }
        try {
            return InetAddress.getByAddress(host, literal);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an IP address has 4 or 16 bytes", impossible);
        }
    }

    /** Calls {@code then} with a fresh look-up's answer, null if there is none: before it returns for an IP address. */
    void lookUp(String host, Consumer<@Nullable InetAddress> then) {
        if (NetUtil.createByteArrayFromIpAddressString(host) != null) {
            then.accept(addressNow(host));
            return;
        }
        if (lookups == null) {
            lookups = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                Thread thread = new Thread(task, "names");
                thread.setDaemon(true);
                return thread;
            });
            lookups.allowCoreThreadTimeOut(true);
        }
        lookups.execute(() -> {
            InetAddress address = ask(host);
            loop.execute(() -> {
                if (address != null) {
                    known.put(host, address);
                }
                then.accept(address);
            });
        });
    }

    private static @Nullable InetAddress ask(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException unknown) {
            return null;
        }
    }
}
