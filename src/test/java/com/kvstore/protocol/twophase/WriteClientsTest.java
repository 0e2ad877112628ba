package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.verifyNoMoreInteractions;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.RequestTable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WriteClientsTest {
    private static final long EPOCH = 7;

    private final Effects effects = mock(Effects.class);
    private final RequestTable requests = new RequestTable();
    private final WriteClients clients = new WriteClients(requests);

    @BeforeEach
    void begin() {
        requests.start(5);
    }

    @Test
    void aNewRequestIsToBeExecutedAndAnsweredOnce() {
        Waiter waiter = admitted(1, id(1, EPOCH));
        assertEquals(1, clients.waiting());

        clients.answer(waiter, Result.Ack.WHOLE, effects);

        verify(effects).reply(1, Result.Ack.WHOLE);
        verifyNoMoreInteractions(effects);
        assertEquals(0, clients.waiting());
    }

    @Test
    void aRetryOfARequestUnderWayIsAnsweredWithItAndNotExecuted() {
        Waiter waiter = admitted(1, id(1, EPOCH));
        assertNull(clients.admit(2, id(1, EPOCH), EPOCH, effects));
        assertNull(clients.admit(3, id(1, EPOCH), EPOCH, effects));
        Waiter other = admitted(4, id(2, EPOCH));
        verifyNoInteractions(effects);

        clients.answer(waiter, Result.Ack.WHOLE, effects);

        for (long client = 1; client <= 3; client++) {
            verify(effects).reply(client, Result.Ack.WHOLE);
        }
        verifyNoMoreInteractions(effects);
        assertEquals(1, clients.waiting());
        clients.answer(other, Result.Ack.WHOLE, effects);
        assertEquals(0, clients.waiting());
    }

    @Test
    void aRetryOfAnAnsweredRequestGetsTheSameAnswerAgain() {
        Result.Failure conflict = Result.Failure.of(ErrorCode.CONFLICT, "it is there already");
        clients.answer(admitted(1, id(1, EPOCH)), conflict, effects);

        assertNull(clients.admit(2, id(1, EPOCH), EPOCH, effects));

        verify(effects).reply(2, conflict);
    }

    @ParameterizedTest
    @EnumSource(names = {"UNAVAILABLE", "OVERLOADED", "NO_NODES", "NO_SPACE", "LOST"})
    void aRetryOfWhatWasNotAppliedForAReasonThatPassesIsExecuted(ErrorCode code) {
        clients.answer(admitted(1, id(1, EPOCH)), Result.Failure.of(code, "later"), effects);

        assertNotNull(clients.admit(2, id(1, EPOCH), EPOCH, effects));
    }

    @Test
    void aRequestFirstSentInALifeThatIsOverEndsUnknownAndIsNotExecuted() {
        assertNull(clients.admit(1, id(1, 4), EPOCH, effects));

        verify(effects).reply(eq(1L), argThat(result -> code(result) == ErrorCode.OUTCOME_UNKNOWN));
        assertEquals(0, clients.waiting());
    }

    @Test
    void aDeposedCoordinatorExecutesNothingForAClientThatKnowsItsSuccessor() {
        assertNull(clients.admit(1, id(1, EPOCH + 1), EPOCH, effects));

        verify(effects).reply(eq(1L), argThat(result -> code(result) == ErrorCode.UNAVAILABLE));
        assertNotNull(clients.admit(2, id(1, EPOCH), EPOCH, effects), "nor does it remember the request");
    }

    @Test
    void aClientThatDoesNotAskForAtMostOnceIsExecutedEachTime() {
        clients.answer(admitted(1, null), Result.Ack.WHOLE, effects);

        assertNotNull(clients.admit(1, null, EPOCH, effects));
    }

    private Waiter admitted(long client, @Nullable RequestId id) {
        Waiter waiter = clients.admit(client, id, EPOCH, effects);
        assertNotNull(waiter);
        return waiter;
    }

    private static RequestId id(long number, long epoch) {
        return new RequestId("somebody", number, epoch, 0);
    }

    private static @Nullable ErrorCode code(Result result) {
        return result instanceof Result.Failure failure ? failure.code() : null;
    }
}
