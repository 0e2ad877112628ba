package com.kvstore.transport;

import com.kvstore.common.Limits;
import com.kvstore.common.Password;
import org.jspecify.annotations.Nullable;

/**
 * Limits and habits of a node's network.
 *
 * @param jsonLinks links to other nodes speak JSON lines, for people to read, instead of binary frames
 * @param maxValueBytes the largest value; it also bounds what is taken for one request
 * @param maxConnections connections accepted at one time
 * @param memoryBytes for all accepted connections together: what has been read and not answered, and, a second time,
 *     what has been answered and not read by the client
 * @param connectTimeoutMs after which a connection that is not open is given up
 * @param password asked of everybody who connects, and told to every node this one connects to; null: none
 * @param silenceTimeoutMs after which a new connection that has sent nothing is closed
 */
public record NetworkOptions(
        boolean jsonLinks,
        int maxValueBytes,
        int maxConnections,
        long memoryBytes,
        int connectTimeoutMs,
        int silenceTimeoutMs,
        @Nullable Password password) {
    public static final int DEFAULT_MAX_CONNECTIONS = 10_000;
    private static final long LEAST_MEMORY_BYTES = 64L << 20;

    public static NetworkOptions of(boolean jsonLinks, int maxValueBytes, int maxConnections) {
        long quarter = Runtime.getRuntime().maxMemory() / 4;
        long fourValues = 4L * maxValueBytes;
        long memoryBytes = Math.max(LEAST_MEMORY_BYTES, Math.max(quarter, fourValues));
        return new NetworkOptions(jsonLinks, maxValueBytes, maxConnections, memoryBytes, 500, 10_000, null);
    }

    public NetworkOptions withPassword(@Nullable Password newPassword) {
        return new NetworkOptions(
                jsonLinks, maxValueBytes, maxConnections, memoryBytes, connectTimeoutMs, silenceTimeoutMs, newPassword);
    }

    public static NetworkOptions defaults() {
        return of(false, Limits.DEFAULT_MAX_VALUE_BYTES, DEFAULT_MAX_CONNECTIONS);
    }

    /** The largest binary frame: a value of the largest size, and room around it. */
    public int maxFrameBytes() {
        return (int) Math.min(Integer.MAX_VALUE - 16, (long) maxValueBytes + Limits.FRAME_OVERHEAD_BYTES);
    }

    /** The longest JSON line: a value of the largest size in base64, and room around it. */
    public int maxLineBytes() {
        return (int) Math.min(Integer.MAX_VALUE - 16, maxValueBytes * 14L / 10 + Limits.FRAME_OVERHEAD_BYTES);
    }
}
