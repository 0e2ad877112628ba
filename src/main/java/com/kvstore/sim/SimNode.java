package com.kvstore.sim;

import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.Persistent;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A host with an address, a disk, and at most one process at a time.
 *
 * <p>Threading: belongs to one simulation.
 */
public final class SimNode {
    /** Makes a new life's machine. */
    public interface Factory {
        /**
         * @param random for what a process draws at its start
         * @param recovered what was durable; null if nothing was
         */
        Machine start(SimRandom random, @Nullable Persistent recovered);
    }

    /** How a process ends. */
    public enum Death {
        /** It exits by itself: what it sent arrives, its links close in good order. */
        STOPPED,
        /** {@code kill -9}: the host closes its links; what was on the way may be lost. */
        KILLED,
        /** The whole host is gone: nobody answers, peers learn of it late or by a time-out of their own. */
        POWER_LOST
    }

    private final String name;
    private final ServerNode address;
    private final SimWorld world;
    private final SimNetwork network;
    private final Factory factory;
    private final SimRandom random;
    private SimDisk disk;
    private final Map<String, Integer> notes = new TreeMap<>();
    private @Nullable SimProcess process;
    private @Nullable SimStorage store;
    private Runnable onEnd = () -> {};
    private Consumer<Persistent> onPersist = state -> {};
    private boolean powered = true;
    private int lives;
    private long endedNs;

    SimNode(String name, ServerNode address, SimWorld world, SimNetwork network, Factory factory) {
        this.name = name;
        this.address = address;
        this.world = world;
        this.network = network;
        this.factory = factory;
        this.random = world.random().fork("node " + name);
        this.disk = new SimDisk(world.scheduler(), random.fork("disk"), 20_000_000);
    }

    public String name() {
        return name;
    }

    public ServerNode address() {
        return address;
    }

    /** Null while it is down. */
    public @Nullable SimProcess process() {
        return process;
    }

    public boolean isUp() {
        return process != null;
    }

    /** False from a loss of power to the next start: nobody there to refuse a connection. */
    boolean isPowered() {
        return powered;
    }

    /** How often each kind of note was written, over all lives. */
    public Map<String, Integer> notes() {
        return notes;
    }

    SimDisk disk() {
        return disk;
    }

    /** Starts a process; it must be down. */
    public void start() {
        if (process != null) {
            throw new IllegalStateException(name + " is up already");
        }
        powered = true;
        lives++;
        world.trace().event(world.nowNs(), name, "starts", lives, "life " + lives);
        process = new SimProcess(this, world, network, random.fork("life " + lives), factory);
    }

    /** Ends the process; nothing happens if it is down. */
    public void crash(Death death) {
        SimProcess dying = process;
        if (dying == null) {
            return;
        }
        world.trace().event(world.nowNs(), name, "ends", death.name().hashCode(), death);
        process = null;
        endedNs = world.nowNs();
        powered = death != Death.POWER_LOST;
        dying.die();
        disk.crashed(dying);
        if (store != null) {
            store.crashed();
        }
        network.processDied(dying, death);
        onEnd.run();
    }

    /** Since its last process ended; while there is none. */
    long quietNs() {
        return world.nowNs() - endedNs;
    }

    /** Runs whenever a process has ended, however it did. */
    public void onEnd(Runnable listener) {
        onEnd = listener;
    }

    /**
     * Kills it in the midst of a coming turn, before its n-th effect from now.
     *
     * @param allowed asked at that moment
     */
    public void crashAfterEffects(int effects, BooleanSupplier allowed) {
        if (process != null) {
            process.crashAfterEffects(effects, allowed);
        }
    }

    /** A crash that was planned with {@link #crashAfterEffects} does not happen. */
    public void calmDown() {
        if (process != null) {
            process.calmDown();
        }
    }

    /** SIGSTOP. */
    public void pause() {
        if (process != null) {
            world.trace().event(world.nowNs(), name, "pauses", 0, "");
            process.pause();
        }
    }

    /** SIGCONT. */
    public void resume() {
        if (process != null && process.isPaused()) {
            world.trace().event(world.nowNs(), name, "resumes", 0, "");
            process.resume();
        }
    }

    /** SIGTERM. */
    public void requestStop() {
        if (process != null) {
            process.deliver(new Input.StopRequested());
        }
    }

    /** From now on, both nodes keep their state in one place; before either was started. */
    void shareDiskOf(SimNode other) {
        disk = other.disk;
    }

    void persist(SimProcess by, long token, Persistent state) {
        onPersist.accept(state);
        disk.persist(by, token, state);
    }

    /** From now on, {@code store} outlives its processes; before any was started. */
    void keeps(SimStorage kept) {
        store = kept;
    }

    void sync(SimProcess by, long token) {
        if (store == null) {
            throw new SimulationFailure(name + " keeps nothing, yet was to sync");
        }
        store.sync(by, token);
    }

    /** Hears of every state as it is on its way to the disk. */
    void onPersist(Consumer<Persistent> listener) {
        onPersist = listener;
    }

    void noted(String tag) {
        notes.merge(tag, 1, Integer::sum);
    }
}
