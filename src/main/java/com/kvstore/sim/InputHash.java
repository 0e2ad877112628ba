package com.kvstore.sim;

import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.TimerId;

/** Numbers for the trace hash that are the same on every machine: a record's own hash need not be, it may hold an enum. */
final class InputHash {
    private InputHash() {}

    /** Of any input but a message, whose bytes the network has counted. */
    static long of(Input input) {
        if (input instanceof Input.TimerFired fired) {
            return of(fired.timer());
        } else if (input instanceof Input.Persisted persisted) {
            return persisted.token();
        } else if (input instanceof Input.PersistFailed failed) {
            return -failed.token();
        } else if (input instanceof Input.LinkOpened opened) {
            return opened.link() * 31 + opened.peer().port();
        } else if (input instanceof Input.LinkClosed closed) {
            return closed.link();
        } else if (input instanceof Input.ConnectFailed failed) {
            return failed.peer().port() * 2L + (failed.refused() ? 1 : 0);
        } else if (input instanceof Input.ClientRequested requested) {
            return requested.client();
        }
        return input.getClass().getSimpleName().hashCode();
    }

    static long of(TimerId timer) {
        return timer.kind().hashCode() * 31L + timer.subject();
    }
}
