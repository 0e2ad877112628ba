package com.kvstore.resp;

import com.kvstore.common.Bytes;
import java.util.List;

/**
 * A data command, understood: its keys, and what it does to them. Alone it is a transaction of one; between MULTI and EXEC
 * it is one of several.
 *
 * @param keys all that {@code step} looks at or changes; a key may come twice
 * @param readOnly changes nothing
 */
record Operation(List<Bytes> keys, boolean readOnly, Step step) {
    /** Pure: the reply and the changes depend on the workspace alone. Fails before it has changed anything. */
    @FunctionalInterface
    interface Step {
        Reply run(Workspace keys) throws RespException;
    }

    /** Makes an operation of a command's words. */
    @FunctionalInterface
    interface Parser {
        Operation parse(Arguments arguments) throws RespException;
    }

    static Operation reading(Bytes key, Step step) {
        return new Operation(List.of(key), true, step);
    }

    static Operation writing(Bytes key, Step step) {
        return new Operation(List.of(key), false, step);
    }

    /** Never throws: what goes wrong is the reply. */
    Reply run(Workspace keys) {
        try {
            return step.run(keys);
        } catch (RespException problem) {
            return new Reply.Problem(problem.error());
        }
    }
}
