package com.kvstore.resp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RespParserTest {
    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private static List<String> words(Arguments arguments) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < arguments.count(); i++) {
            words.add(new String(arguments.bytes(i).array(), StandardCharsets.ISO_8859_1));
        }
        return words;
    }

    @Test
    void commandsComeOutWholeWhereverTheBytesAreCut() throws RespException {
        String stream = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\nPING \"a b\"\r\n*1\r\n$4\r\nQUIT\r\n\r\n*0\r\n";
        List<List<String>> expected =
                List.of(List.of("SET", "k", "a\r\nb"), List.of("PING", "a b"), List.of("QUIT"), List.of(), List.of());
        for (int cut = 0; cut <= stream.length(); cut++) {
            RespParser parser = new RespParser(1 << 20);
            ByteBuf in = Unpooled.buffer();
            List<List<String>> found = new ArrayList<>();
            for (String part : List.of(stream.substring(0, cut), stream.substring(cut))) {
                in.writeBytes(bytes(part));
                for (Arguments next = parser.next(in); next != null; next = parser.next(in)) {
                    found.add(words(next));
                }
            }
            assertEquals(expected, found, "cut at " + cut);
        }
    }

    @Test
    void anyBytesByteByByte() throws RespException {
        byte[] value = new byte[1000];
        new Random(7).nextBytes(value);
        ByteBuf whole = bytes("*2\r\n$4\r\nECHO\r\n$1000\r\n");
        whole.writeBytes(value).writeBytes(new byte[] {'\r', '\n'});
        RespParser parser = new RespParser(1 << 20);
        ByteBuf in = Unpooled.buffer();
        while (whole.readableBytes() > 1) {
            in.writeByte(whole.readByte());
            assertNull(parser.next(in));
        }
        in.writeByte(whole.readByte());
        Arguments command = parser.next(in);
        assertNotNull(command);
        assertArrayEquals(value, command.bytes(1).array());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*2000000\r\n",
                "*-99999999999999999999999999999999\r\n",
                "*1x\r\n",
                "*1\r\n:4\r\n",
                "*1\r\n$-1\r\n",
                "*1\r\n$2000000\r\n",
                "*1\r\n$\r\n",
                "PING \"open\r\n"
            })
    void whatBreaksTheFormatIsAProtocolErrorInRedisWords(String bad) {
        RespException thrown = assertThrows(RespException.class, () -> new RespParser(1 << 20).next(bytes(bad)));
        assertTrue(thrown.error().startsWith("ERR Protocol error: "), thrown.error());
    }

    @Test
    void aHugeCountTakesNoMemoryBeforeItsWordsAreThere() throws RespException {
        RespParser parser = new RespParser(1 << 20);
        ByteBuf in = bytes("*1000000\r\n$3\r\nSET\r\n");
        assertNull(parser.next(in));
        assertEquals(0, in.readerIndex());
    }

    @Test
    void aLongCommandInSmallPiecesIsLookedAtOnce() throws RespException {
        int words = 100_000;
        ByteBuf whole = bytes("*" + words + "\r\n" + "$1\r\nx\r\n".repeat(words));
        RespParser parser = new RespParser(1 << 20);
        ByteBuf in = Unpooled.buffer();
        // Looked at from its beginning for each piece, this would take minutes.
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            Arguments command = null;
            while (whole.isReadable()) {
                assertNull(command);
                in.writeBytes(whole, Math.min(16, whole.readableBytes()));
                command = parser.next(in);
            }
            assertNotNull(command);
            assertEquals(words, command.count());
        });
        assertEquals(0, in.readableBytes());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-1, -1",
        "9223372036854775807, 9223372036854775807",
        "-9223372036854775808, -9223372036854775808"
    })
    void numbersAreTakenAsRedisTakesThem(String text, long expected) throws RespException {
        assertEquals(expected, Arguments.of("x", text).number(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "+1", "01", "1 ", "9223372036854775808", "-9223372036854775809", "1.5", "a"})
    void whatIsNoNumberIsRefused(String text) {
        assertThrows(RespException.class, () -> Arguments.of("x", text).number(1));
    }
}
