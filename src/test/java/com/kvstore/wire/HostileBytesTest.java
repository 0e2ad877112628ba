package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Limits;
import com.kvstore.common.Message;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bytes that nobody of ours sent: whatever they are, a decoder answers with a message or its own exception. */
class HostileBytesTest {
    private static final int MAX_VALUE = Limits.DEFAULT_MAX_VALUE_BYTES;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void damagedPayloadsAreRefusedOrMeanSomethingElse() {
        damagePayloads(11, 4_000);
    }

    @Test
    void damagedLinesAreRefusedOrMeanSomethingElse() {
        damageLines(12, 3_000);
    }

    @Test
    @Tag("slow")
    void manyDamagedPayloadsAreRefusedOrMeanSomethingElse() {
        for (int seed = 0; seed < 100; seed++) {
            damagePayloads(seed, 20_000);
        }
    }

    @Test
    @Tag("slow")
    void manyDamagedLinesAreRefusedOrMeanSomethingElse() {
        for (int seed = 0; seed < 100; seed++) {
            damageLines(seed, 10_000);
        }
    }

    @Test
    void noLengthsWordTakesMemory() {
        RandomMessages messages = new RandomMessages(new Random(13));
        byte[] huge = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07};
        long worst = 0;
        for (int type = 0; type < messages.types(); type++) {
            byte[] payload = BinaryCodecTest.payload(messages.ofType(type));
            for (int at = 1; at < payload.length; at++) {
                // 2^31 - 1 in the place of whatever number, length or count stood there.
                ByteBuffer bomb = ByteBuffer.allocate(payload.length + huge.length);
                bomb.put(payload, 0, at)
                        .put(huge)
                        .put(payload, at, payload.length - at)
                        .flip();
                long before = THREADS.getCurrentThreadAllocatedBytes();
                decodeOrRefuse(bomb);
                worst = Math.max(worst, THREADS.getCurrentThreadAllocatedBytes() - before);
            }
        }
        assertTrue(worst < 1024 * 1024, "one decode took " + worst + " bytes");
    }

    @Test
    void nestingOfAnyDepthIsRefusedWithoutRecursion() {
        for (String open : new String[] {"[", "{\"a\":"}) {
            byte[] line = ("{\"req_type\":\"ping\",\"id\":" + open.repeat(200_000)).getBytes(StandardCharsets.UTF_8);
            RequestException refused = assertThrows(RequestException.class, () -> JsonLines.decode(line, MAX_VALUE));
            assertTrue(refused.getMessage().contains("nested deeper than 32"), refused.getMessage());
        }
    }

    @Test
    void aNumberOfAMillionDigitsIsRefusedAtOnce() {
        byte[] line = ("{\"req_type\":\"ping\",\"id\":" + "9".repeat(1_000_000) + "}").getBytes(StandardCharsets.UTF_8);
        assertThrows(RequestException.class, () -> JsonLines.decode(line, MAX_VALUE));
    }

    private static void damagePayloads(long seed, int rounds) {
        Random random = new Random(seed);
        RandomMessages messages = new RandomMessages(random);
        for (int i = 0; i < rounds; i++) {
            decodeOrRefuse(ByteBuffer.wrap(damage(BinaryCodecTest.payload(messages.next()), random)));
        }
    }

    private static void damageLines(long seed, int rounds) {
        Random random = new Random(seed);
        RandomMessages messages = new RandomMessages(random);
        for (int i = 0; i < rounds; i++) {
            byte[] line = JsonNodeCodec.encode(messages.next()).getBytes(StandardCharsets.UTF_8);
            byte[] damaged = damage(line, random);
            try {
                assertNotNull(JsonLines.decode(damaged, MAX_VALUE));
            } catch (RequestException | ProtocolException refused) {
                assertNotNull(refused.getMessage());
            }
        }
    }

    private static void decodeOrRefuse(ByteBuffer payload) {
        try {
            Message message = BinaryCodec.decode(payload);
            assertNotNull(message.toString());
        } catch (ProtocolException refused) {
            assertNotNull(refused.getMessage());
        }
    }

    /** Flips bits, writes other bytes, cuts, or doubles a part. */
    private static byte[] damage(byte[] good, Random random) {
        byte[] bytes = good.clone();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes = Arrays.copyOf(bytes, at + 1);
                default -> {
                    ByteBuffer doubled = ByteBuffer.allocate(2 * bytes.length - at);
                    bytes = doubled.put(bytes).put(bytes, at, bytes.length - at).array();
                }
            }
        }
        return bytes;
    }
}
