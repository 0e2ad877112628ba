package com.kvstore.slave;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.ServerNode;
import com.kvstore.runtime.Console;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoordinatorAddressTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Console console = new Console(out);
    private Path file;
    private CoordinatorAddress address;

    @BeforeEach
    void name() {
        file = directory.resolve("cs_config.txt");
        address = new CoordinatorAddress(file, console);
    }

    private String printed() {
        console.close(5_000);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theFileIsReadAnewAtEachAttempt() throws Exception {
        Files.writeString(file, "10.0.0.1\n6000\n");
        assertEquals(new ServerNode("10.0.0.1", 6000), address.get());
        Files.writeString(file, " 10.0.0.2 \r\n 6001 \r\n");
        assertEquals(new ServerNode("10.0.0.2", 6001), address.get());
        assertEquals("", printed());
    }

    @Test
    void withoutAFileItIsTheDefaultAndNobodyComplains() {
        assertEquals(new ServerNode("127.0.0.1", 8080), address.get());
        assertEquals("", printed());
    }

    @Test
    void aBadFileIsNamedOnceForEachReason() throws Exception {
        Files.writeString(file, "10.0.0.1\nport\n");
        assertEquals(CoordinatorAddress.DEFAULT, address.get());
        assertEquals(CoordinatorAddress.DEFAULT, address.get());
        Files.writeString(file, "only one line");
        assertEquals(CoordinatorAddress.DEFAULT, address.get());
        String text = printed();
        assertEquals(2, text.lines().count(), text);
        assertTrue(text.lines().allMatch(line -> line.startsWith("[WARN] The configuration file " + file)), text);
    }

    @Test
    void aDirectoryIsNoConfigurationFile() throws Exception {
        Files.createDirectory(file);
        assertEquals(CoordinatorAddress.DEFAULT, address.get());
        assertTrue(printed().contains("not a plain file"));
    }
}
