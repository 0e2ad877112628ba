package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.kvstore.protocol.kernel.Persistent;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What peers of groups keep on disk is read as it was written; what is damaged is refused or means something else. */
class PeerStateCodecTest {
    private final PeerStateCodec codec = new PeerStateCodec();

    @Test
    void everyKindOfStoredValueIsReadAsItWasWritten() throws ProtocolException {
        RandomPeerStates states = new RandomPeerStates(new Random(31));
        for (Supplier<Persistent> kind : states.kinds()) {
            for (int i = 0; i < 200; i++) {
                Persistent value = kind.get();
                assertEquals(value, codec.decode(codec.encode(value)));
            }
        }
    }

    @Test
    void aStoredValueThatIsCutOffOrGoesOnIsRefused() {
        RandomPeerStates states = new RandomPeerStates(new Random(32));
        for (Supplier<Persistent> kind : states.kinds()) {
            byte[] bytes = codec.encode(kind.get());
            for (int length = 0; length < bytes.length; length++) {
                byte[] beginning = Arrays.copyOf(bytes, length);
                assertThrows(ProtocolException.class, () -> codec.decode(beginning));
            }
            byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
            assertThrows(ProtocolException.class, () -> codec.decode(longer));
        }
    }

    @Test
    void damagedStoredValuesAreRefusedOrMeanSomethingElse() throws ProtocolException {
        damage(33, 500);
    }

    @Test
    @Tag("slow")
    void manyDamagedStoredValuesAreRefusedOrMeanSomethingElse() throws ProtocolException {
        for (int seed = 0; seed < 100; seed++) {
            damage(seed, 3_000);
        }
    }

    private void damage(int seed, int times) throws ProtocolException {
        Random random = new Random(seed);
        RandomPeerStates states = new RandomPeerStates(random);
        for (Supplier<Persistent> kind : states.kinds()) {
            for (int i = 0; i < times; i++) {
                byte[] bytes = codec.encode(kind.get());
                for (int change = random.nextInt(4); change >= 0; change--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                Persistent read;
                try {
                    read = codec.decode(bytes);
                } catch (ProtocolException refused) {
                    assertNotNull(refused.getMessage());
                    continue;
                }
                assertEquals(read, codec.decode(codec.encode(read)));
            }
        }
    }
}
