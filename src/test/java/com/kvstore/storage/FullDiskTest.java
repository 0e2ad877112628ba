package com.kvstore.storage;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.SmallDisk;
import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.StoredRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the storage does on a disk that is full, or whose writes fail. */
class FullDiskTest {
    @TempDir
    private Path directory;

    private final Random random = new Random(5);
    private int next;

    private static String sync(DiskStorage storage) {
        CompletableFuture<String> ended = new CompletableFuture<>();
        storage.sync(ended::complete);
        return ended.join();
    }

    /** Records that no compression makes smaller; the same for the same number. */
    private static StoredRecord record(int number) {
        byte[] value = new byte[20_000];
        new Random(number).nextBytes(value);
        return new StoredRecord(5, Bytes.of("k" + number), Bytes.wrap(value), new Version(2, number));
    }

    /** @return what it failed of */
    private String writeUntilItFails(DiskStorage storage) {
        while (true) {
            for (int i = random.nextInt(20); i >= 0; i--) {
                storage.table().apply(record(next++));
            }
            String failure = sync(storage);
            if (failure != null) {
                return failure;
            }
            assertTrue(next < 100_000, "the disk never fills up");
        }
    }

    private void assertAllThere(DiskStorage storage) {
        assertEquals(next, storage.table().keys());
        for (int number = 0; number < next; number++) {
            assertEquals(record(number), storage.table().get(Bytes.of("k" + number)), "k" + number);
        }
    }

    private void fillFreeAndGoOn(SmallDisk disk) throws IOException {
        Path data = disk.directory().resolve("d");
        disk.fill("one", 80);
        disk.fill("other", 80);
        try (DiskStorage storage = DiskStorage.open(data, true)) {
            for (String ballast : List.of("one", "other")) {
                assertTrue(writeUntilItFails(storage).contains("No space left"));
                assertAllThere(storage);
                disk.free(ballast);
                await("writes go on by themselves")
                        .atMost(Duration.ofSeconds(30))
                        .until(() -> sync(storage) == null);
                assertAllThere(storage);
            }
        }
        try (DiskStorage storage = DiskStorage.open(data, true)) {
            assertAllThere(storage);
        }
    }

    @Test
    void onAFullDiskReadsGoOnAndWritesDoSoonAfterThereIsRoom() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("small"), 300)) {
            fillFreeAndGoOn(disk);
        }
    }

    @Test
    void whatADiskThatFailsNowAndThenTookOrNotIsWrittenInTheEnd() throws IOException {
        Journal.Opener failing = file -> new Segment(file) {
            @Override
            void write(JournalRecord record, ByteBuffer scratch) throws IOException {
                if (random.nextInt(4) == 0) {
                    throw new IOException("No space left on device");
                }
                super.write(record, scratch);
            }

            @Override
            void sync() throws IOException {
                if (next > 0 && random.nextInt(4) == 0) {
                    throw new IOException("Input/output error");
                }
                super.sync();
            }
        };
        try (DiskStorage storage = openFailing(failing)) {
            for (int i = 0; i < 40; i++) {
                writeUntilItFails(storage);
            }
            assertAllThere(storage);
            while (sync(storage) != null) {
                Thread.onSpinWait();
            }
        }
        try (DiskStorage storage = DiskStorage.open(directory.resolve("d"), true)) {
            assertAllThere(storage);
        }
    }

    /**
     * RocksDB waits for ever, in native code, when a batch finds its buffers full, is told to wait for the file that is being
     * written, and that file then finds no room: found by this class's first test, which hung one time in four.
     */
    @ParameterizedTest
    @ValueSource(ints = {3, 5, 7, 9, 11, 13, 15})
    void aWriteThatWaitsForRoomInTheTablesFailsWhenThereIsNoneToCome(int roomMib) throws Exception {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("small"), 40)) {
            Path data = disk.directory().resolve("d");
            DiskRoom takenMeanwhile = new DiskRoom(data) {
                @Override
                long freeBytes() {
                    return Long.MAX_VALUE;
                }
            };
            RocksEngine engine =
                    RocksEngine.open(data, disk.directory().resolve("n"), FullDiskTest::takingNoRoom, takenMeanwhile);
            disk.fill("ballast", (int) (Files.getFileStore(disk.directory()).getUsableSpace() >> 20) - roomMib);
            ExecutorService writer = Executors.newSingleThreadExecutor();
            List<Generation> generations =
                    IntStream.range(0, 60).mapToObj(FullDiskTest::megabyte).toList();
            Future<?> writing = writer.submit(() -> {
                for (Generation generation : generations) {
                    long number = engine.write(new BatchBuffer().take(), true, true);
                    engine.takeOver(generation, number);
                }
                return null;
            });
            ExecutionException failed = assertThrows(ExecutionException.class, () -> writing.get(30, TimeUnit.SECONDS));
            assertInstanceOf(IOException.class, failed.getCause());
            engine.close();
            writer.shutdown();
        }
    }

    private static Generation megabyte(int number) {
        Generation generation = new Generation();
        for (int i = 0; i < 256; i++) {
            byte[] value = new byte[4 << 10];
            new Random(number * 256L + i).nextBytes(value);
            generation.put(ByteBuffer.allocate(8).putInt(number).putInt(i).array(), value);
        }
        return generation;
    }

    private static Segment takingNoRoom(Path file) throws IOException {
        return new Segment(file) {
            @Override
            void allocate(long bytes) {}

            @Override
            void write(JournalRecord record, ByteBuffer scratch) {}
        };
    }

    private DiskStorage openFailing(Journal.Opener failing) {
        while (true) {
            try {
                return DiskStorage.open(directory.resolve("d"), true, failing, 2 << 20);
            } catch (IOException once) {
                assertNull(once.getCause());
            }
        }
    }
}
