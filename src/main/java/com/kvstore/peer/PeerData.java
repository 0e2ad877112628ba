package com.kvstore.peer;

import com.kvstore.common.Group;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Persistence;
import com.kvstore.runtime.StateDirectory;
import com.kvstore.storage.DamagedDataException;
import com.kvstore.storage.MemoryTable;
import com.kvstore.storage.OtherOwnerException;
import com.kvstore.storage.PeerDiskStorage;
import com.kvstore.wire.PeerStateCodec;
import com.kvstore.wire.ProtocolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a peer holds, in memory or in a directory that belongs to one process at a time.
 *
 * <p>Nothing of the storage engine is loaded unless there is a directory.
 *
 * @param persistence makes it durable
 * @param closing gives files back, if there are any; the machine has ended
 */
record PeerData(PeerStorage storage, Persistence persistence, Runnable closing) {

    static PeerData inMemory() {
        return new PeerData(PeerStorage.inMemory(new MemoryTable()), Persistence.NONE, () -> {});
    }

    /** Opens what is in the directory, or makes it anew. */
    static PeerData open(PeerSettings settings, PeerDisk disk, Console console) throws CannotStartException {
        Path directory = disk.directory();
        StateDirectory lock = StateDirectory.open(directory, "--data-dir");
        try {
            if (disk.repair()) {
                setAside(directory, console);
            }
            PeerDiskStorage storage = PeerDiskStorage.open(
                    directory, disk.syncs(), text -> console.line("WARN", text), owner(settings), codec());
            long keys = storage.table().keys();
            console.line("INFO", "Data in " + directory + ": " + keys + (keys == 1 ? " key" : " keys"));
            return new PeerData(storage, new Syncs(storage), () -> {
                storage.close();
                close(lock);
            });
        } catch (DamagedDataException damaged) {
            close(lock);
            throw new CannotStartException(
                    "The data in " + directory + " are damaged and are not used (" + damaged.getMessage()
                            + "). If a majority of the other peers has its data, start this one with --repair: it sets"
                            + " these data aside, begins empty and is filled from them.",
                    damaged);
        } catch (OtherOwnerException wrong) {
            close(lock);
            throw new CannotStartException(
                    wrong.getMessage()
                            + ". Nothing was changed there. Start the peer whose data they are, with its group"
                            + " file, or give this one a directory of its own with --data-dir DIR.",
                    wrong);
        } catch (IOException | RuntimeException | LinkageError failed) {
            close(lock);
            throw new CannotStartException(
                    "The data directory " + directory + " cannot be used (" + failed.getMessage()
                            + "). Make it readable and writable, with room on its disk, or name another one with"
                            + " --data-dir DIR.",
                    failed);
        }
    }

    /** Addresses may change; who votes with whom, and under which protocol, may not. */
    private static String owner(PeerSettings settings) {
        return "peer " + settings.self() + " of "
                + settings.group().members().stream().map(Group.Member::id).toList() + ", protocol "
                + settings.group().protocol();
    }

    private static PeerDiskStorage.Codec codec() {
        PeerStateCodec codec = new PeerStateCodec();
        return new PeerDiskStorage.Codec() {
            @Override
            public byte[] encode(Persistent value) {
                return codec.encode(value);
            }

            @Override
            public Persistent decode(byte[] bytes) throws IOException {
                try {
                    return codec.decode(bytes);
                } catch (ProtocolException wrong) {
                    throw new IOException(wrong.getMessage(), wrong);
                }
            }
        };
    }

    private static void close(StateDirectory lock) {
        try {
            lock.close();
        } catch (IOException goesWithTheProcess) {
            // The system gives the lock back.
        }
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
        console.line("INFO", "The data that were there are in " + aside + " now; this peer begins empty");
    }

    private record Syncs(PeerDiskStorage storage) implements Persistence {
        @Override
        public void write(long token, Persistent state, Outcome outcome) {
            throw new IllegalStateException("a peer has no state but its data, yet was to persist " + state);
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
    }
}
