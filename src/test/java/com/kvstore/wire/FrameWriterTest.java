package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.kvstore.common.Bytes;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameWriterTest {

    @ParameterizedTest
    @CsvSource({
        "0, 00",
        "127, 7f",
        "128, 8001",
        "300, ac02",
        "2147483647, ffffffff07",
        "9223372036854775807, ffffffffffffffff7f",
        "-1, ffffffffffffffffff01",
        "-9223372036854775808, 80808080808080808001",
    })
    void numbersAreLeb128(long number, String hex) throws ProtocolException {
        FrameWriter out = new FrameWriter();
        out.number(number);
        assertEquals(hex, HexFormat.of().formatHex(out.toByteArray()));
        assertEquals(number, new FrameReader(out.toByteBuffer()).anyNumber());
    }

    @ParameterizedTest
    @CsvSource({"ffffffffffffffffff02", "ffffffffffffffffffff01", "80808080808080808002"})
    void aNumberOfMoreThan64BitsIsRefused(String hex) {
        FrameReader in = new FrameReader(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
        assertThrows(ProtocolException.class, in::anyNumber);
    }

    @Test
    void theBufferGrowsWithWhatIsWritten() throws ProtocolException {
        Random random = new Random(1);
        FrameWriter out = new FrameWriter();
        byte[] large = new byte[100_000];
        random.nextBytes(large);
        for (int round = 0; round < 3; round++) {
            out.clear();
            out.fixed64(Long.MIN_VALUE + 7);
            out.bytes(Bytes.wrap(large));
            out.text("ASCII");
            out.text("é€😀".repeat(1000));
            out.numbers(List.of(1, 2, 300));
            FrameReader in = new FrameReader(out.toByteBuffer());
            assertEquals(Long.MIN_VALUE + 7, in.fixed64());
            assertEquals(Bytes.wrap(large), in.bytes());
            assertEquals("ASCII", in.text());
            assertEquals("é€😀".repeat(1000), in.text());
            assertEquals(List.of(1, 2, 300), in.smallNumbers());
            in.end();
        }
    }

    @Test
    void decodedListsCannotBeChanged() throws ProtocolException {
        FrameWriter out = new FrameWriter();
        out.numbers(List.of(1, 2, 3));
        List<Integer> decoded = new FrameReader(out.toByteBuffer()).smallNumbers();
        assertThrows(UnsupportedOperationException.class, () -> decoded.add(4));
    }

    @Test
    void aCountIsComparedWithTheSmallestSizeOfItsElements() {
        FrameWriter out = new FrameWriter();
        out.number(4);
        out.fixed32(0);
        // Four bytes hold at most two elements of two bytes, so a list of four is a lie.
        FrameReader in = new FrameReader(out.toByteBuffer());
        assertThrows(ProtocolException.class, in::versions);
    }
}
