package com.kvstore.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import java.net.BindException;
import org.junit.jupiter.api.Test;

class BindingTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private int attempts;

    @Test
    void aPortThatAProcessJustKilledStillHasIsTakenOnceItIsFree() throws Exception {
        assertSame(
                channel,
                Binding.take(
                        "TCP",
                        "127.0.0.1",
                        7,
                        address -> ++attempts < 4
                                ? channel.newFailedFuture(new BindException("Address already in use"))
                                : channel.newSucceededFuture()));
        assertEquals(4, attempts);
    }

    @Test
    void aPortThatSomebodyKeepsIsGivenUpAfterAWhile() {
        PortUnavailableException taken = assertThrows(
                PortUnavailableException.class,
                () -> Binding.take("UDP", "127.0.0.1", 7, address -> {
                    attempts++;
                    return channel.newFailedFuture(new BindException("Address already in use"));
                }));
        assertEquals("UDP port 7 on 127.0.0.1 is already in use by another program.", taken.getMessage());
        assertTrue(attempts > 1, attempts + " attempts");
    }

    @Test
    void whatCannotBecomeBetterIsToldAtOnce() {
        assertThrows(
                PortUnavailableException.class,
                () -> Binding.take("TCP", "127.0.0.1", 7, address -> {
                    attempts++;
                    return channel.newFailedFuture(new BindException("Permission denied"));
                }));
        assertEquals(1, attempts);
    }
}
