package com.kvstore.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.StateKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerDiskStorageTest {
    private record Text(String text) implements Persistent {}

    private static final PeerDiskStorage.Codec CODEC = new PeerDiskStorage.Codec() {
        @Override
        public byte[] encode(Persistent value) {
            return ((Text) value).text().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public Persistent decode(byte[] bytes) throws IOException {
            String text = new String(bytes, StandardCharsets.UTF_8);
            if (text.equals("unreadable")) {
                throw new IOException("what is this?");
            }
            return new Text(text);
        }
    };

    @TempDir
    private Path directory;

    private PeerDiskStorage open(String owner) throws IOException {
        return PeerDiskStorage.open(directory.resolve("d"), true, notice -> {}, owner, CODEC);
    }

    private static void sync(PeerDiskStorage storage) {
        CompletableFuture<String> ended = new CompletableFuture<>();
        storage.sync(failure -> ended.complete(String.valueOf(failure)));
        assertEquals("null", ended.join());
    }

    @Test
    void valuesComeBackInTheOrderOfTheirKeysWithTheRecords() throws IOException {
        Path killed;
        try (PeerDiskStorage storage = open("peer 1")) {
            assertTrue(storage.recovered().isEmpty());
            for (long i = 300; i > 0; i--) {
                storage.put(StateKeys.of(2, i), new Text("entry " + i));
            }
            storage.put(StateKeys.of(1), new Text("first"));
            storage.remove(StateKeys.of(2, 2));
            storage.table().apply(0, Bytes.of("k"), Bytes.of("v"), new Version(1, 1));
            sync(storage);
            storage.put(StateKeys.of(1), new Text("never synced"));
            killed = CrashCopy.of(directory.resolve("d"), "killed");
        }
        try (PeerDiskStorage storage = PeerDiskStorage.open(killed, true, notice -> {}, "peer 1", CODEC)) {
            List<Persistent> values = List.copyOf(storage.recovered());
            assertEquals(300, values.size());
            assertEquals(new Text("first"), values.get(0));
            assertEquals(new Text("entry 1"), values.get(1));
            assertEquals(new Text("entry 3"), values.get(2));
            assertEquals(new Text("entry 300"), values.get(299));
            assertEquals(1, storage.table().keys());
            assertNull(storage.table().get(Bytes.of("other")));
        }
    }

    @Test
    void anotherPeersDataAreRefused() throws IOException {
        try (PeerDiskStorage storage = open("peer 1")) {
            storage.put(StateKeys.of(1), new Text("mine"));
            sync(storage);
        }
        IOException refused =
                assertThrows(IOException.class, () -> open("peer 2").close());
        assertTrue(String.valueOf(refused.getMessage()).contains("those of peer 1, not of peer 2"), refused::toString);
    }

    @Test
    void aDataNodesDirectoryIsNoPeers() throws IOException {
        DiskStorage.open(directory.resolve("d"), true, notice -> {}).close();

        assertThrows(IOException.class, () -> open("peer 1").close());
    }

    @Test
    void valuesThatCannotBeReadAreDamage() throws IOException {
        try (PeerDiskStorage storage = open("peer 1")) {
            storage.put(StateKeys.of(1), new Text("unreadable"));
            sync(storage);
        }
        assertThrows(DamagedDataException.class, () -> open("peer 1").close());
    }
}
