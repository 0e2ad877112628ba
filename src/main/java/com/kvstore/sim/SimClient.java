package com.kvstore.sim;

import com.kvstore.common.ClientMessage.Request;
import com.kvstore.common.ClientMessage.Response;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.sim.Workload.Task;
import com.kvstore.sim.check.History;
import org.jspecify.annotations.Nullable;

/**
 * One client of a node: does one thing after the other, waits for each answer, and tells the {@link History}.
 *
 * <p>Some clients name their requests and repeat one whose outcome is unknown under the same name; others leave it at
 * that. Its connection is as good as the network at its best, but the node may die, or answer late: then the outcome is
 * unknown, and a later answer is not heard.
 *
 * <p>Threading: belongs to one simulation.
 */
public final class SimClient {
    private static final int MAX_ATTEMPTS = 6;

    private final String name;
    private final SimWorld world;
    private final SimNetwork network;
    private final Entrance entrance;
    private final ClientLog log;
    private final Workload workload;
    private final SimRandom random;
    private final boolean namesRequests;
    private final long timeoutNs;
    private final String requestClient;
    private long requestNumber;
    private long epoch;
    /** Names the attempt whose answer is awaited; answers to others come too late. */
    private long tag;

    private boolean askEpoch = true;
    private @Nullable Call call;
    private boolean finished;

    /** What is being done now. */
    private static final class Call {
        private final Task task;
        private final ClientLog.Entry entry;
        private final @Nullable RequestId id;
        private int attempts;
        /** An attempt may have taken effect, or may yet. */
        private boolean inDoubt;

        private Call(Task task, ClientLog.Entry entry, @Nullable RequestId id) {
            this.task = task;
            this.entry = entry;
            this.id = id;
        }
    }

    SimClient(String name, SimWorld world, SimNetwork network, Entrance entrance, ClientLog log, Workload workload) {
        this.name = name;
        this.world = world;
        this.network = network;
        this.entrance = entrance;
        this.log = log;
        this.workload = workload;
        this.random = world.random().fork("client " + name);
        this.namesRequests = random.chance(0.6);
        this.timeoutNs = random.skewed(800_000_000, 10_000_000_000L);
        this.requestClient = name + "-" + Long.toHexString(random.nextLong());
    }

    public void start() {
        next();
    }

    /** Whether all is done that the workload had. */
    public boolean isFinished() {
        return finished;
    }

    private void next() {
        Task task = workload.next();
        if (task == null) {
            finished = true;
            return;
        }
        world.scheduler().after(task.thinkNs(), () -> {
            if (askEpoch) {
                attempt(new Command.Ping(), null, answer -> {
                    if (answer instanceof Result.Pong pong) {
                        epoch = pong.epoch();
                        askEpoch = false;
                    }
                    begin(task);
                });
            } else {
                begin(task);
            }
        });
    }

    private void begin(Task task) {
        RequestId id = null;
        boolean writes = task.command() instanceof Command.Transact || task.command() instanceof Command.Compute;
        if (namesRequests && writes) {
            id = new RequestId(requestClient, requestNumber + 1, epoch, requestNumber);
            requestNumber++;
        }
        call = new Call(task, log.begin(name, world.nowNs(), task.command()), id);
        again(call);
    }

    private void again(Call current) {
        current.attempts++;
        attempt(current.task.command(), current.id, answer -> answered(current, answer));
    }

    private interface OnAnswer {
        /** @param answer null: the connection broke, or nothing came in time */
        void answered(@Nullable Object answer);
    }

    /** Stands for the answer of a host on which nobody listens. */
    private static final Object REFUSED = new Object();

    private void attempt(Command command, @Nullable RequestId id, OnAnswer then) {
        long mine = ++tag;
        Request request = new Request(mine, command, id);
        // A computation does not travel: a face makes it in the coordinator's process.
        boolean travels = !(command instanceof Command.Compute);
        byte[] bytes = travels ? world.codec().encode(request) : new byte[0];
        trace("asks", SimWorld.hash(bytes), command);
        OnAnswer once = answer -> {
            if (tag == mine) {
                tag++;
                then.answered(answer);
            }
        };
        world.scheduler()
                .after(
                        network.latencyNs(),
                        () -> arrive(travels ? (Request) world.codec().decode(bytes) : request, once));
        world.scheduler().after(timeoutNs, () -> once.answered(null));
    }

    private void arrive(Request request, OnAnswer then) {
        SimProcess process = entrance.choose(random).process();
        if (process == null) {
            world.scheduler().after(network.latencyNs(), () -> then.answered(REFUSED));
            return;
        }
        process.request(request.command(), request.id(), new SimProcess.ReplySink() {
            @Override
            public void replied(Result result) {
                if (result instanceof Result.Computed) {
                    hear(0, result, then);
                    return;
                }
                byte[] reply = world.codec().encode(new Response(request.tag(), result));
                hear(SimWorld.hash(reply), ((Response) world.codec().decode(reply)).result(), then);
            }

            @Override
            public void connectionLost() {
                world.scheduler().after(network.latencyNs(), () -> then.answered(null));
            }
        });
    }

    private void hear(long payload, Result result, OnAnswer then) {
        world.scheduler().after(network.latencyNs(), () -> {
            trace("hears", payload, result);
            then.answered(result);
        });
    }

    private void answered(Call current, @Nullable Object answer) {
        if (answer instanceof Result result) {
            workload.heard(current.task.command(), result);
            if (result instanceof Result.Failure failure && failure.epoch() != 0) {
                epoch = failure.epoch();
            }
            if (result instanceof Result.Failure failure && failure.code() == ErrorCode.WRONG_NODE) {
                follow(current, failure);
                return;
            }
            if (current.entry.conclude(world.nowNs(), result, current.inDoubt)) {
                next();
                return;
            }
            entrance.disappointed();
            current.inDoubt |= ((Result.Failure) result).code() == ErrorCode.OUTCOME_UNKNOWN;
        } else {
            trace(answer == REFUSED ? "is refused" : "hears nothing", 0, "");
            askEpoch = true;
            current.inDoubt |= answer != REFUSED;
            entrance.disappointed();
        }
        boolean again =
                current.task.insist() || (current.id != null && current.inDoubt && current.attempts < MAX_ATTEMPTS);
        if (again) {
            world.scheduler().after(random.skewed(10_000_000, 2_000_000_000L), () -> again(current));
        } else {
            current.entry.giveUp(world.nowNs(), current.inDoubt);
            next();
        }
    }

    /** What was sent to the wrong node was not done there: it is sent again, elsewhere. */
    private void follow(Call current, Result.Failure wrong) {
        if (wrong.redirect() == null) {
            throw new SimulationFailure("sent away to nowhere: " + wrong);
        }
        entrance.redirected(wrong.redirect());
        world.scheduler().after(random.skewed(1_000_000, 500_000_000L), () -> again(current));
    }

    private void trace(String what, long payload, Object detail) {
        world.trace().event(world.nowNs(), name, what, payload, detail);
    }
}
