package com.kvstore.sim;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;

/**
 * A person who types commands such as {@code drain} and {@code forget}, and types them again until they are carried out.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SimOperator {
    private static final long AGAIN_NS = 1_000_000_000L;

    private final SimWorld world;
    private final SimNode node;
    private int waiting;

    /** @param node whom it talks to */
    SimOperator(SimWorld world, SimNode node) {
        this.world = world;
        this.node = node;
    }

    /** Whether nothing that was asked for is still to be done. */
    boolean isDone() {
        return waiting == 0;
    }

    void ask(Command command) {
        waiting++;
        attempt(command);
    }

    private void attempt(Command command) {
        SimProcess process = node.process();
        if (process == null) {
            again(command);
            return;
        }
        process.request(command, null, new SimProcess.ReplySink() {
            @Override
            public void replied(Result result) {
                world.trace().note(world.nowNs(), "operator", command + ": " + result);
                if (result instanceof Result.Failure failure && failure.code() != ErrorCode.BAD_REQUEST) {
                    again(command);
                } else {
                    waiting--;
                }
            }

            @Override
            public void connectionLost() {
                again(command);
            }
        });
    }

    private void again(Command command) {
        world.scheduler().after(AGAIN_NS, () -> attempt(command));
    }
}
