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
    private static final double ASK_REPLACED_CHANCE = 0.4;

    private final String name;
    private final SimWorld world;
    private final SimNetwork network;
    private final SimCluster cluster;
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

    /** @param cluster whose coordinator it talks to; now and then to one that was replaced */
    public SimClient(
            String name, SimWorld world, SimNetwork network, SimCluster cluster, ClientLog log, Workload workload) {
        this.name = name;
        this.world = world;
        this.network = network;
        this.cluster = cluster;
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
        SimNode replaced = cluster.otherCoordinator();
        SimNode node = replaced.isUp() && random.chance(ASK_REPLACED_CHANCE) ? replaced : cluster.coordinator();
        SimProcess process = node.process();
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
            if (current.entry.conclude(world.nowNs(), result, current.inDoubt)) {
                next();
                return;
            }
            current.inDoubt |= ((Result.Failure) result).code() == ErrorCode.OUTCOME_UNKNOWN;
        } else {
            trace(answer == REFUSED ? "is refused" : "hears nothing", 0, "");
            askEpoch = true;
            current.inDoubt |= answer != REFUSED;
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

    private void trace(String what, long payload, Object detail) {
        world.trace().event(world.nowNs(), name, what, payload, detail);
    }
}
