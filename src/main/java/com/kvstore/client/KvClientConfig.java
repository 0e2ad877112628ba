package com.kvstore.client;

import com.kvstore.common.Limits;
import com.kvstore.common.Password;
import com.kvstore.common.ServerNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link KvClient} behaves. Immutable; {@link #of} gives the defaults, the {@code with…} methods change one.
 *
 * @param addresses where to connect, tried in turn; one or more. All but the first matter only while the first is away
 * @param requestTimeoutMs from the call to its answer, retries included; what is then unanswered ends with
 *     {@code OUTCOME_UNKNOWN} (a write that was sent) or {@code UNAVAILABLE} (anything else)
 * @param connectTimeoutMs for one attempt to connect, up to the first answer of the node
 * @param retryUnavailableMs for how long after the call an answer "not applied, retry" ({@code UNAVAILABLE},
 *     {@code NO_NODES}, {@code OVERLOADED}) is met with a new attempt; 0: it is handed to the caller at once
 * @param maxInFlight requests sent and not yet answered
 * @param maxQueued requests waiting beside those; more end at once with {@code OVERLOADED}
 * @param maxValueBytes a longer value is refused with {@code TOO_LARGE} before it is sent
 * @param password told to every node that is connected to; null: none
 * @param reads how keys are read
 */
public record KvClientConfig(
        List<ServerNode> addresses,
        long requestTimeoutMs,
        long connectTimeoutMs,
        long retryUnavailableMs,
        int maxInFlight,
        int maxQueued,
        int maxValueBytes,
        @Nullable Password password,
        ReadMode reads) {
    public KvClientConfig {
        addresses = List.copyOf(addresses);
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("a client needs at least one address");
        }
        if (requestTimeoutMs < 1 || connectTimeoutMs < 1 || retryUnavailableMs < 0) {
            throw new IllegalArgumentException("time-outs are 1 ms or more, the time for retries 0 or more");
        }
        if (maxInFlight < 1 || maxQueued < 0 || maxValueBytes < 0) {
            throw new IllegalArgumentException("maxInFlight is 1 or more, maxQueued and maxValueBytes 0 or more");
        }
    }

    /** The defaults: 10 s for a request, 3 s to connect, 2 s of retries, 1,024 in flight, 16,384 queued. */
    public static KvClientConfig of(ServerNode... addresses) {
        return new KvClientConfig(
                List.of(addresses),
                10_000,
                3_000,
                2_000,
                1_024,
                16_384,
                Limits.DEFAULT_MAX_VALUE_BYTES,
                null,
                ReadMode.PROTOCOL);
    }

    public KvClientConfig withRequestTimeoutMs(long newRequestTimeoutMs) {
        return new KvClientConfig(
                addresses,
                newRequestTimeoutMs,
                connectTimeoutMs,
                retryUnavailableMs,
                maxInFlight,
                maxQueued,
                maxValueBytes,
                password,
                reads);
    }

    public KvClientConfig withConnectTimeoutMs(long newConnectTimeoutMs) {
        return new KvClientConfig(
                addresses,
                requestTimeoutMs,
                newConnectTimeoutMs,
                retryUnavailableMs,
                maxInFlight,
                maxQueued,
                maxValueBytes,
                password,
                reads);
    }

    /** 0 hands every "not applied, retry" to the caller at once. */
    public KvClientConfig withRetryUnavailableMs(long newRetryUnavailableMs) {
        return new KvClientConfig(
                addresses,
                requestTimeoutMs,
                connectTimeoutMs,
                newRetryUnavailableMs,
                maxInFlight,
                maxQueued,
                maxValueBytes,
                password,
                reads);
    }

    public KvClientConfig withMaxInFlight(int newMaxInFlight) {
        return new KvClientConfig(
                addresses,
                requestTimeoutMs,
                connectTimeoutMs,
                retryUnavailableMs,
                newMaxInFlight,
                maxQueued,
                maxValueBytes,
                password,
                reads);
    }

    public KvClientConfig withMaxQueued(int newMaxQueued) {
        return new KvClientConfig(
                addresses,
                requestTimeoutMs,
                connectTimeoutMs,
                retryUnavailableMs,
                maxInFlight,
                newMaxQueued,
                maxValueBytes,
                password,
                reads);
    }

    public KvClientConfig withMaxValueBytes(int newMaxValueBytes) {
        return new KvClientConfig(
                addresses,
                requestTimeoutMs,
                connectTimeoutMs,
                retryUnavailableMs,
                maxInFlight,
                maxQueued,
                newMaxValueBytes,
                password,
                reads);
    }

    public KvClientConfig withPassword(@Nullable Password newPassword) {
        return new KvClientConfig(
                addresses,
                requestTimeoutMs,
                connectTimeoutMs,
                retryUnavailableMs,
                maxInFlight,
                maxQueued,
                maxValueBytes,
                newPassword,
                reads);
    }

    /** How keys are read; {@link ReadMode#PROTOCOL} by default. */
    public KvClientConfig withReads(ReadMode newReads) {
        return new KvClientConfig(
                addresses,
                requestTimeoutMs,
                connectTimeoutMs,
                retryUnavailableMs,
                maxInFlight,
                maxQueued,
                maxValueBytes,
                password,
                newReads);
    }

    /** Other addresses to connect to, or the same ones in another order. */
    public KvClientConfig withAddresses(List<ServerNode> newAddresses) {
        return new KvClientConfig(
                newAddresses,
                requestTimeoutMs,
                connectTimeoutMs,
                retryUnavailableMs,
                maxInFlight,
                maxQueued,
                maxValueBytes,
                password,
                reads);
    }
}
