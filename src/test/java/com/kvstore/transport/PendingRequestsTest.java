package com.kvstore.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.kvstore.common.Result;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

class PendingRequestsTest {
    private static ClientRequest request() {
        return new ClientRequest(Mockito.mock(Connection.class), 0) {
            @Override
            protected void answer(Result result) {}
        };
    }

    @Test
    void requestsAreFoundOnceUnderTheirNumberInWhateverOrderTheyAreAnswered() {
        Random random = new Random(1);
        PendingRequests requests = new PendingRequests();
        Map<Long, ClientRequest> model = new TreeMap<>();
        ClientRequest one = request();
        long expected = 0;
        for (int i = 0; i < 20_000; i++) {
            // One in a hundred stays for long: the others must find places around it.
            if (random.nextInt(100) < 55) {
                ClientRequest added = i % 97 == 0 ? request() : one;
                assertEquals(++expected, requests.add(added));
                model.put(expected, added);
            } else if (!model.isEmpty()) {
                long number = 1 + (long) (random.nextDouble() * expected);
                assertSame(model.remove(number), requests.remove(number));
            }
        }
        model.forEach((number, request) -> assertSame(request, requests.remove(number)));
        assertNull(requests.remove(1));
        assertNull(requests.remove(expected + 1));
    }
}
