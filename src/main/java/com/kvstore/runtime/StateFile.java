package com.kvstore.runtime;

import com.kvstore.protocol.kernel.Persistent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A small file that always holds one whole state: written under another name, synced, renamed over the old one, the
 * directory synced.
 *
 * <p>Threading: {@link #write} from anywhere; the disk is touched by one daemon thread. Of several states that wait only
 * the newest is written, and then all their tokens are confirmed, in order.
 *
 * <p>Failure: every token of the group is reported as failed; the next write starts afresh. A crash at any point leaves
 * the old state or the new one; a left-over temporary file is never read.
 */
public final class StateFile implements Persistence {
    private static final long CLOSE_TIMEOUT_MS = 5_000;
    private static final Outcome NOBODY = new Outcome() {
        @Override
        public void durable(long token) {}

        @Override
        public void failed(long token, String reason) {}
    };

    /** @param state null: nothing more is to be written */
    private record Waiting(long token, @Nullable Persistent state, Outcome outcome) {}

    private final Path file;
    private final Path temporary;
    private final Function<Persistent, byte[]> encoder;
    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private @Nullable Thread writer;
    private volatile boolean closed;

    /** @param encoder called on the writing thread */
    public StateFile(Path file, Function<Persistent, byte[]> encoder) {
        this.file = file;
        this.temporary = file.resolveSibling(file.getFileName() + ".tmp");
        this.encoder = encoder;
    }

    /** The state that was last made durable; null if there never was one. */
    public byte @Nullable [] read() throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException never) {
            return null;
        }
    }

    @Override
    public void write(long token, Persistent state, Outcome outcome) {
        queue.add(new Waiting(token, state, outcome));
        startWriter();
    }

    /** Started when first needed: a coordinator whose membership never changes needs no such thread. */
    private synchronized void startWriter() {
        if (writer == null) {
            writer = new Thread(this::writeStates, "state-writer");
            writer.setDaemon(true);
            writer.start();
        }
    }

    /**
     * Lets the write that is under way finish and begins no other: once this returns, nothing of this process touches the
     * file, and another may have it.
     */
    public void close() {
        Thread started;
        synchronized (this) {
            started = writer;
        }
        if (started != null) {
            closed = true;
            queue.add(new Waiting(0, null, NOBODY));
            try {
                started.join(CLOSE_TIMEOUT_MS);
            } catch (InterruptedException hurried) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void writeStates() {
        List<Waiting> group = new ArrayList<>();
        while (!closed) {
            group.clear();
            try {
                group.add(queue.take());
            } catch (InterruptedException nobodyDoes) {
                return;
            }
            queue.drainTo(group);
            Persistent newest = group.get(group.size() - 1).state();
            if (closed || newest == null) {
                return;
            }
            confirm(group, replace(newest));
        }
    }

    private static void confirm(List<Waiting> group, @Nullable String failure) {
        for (Waiting waiting : group) {
            if (failure == null) {
                waiting.outcome().durable(waiting.token());
            } else {
                waiting.outcome().failed(waiting.token(), failure);
            }
        }
    }

    /** @return null when durable, else what went wrong */
    private @Nullable String replace(Persistent state) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(encoder.apply(state));
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            rename(temporary, file);
            syncDirectory(file);
            return null;
        } catch (IOException | RuntimeException failed) {
            return "cannot write " + file + ": " + failed;
        }
    }

    private static void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException oddFileSystem) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Makes the rename itself durable, where a directory can be opened (not on Windows, which needs no such call). */
    private static void syncDirectory(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || System.getProperty("os.name", "").startsWith("Windows")) {
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
