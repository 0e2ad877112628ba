package com.kvstore.runtime;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The lines a person sees: {@code [TAG] text}, UTF-8, one {@code write} for each batch that is waiting.
 *
 * <p>Threading: any. Callers never wait: lines go through a bounded queue to a thread of their own, and what does not
 * fit is dropped and counted.
 *
 * <p>Failure: an output that is closed or a pipe that broke loses lines and nothing else.
 */
public final class Console {
    private static final int DEFAULT_CAPACITY = 4_096;
    private static final int MAX_LINE_CHARS = 2_000;

    private final OutputStream out;
    private final ArrayBlockingQueue<String> queue;
    private final AtomicLong dropped = new AtomicLong();
    private final Thread writer;
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean closing;

    /** Writes to {@code out} from a daemon thread that starts at once. */
    public Console(OutputStream out) {
        this(out, DEFAULT_CAPACITY);
    }

    Console(OutputStream out, int capacity) {
        this.out = out;
        this.queue = new ArrayBlockingQueue<>(capacity);
        this.writer = new Thread(this::writeLines, "console");
        writer.setDaemon(true);
        writer.start();
    }

    /** Prints {@code [tag] text}; control characters come out escaped, so that no key can forge a line. */
    public void line(String tag, String text) {
        if (closing || !queue.offer("[" + tag + "] " + printable(text) + "\n")) {
            dropped.incrementAndGet();
        }
    }

    /** Prints what is waiting, for at most {@code timeoutMs}, and ends the thread. */
    public void close(long timeoutMs) {
        closing = true;
        writer.interrupt();
        try {
            if (!finished.await(timeoutMs, TimeUnit.MILLISECONDS)) {
                dropped.incrementAndGet();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeLines() {
        StringBuilder batch = new StringBuilder();
        while (true) {
            String line = next();
            if (line == null) {
                break;
            }
            batch.setLength(0);
            for (int n = 0; line != null && n < 256; n++) {
                batch.append(line);
                line = n == 255 ? null : queue.poll();
            }
            long lost = dropped.getAndSet(0);
            if (lost > 0) {
                batch.append("[INFO] ").append(lost).append(" lines were dropped: the terminal was too slow\n");
            }
            write(batch.toString());
        }
        finished.countDown();
    }

    /** The next line, or null when the console is closing and nothing is left. */
    private @Nullable String next() {
        while (!closing) {
            try {
                return queue.take();
            } catch (InterruptedException toClose) {
                // Only close() interrupts; the loop's condition tells.
            }
        }
        return queue.poll();
    }

    private void write(String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException nobodyListens) {
            // A node outlives the terminal it was started from.
            dropped.set(0);
        }
    }

    private static String printable(String text) {
        boolean clean = text.length() <= MAX_LINE_CHARS;
        for (int i = 0; i < text.length() && clean; i++) {
            clean = !Character.isISOControl(text.charAt(i));
        }
        if (clean) {
            return text;
        }
        StringBuilder safe = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), MAX_LINE_CHARS); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                safe.append(String.format("\\x%02x", (int) c));
            } else {
                safe.append(c);
            }
        }
        return text.length() > MAX_LINE_CHARS ? safe.append('…').toString() : safe.toString();
    }
}
