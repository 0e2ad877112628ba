package com.kvstore.backup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.SnapshotEntry;
import com.kvstore.common.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReceivedBackupsTest {
    private static final int KEEP = 2;

    @TempDir
    private Path temporary;

    private Path directory;
    private final List<String> console = new ArrayList<>();
    private ReceivedBackups received;
    private int made;

    @BeforeEach
    void open() {
        directory = temporary.resolve("theirs");
        received = new ReceivedBackups(directory, KEEP, (tag, text) -> console.add("[" + tag + "] " + text));
    }

    /** A backup as a coordinator makes it; each is newer than the one before. */
    private Path backup() throws IOException {
        made++;
        try (BackupFile file =
                BackupFile.create(temporary.resolve("ours"), Instant.ofEpochSecond(1_000_000_000L + made))) {
            SnapshotEntry entry = new SnapshotEntry(
                    Bytes.of("username"), Bytes.of("alice " + made), Expiry.NO_DEADLINE, new Version(1, made));
            file.add(SnapshotEntry.encode(List.of(entry)));
            return file.finish(new Version(1, made));
        }
    }

    private Result part(String name, byte[] content, int from, int to) {
        return received.store(
                new Command.StoreBackup(name, content.length, from, Bytes.wrap(Arrays.copyOfRange(content, from, to))));
    }

    private Result push(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        return part(file.getFileName().toString(), content, 0, content.length);
    }

    private List<String> present() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void assertHeld(long bytes, boolean complete, Result result) {
        JSONObject document = new JSONObject(((Result.Document) result).json());
        assertEquals(bytes, document.getLong("held_bytes"));
        assertEquals(complete, document.getBoolean("complete"));
    }

    private static ErrorCode code(Result result) {
        return ((Result.Failure) result).code();
    }

    @Test
    void aBackupThatCameInPartsHasItsNameOnceAllOfItIsThere() throws IOException {
        Path file = backup();
        byte[] content = Files.readAllBytes(file);
        String name = file.getFileName().toString();
        assertHeld(0, false, part(name, content, 0, 0));
        assertHeld(10, false, part(name, content, 0, 10));
        assertFalse(received.receivedWithin(60_000));
        assertHeld(content.length - 1, false, part(name, content, 10, content.length - 1));
        assertEquals(List.of(name + ReceivedBackups.ARRIVING), present());
        assertHeld(content.length, true, part(name, content, content.length - 1, content.length));
        assertEquals(List.of(name), present());
        assertArrayEquals(content, Files.readAllBytes(directory.resolve(name)));
        assertTrue(received.receivedWithin(60_000));
        assertEquals(1, console.size(), console.toString());
    }

    @Test
    void aPartThatComesTwiceOrOutOfPlaceChangesNothing() throws IOException {
        Path file = backup();
        byte[] content = Files.readAllBytes(file);
        String name = file.getFileName().toString();
        part(name, content, 0, 10);
        assertHeld(10, false, part(name, content, 0, 10));
        assertHeld(10, false, part(name, content, 20, 30));
        assertHeld(content.length, true, part(name, content, 10, content.length));
        assertHeld(content.length, true, part(name, content, 10, content.length));
        assertHeld(content.length, true, part(name, content, 0, 0));
        assertArrayEquals(content, Files.readAllBytes(directory.resolve(name)));
    }

    @Test
    void anotherProcessGoesOnWhereTheOneThatWasKilledWas() throws IOException {
        Path file = backup();
        byte[] content = Files.readAllBytes(file);
        String name = file.getFileName().toString();
        part(name, content, 0, 33);
        open();
        assertHeld(33, false, part(name, content, 0, 0));
        assertHeld(content.length, true, part(name, content, 33, content.length));
    }

    @Test
    void whatArrivesDamagedIsThrownAwayAndMayComeAnew() throws IOException {
        Path file = backup();
        byte[] content = Files.readAllBytes(file);
        byte[] damaged = content.clone();
        damaged[content.length / 2] ^= 1;
        String name = file.getFileName().toString();
        assertEquals(ErrorCode.CONFLICT, code(part(name, damaged, 0, content.length)));
        assertEquals(List.of(), present());
        assertHeld(0, false, part(name, content, 0, 0));
        assertHeld(content.length, true, part(name, content, 0, content.length));
    }

    @Test
    void theNewestStay() throws IOException {
        Path unfinished = backup();
        part(unfinished.getFileName().toString(), Files.readAllBytes(unfinished), 0, 10);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < KEEP + 2; i++) {
            Path file = backup();
            names.add(file.getFileName().toString());
            push(file);
        }
        assertEquals(names.subList(2, 2 + KEEP), present(), "and what never arrived in full is gone");
    }

    @Test
    void beginningsThatNobodyGoesOnWithDoNotPileUp() throws IOException {
        for (int i = 0; i < 20; i++) {
            Path file = backup();
            part(file.getFileName().toString(), Files.readAllBytes(file), 0, 10);
        }
        assertEquals(4, present().size());
    }

    @Test
    void anotherBackupOfTheSameNameIsRefused() throws IOException {
        Path file = backup();
        push(file);
        Files.writeString(directory.resolve(file.getFileName()), "another store's");
        assertEquals(ErrorCode.CONFLICT, code(push(file)));
        assertEquals("another store's", Files.readString(directory.resolve(file.getFileName())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "../backup-20010909-014641-000.kvbackup",
                "/tmp/backup-20010909-014641-000.kvbackup",
                "x/backup-20010909-014641-000.kvbackup",
                "backup-20010909-014641-000.kvbackup/../../x",
                "backup-20010909-014641-000.kvbackup\n",
                "backup-20010909-014641-000.kvbackup\0",
                "backup-20010909-014641-000.kvbackup.arriving",
                "backup-2001٠909-014641-000.kvbackup",
                "BACKUP-20010909-014641-000.kvbackup",
                ".hidden.kvbackup",
            })
    void aNameThatIsNoBackupsNameBecomesNoFile(String name) throws IOException {
        byte[] content = Files.readAllBytes(backup());
        assertEquals(ErrorCode.BAD_REQUEST, code(part(name, content, 0, content.length)));
        assertFalse(Files.exists(directory));
        try (Stream<Path> files = Files.list(temporary)) {
            assertEquals(List.of(temporary.resolve("ours")), files.toList());
        }
    }

    @Test
    void partsOutsideOfTheFileAreRefused() {
        String name = "backup-20010909-014641-000.kvbackup";
        Bytes chunk = Bytes.of("0123456789");
        for (long[] at : new long[][] {{0, 0}, {9, 0}, {10, 1}, {100, 91}, {Long.MAX_VALUE, Long.MAX_VALUE - 5}}) {
            assertEquals(
                    ErrorCode.BAD_REQUEST, code(received.store(new Command.StoreBackup(name, at[0], at[1], chunk))));
        }
    }

    @Test
    void aBackupThatIsTooLargeForTheDiskIsRefusedAtItsBeginning() throws IOException {
        Result result = received.store(
                new Command.StoreBackup("backup-20010909-014641-000.kvbackup", 1L << 60, 0, Bytes.of("x")));
        assertEquals(ErrorCode.NO_SPACE, code(result));
        assertEquals(List.of(), present());
    }
}
