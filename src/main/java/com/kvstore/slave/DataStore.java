package com.kvstore.slave;

import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.ring.SlaveStorage;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Persistence;
import com.kvstore.runtime.StateDirectory;
import com.kvstore.storage.DamagedDataException;
import com.kvstore.storage.DiskStorage;
import com.kvstore.storage.MemoryTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;

/**
 * What a slave holds: the records of its OWN and its PREV table, in one table, and what it has promised.
 *
 * <p>The two tables are one because no server ever holds two copies of one key: the view says of each arc whether this
 * server's copy of it is the OWN or the PREV one, and when a neighbour comes or goes the copy changes its role without a
 * byte being moved.
 *
 * <p>The incarnation names these data: drawn when they are made, empty, so that a slave that lost its data is not taken for
 * the one that had them. On disk it is kept with them.
 *
 * <p>Nothing of the storage engine is loaded unless there is a directory.
 */
abstract class DataStore {
    private DataStore() {}

    abstract SlaveStorage storage();

    /** Makes them durable. */
    abstract Persistence persistence();

    /** Since when no other process can have had them, by the system's own clock. */
    abstract long sinceNs();

    /** Gives files back, if there are any; the machine has ended. */
    abstract void close();

    /** Gone when the process is. */
    static DataStore inMemory() {
        SlaveStorage storage = SlaveStorage.inMemory(new MemoryTable(), new SecureRandom().nextLong());
        return new DataStore() {
            @Override
            SlaveStorage storage() {
                return storage;
            }

            @Override
            Persistence persistence() {
                return Persistence.NONE;
            }

            @Override
            long sinceNs() {
                return System.nanoTime();
            }

            @Override
            void close() {}
        };
    }

    /** Opens what is in a directory, or makes it anew. */
    static DataStore open(DiskSettings settings, Console console) throws CannotStartException {
        Path directory = settings.directory();
        StateDirectory lock = StateDirectory.open(directory, "--data-dir");
        long sinceNs = System.nanoTime();
        try {
            if (settings.repair()) {
                setAside(directory, console);
            }
            DiskStorage storage = DiskStorage.open(directory, settings.syncs(), text -> console.line("WARN", text));
            long keys = storage.table().keys();
            console.line("INFO", "Data in " + directory + ": " + keys + (keys == 1 ? " key" : " keys"));
            return new OnDisk(storage, lock, sinceNs);
        } catch (DamagedDataException damaged) {
            throw refused(
                    lock,
                    "The data in " + directory + " are damaged and are not used (" + damaged.getMessage()
                            + "). If other data nodes hold the other copies, start this one with --repair: it sets these"
                            + " data aside, begins empty and is filled from them.",
                    damaged);
        } catch (IOException | RuntimeException | LinkageError failed) {
            throw refused(
                    lock,
                    "The data directory " + directory + " cannot be used (" + failed.getMessage()
                            + "). Make it readable and writable, with room on its disk, or name another one with"
                            + " --data-dir DIR.",
                    failed);
        }
    }

    private static CannotStartException refused(StateDirectory lock, String message, Throwable cause) {
        try {
            lock.close();
        } catch (IOException goesWithTheProcess) {
            cause.addSuppressed(goesWithTheProcess);
        }
        return new CannotStartException(message, cause);
    }

    private static void setAside(Path directory, Console console) throws IOException {
        Path data = directory.resolve("data");
        if (!Files.exists(data)) {
            return;
        }
        Path aside = directory.resolve("set-aside-1");
        for (int i = 2; Files.exists(aside); i++) {
            aside = directory.resolve("set-aside-" + i);
        }
        Files.move(data, aside);
        console.line("INFO", "The data that were there are in " + aside + " now; this data node begins empty");
    }

    private static final class OnDisk extends DataStore implements Persistence {
        private final DiskStorage storage;
        private final StateDirectory lock;
        private final long sinceNs;

        OnDisk(DiskStorage storage, StateDirectory lock, long sinceNs) {
            this.storage = storage;
            this.lock = lock;
            this.sinceNs = sinceNs;
        }

        @Override
        SlaveStorage storage() {
            return storage;
        }

        @Override
        Persistence persistence() {
            return this;
        }

        @Override
        public void write(long token, Persistent state, Outcome outcome) {
            throw new IllegalStateException("a data node has no state but its data, yet was to persist " + state);
        }

        @Override
        public void sync(long token, Outcome outcome) {
            storage.sync(failure -> {
                if (failure == null) {
                    outcome.durable(token);
                } else {
                    outcome.failed(token, failure);
                }
            });
        }

        @Override
        long sinceNs() {
            return sinceNs;
        }

        @Override
        void close() {
            storage.close();
            try {
                lock.close();
            } catch (IOException goesWithTheProcess) {
                // The system gives the lock back.
            }
        }
    }
}
