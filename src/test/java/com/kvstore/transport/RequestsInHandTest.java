package com.kvstore.transport;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Result;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

class RequestsInHandTest {
    private final RequestsInHand requests = new RequestsInHand(MemoryBudget.unlimited());

    private static ClientRequest request() {
        return new ClientRequest(Mockito.mock(Connection.class), 10) {
            @Override
            protected void answer(Result result) {}
        };
    }

    @Test
    void aClientThatAsksOneThingAtATimeIsTold() {
        for (int i = 0; i < 3; i++) {
            ClientRequest request = request();
            requests.add(request);
            assertFalse(requests.wasOnlyOne());
            requests.remove(request);
            assertTrue(requests.wasOnlyOne());
        }
    }

    @Test
    void aClientThatAsksSeveralThingsAtATimeIsTold() {
        ClientRequest first = request();
        ClientRequest second = request();
        requests.add(first);
        requests.add(second);
        requests.remove(first);
        assertFalse(requests.wasOnlyOne());
        requests.remove(second);
        assertFalse(requests.wasOnlyOne());
        requests.add(first);
        requests.remove(first);
        assertTrue(requests.wasOnlyOne());
    }
}
