package com.kvstore.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Group;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.eventual.EventualStatus;
import java.util.List;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

/** What {@code status} says of a group. */
class PeerDocumentsTest {
    private static final Group GROUP =
            new Group("eventual", List.of(new Group.Member(1, new ServerNode("127.0.0.1", 6100))));

    private static long everywhereAgeMs(long everywhereMs) {
        EventualStatus status = new EventualStatus(1, true, 3, 1, everywhereMs, List.of());
        return new JSONObject(PeerDocuments.status(GROUP, status, new DiskStatus("memory", null)))
                .getLong("everywhere_age_ms");
    }

    @Test
    void howFarEverybodyHasEverythingIsToldAsAnAge() {
        long age = everywhereAgeMs(System.currentTimeMillis() - 70_000);

        assertTrue(age >= 70_000 && age < 3_600_000, age + " ms");
    }

    @Test
    void whileNobodyCanTellItIsNever() {
        assertEquals(-1, everywhereAgeMs(0));
    }
}
