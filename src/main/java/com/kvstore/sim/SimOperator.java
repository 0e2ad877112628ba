package com.kvstore.sim;

import com.kvstore.common.Command;
import com.kvstore.common.Result;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A person who types commands such as {@code drain} and {@code forget}, and types them again until they are carried out.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SimOperator {
    private static final long AGAIN_NS = 1_000_000_000L;

    private final SimWorld world;
    private final Supplier<SimNode> node;
    private int waiting;

    /** @param node whom it talks to */
    SimOperator(SimWorld world, Supplier<SimNode> node) {
        this.world = world;
        this.node = node;
    }

    /** Whether nothing that was asked for is still to be done. */
    boolean isDone() {
        return waiting == 0;
    }

    /** @param needless whether it is carried out already, or no longer makes sense */
    void ask(Command command, BooleanSupplier needless) {
        waiting++;
        attempt(command, needless);
    }

    private void attempt(Command command, BooleanSupplier needless) {
        SimProcess process = node.get().process();
        if (process == null) {
            again(command, needless);
            return;
        }
        process.request(command, null, new SimProcess.ReplySink() {
            @Override
            public void replied(Result result) {
                world.trace().note(world.nowNs(), "operator", command + ": " + result);
                if (result instanceof Result.Failure && !needless.getAsBoolean()) {
                    again(command, needless);
                } else {
                    waiting--;
                }
            }

            @Override
            public void connectionLost() {
                again(command, needless);
            }
        });
    }

    private void again(Command command, BooleanSupplier needless) {
        world.scheduler().after(AGAIN_NS, () -> attempt(command, needless));
    }
}
