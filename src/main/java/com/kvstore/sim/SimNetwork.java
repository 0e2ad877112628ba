package com.kvstore.sim;

import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The network between nodes: TCP-like links and UDP-like datagrams, both of which can be cut, each in one direction
 * alone.
 *
 * <p>A link delivers in order, each message once, or closes. While it is cut its messages stall; they get through when
 * the cut heals, or the link is reset and both sides learn that at different times. What was on the way at a reset may or
 * may not arrive, and what does arrives before the receiver learns; meanwhile the other side may have opened a new link,
 * so messages of an old link come in beside a newer one's.
 *
 * <p>Threading: belongs to one simulation.
 */
public final class SimNetwork {
    private static final long MIN_RESET_AFTER_CUT_NS = 1_000_000_000L;
    private static final long MAX_RESET_AFTER_CUT_NS = 40_000_000_000L;
    private static final long MAX_RETRANSMIT_NS = 1_500_000_000L;
    private static final long MAX_CLOSE_SKEW_NS = 300_000_000L;

    /** A direction between two nodes. */
    private record Path(SimNode from, SimNode to) {}

    private final SimWorld world;
    private final SimRandom random;
    private final NetworkOptions options;
    private final Map<ServerNode, SimNode> nodes = new LinkedHashMap<>();
    private final Map<ServerNode, SimNode> udpNodes = new LinkedHashMap<>();
    private final Set<Path> cuts = new LinkedHashSet<>();
    private final Set<Path> udpCuts = new LinkedHashSet<>();
    private double slowness = 1;
    private double maxPathFactor = 1;
    private final Map<Path, Double> pathFactors = new HashMap<>();
    private double extraDatagramLoss;

    public SimNetwork(SimWorld world, NetworkOptions options) {
        this.world = world;
        this.random = world.random().fork("network");
        this.options = options;
    }

    /** A node that is down until it is started. */
    public SimNode add(String name, ServerNode address, SimNode.Factory factory) {
        return add(name, address, address, factory);
    }

    /** The same where datagrams come in at another address. */
    public SimNode add(String name, ServerNode address, ServerNode udpAddress, SimNode.Factory factory) {
        SimNode node = new SimNode(name, address, world, this, factory);
        nodes.put(address, node);
        udpNodes.put(udpAddress, node);
        return node;
    }

    /** How long a message would take now. */
    public long latencyNs() {
        long latency = random.chance(options.spikeChance())
                ? random.skewed(options.maxLatencyNs(), Math.max(options.maxLatencyNs(), options.maxSpikeNs()))
                : random.between(options.minLatencyNs(), options.maxLatencyNs());
        return (long) (latency * slowness);
    }

    NetworkOptions options() {
        return options;
    }

    /** Some paths are slower than others, for good: up to so many times as slow on TCP. */
    void unequalPaths(double maxFactor) {
        maxPathFactor = maxFactor;
    }

    /** Of the path between two nodes, in one direction. */
    private double factor(SimNode from, SimNode to) {
        if (maxPathFactor <= 1) {
            return 1;
        }
        return pathFactors.computeIfAbsent(
                new Path(from, to),
                path -> Math.pow(
                        maxPathFactor,
                        world.random()
                                .fork("path " + from.name() + " " + to.name())
                                .nextDouble()));
    }

    /** Every latency is so many times as long, from now on. */
    public void slowDown(double factor) {
        slowness = factor;
    }

    /** So large a share of datagrams is lost besides, from now on. */
    public void loseDatagrams(double share) {
        extraDatagramLoss = share;
    }

    /** No message gets from one to the other, by TCP or UDP; the way back stays open. */
    public void cut(SimNode from, SimNode to) {
        Path path = new Path(from, to);
        udpCuts.add(path);
        if (cuts.add(path)) {
            note(from.name() + " -/-> " + to.name());
            for (LinkEnd end : endsBetween(from, to)) {
                if (end.owner().node() == to) {
                    end.cut();
                }
                long resetNs = random.skewed(MIN_RESET_AFTER_CUT_NS, MAX_RESET_AFTER_CUT_NS);
                world.scheduler().after(resetNs, () -> {
                    if (cuts.contains(path)) {
                        reset(end);
                    }
                });
            }
        }
    }

    /** Datagrams alone do not get through. */
    public void cutDatagrams(SimNode from, SimNode to) {
        udpCuts.add(new Path(from, to));
        note(from.name() + " -udp/-> " + to.name());
    }

    /** They do again, unless everything is cut. */
    public void healDatagrams(SimNode from, SimNode to) {
        Path path = new Path(from, to);
        if (!cuts.contains(path)) {
            udpCuts.remove(path);
        }
    }

    public void heal(SimNode from, SimNode to) {
        Path path = new Path(from, to);
        udpCuts.remove(path);
        if (cuts.remove(path)) {
            note(from.name() + " ---> " + to.name());
            for (LinkEnd end : endsBetween(from, to)) {
                if (end.owner().node() == to) {
                    end.mend(world.nowNs() + random.between(0, MAX_RETRANSMIT_NS));
                }
            }
        }
    }

    /** No cut, no slowness, no loss beyond the options' own. */
    public void healAll() {
        slowness = 1;
        extraDatagramLoss = 0;
        new ArrayList<>(cuts).forEach(path -> heal(path.from, path.to));
        udpCuts.clear();
    }

    /** Every link between the two is reset. */
    public void resetLinks(SimNode one, SimNode other) {
        note(one.name() + " and " + other.name() + ": links reset");
        endsBetween(one, other).forEach(this::reset);
    }

    /** Whoever connects waits no longer than its time-out, however slow the network is. */
    void connect(SimProcess from, ServerNode peer) {
        world.scheduler().after(connectLatencyNs(), () -> connectArrives(from, peer));
    }

    private long connectLatencyNs() {
        return Math.min(latencyNs(), options.connectTimeoutNs());
    }

    void send(SimProcess from, long link, byte[] bytes) {
        LinkEnd end = from.links().get(link);
        if (end == null) {
            return;
        }
        LinkEnd peer = end.peer();
        if (!peer.isSealed()) {
            double latencyNs = latencyNs() * factor(from.node(), peer.owner().node());
            peer.accept(bytes, world.nowNs() + (long) latencyNs);
        } else if (peer.owner().isDead()
                && peer.owner().node().isPowered()
                && !isCut(from.node(), peer.owner().node())) {
            // The host is there and knows no such connection: it answers with a reset.
            end.closeAt(world.nowNs() + latencyNs() + latencyNs());
        }
    }

    void close(SimProcess from, long link) {
        LinkEnd end = from.links().get(link);
        if (end == null) {
            return;
        }
        end.sealAndLose(random);
        end.closeAt(world.nowNs() + random.between(1, 100_000));
        LinkEnd peer = end.peer();
        peer.seal();
        peer.closeAt(closeArrivesNs(from.node(), peer.owner().node()));
    }

    void datagram(SimProcess from, ServerNode to, byte[] bytes) {
        SimNode target = udpNodes.get(to);
        if (target == null || random.chance(options.datagramLoss()) || random.chance(extraDatagramLoss)) {
            return;
        }
        int times = random.chance(options.datagramDuplicate()) ? 2 : 1;
        for (int i = 0; i < times; i++) {
            long late = random.chance(0.02) ? random.skewed(1_000_000, 8_000_000_000L) : 0;
            world.scheduler().after(latencyNs() + late, () -> datagramArrives(from.node(), target, bytes));
        }
    }

    void processDied(SimProcess dead, SimNode.Death death) {
        for (LinkEnd end : new ArrayList<>(dead.links().values())) {
            LinkEnd peer = end.peer();
            end.seal();
            if (death == SimNode.Death.STOPPED) {
                peer.seal();
            } else {
                peer.sealAndLose(random);
            }
            peer.closeAt(
                    death == SimNode.Death.POWER_LOST
                            ? world.nowNs() + random.skewed(MIN_RESET_AFTER_CUT_NS, MAX_RESET_AFTER_CUT_NS)
                            : closeArrivesNs(dead.node(), peer.owner().node()));
        }
    }

    private boolean isCut(SimNode one, SimNode other) {
        return cuts.contains(new Path(one, other)) || cuts.contains(new Path(other, one));
    }

    /** When a close, sent now, is noticed. */
    private long closeArrivesNs(SimNode from, SimNode to) {
        boolean unseen = cuts.contains(new Path(from, to));
        return world.nowNs() + (unseen ? random.skewed(MIN_RESET_AFTER_CUT_NS, MAX_RESET_AFTER_CUT_NS) : latencyNs());
    }

    private void connectArrives(SimProcess from, ServerNode address) {
        SimNode target = nodes.get(address);
        if (target == null) {
            from.deliver(new Input.ConnectFailed(address, true));
        } else if (!target.isPowered() || isCut(from.node(), target)) {
            world.scheduler()
                    .after(options.connectTimeoutNs(), () -> from.deliver(new Input.ConnectFailed(address, false)));
        } else if (target.process() == null) {
            world.scheduler().after(latencyNs(), () -> from.deliver(new Input.ConnectFailed(address, true)));
        } else if (!from.isDead()) {
            open(from, target.process(), address);
        }
    }

    private void open(SimProcess from, SimProcess to, ServerNode address) {
        LinkEnd near = new LinkEnd(world, from);
        LinkEnd far = new LinkEnd(world, to);
        LinkEnd.join(near, far);
        long openNs = world.nowNs() + connectLatencyNs();
        near.notBefore(openNs);
        world.scheduler().at(openNs, () -> from.deliver(new Input.LinkOpened(near.id(), address)));
    }

    private void datagramArrives(SimNode from, SimNode to, byte[] bytes) {
        SimProcess process = to.process();
        if (process == null || udpCuts.contains(new Path(from, to))) {
            return;
        }
        Message message = world.codec().decode(bytes);
        world.trace().event(world.nowNs(), to.name(), "datagram arrives", SimWorld.hash(bytes), message);
        process.deliver(new Input.DatagramReceived(message));
    }

    private void reset(LinkEnd end) {
        for (LinkEnd each : List.of(end, end.peer())) {
            if (!each.isSealed()) {
                each.sealAndLose(random);
                each.closeAt(world.nowNs() + random.skewed(1_000, MAX_CLOSE_SKEW_NS));
            }
        }
    }

    /** The ends at {@code one} of all links between the two, then those at {@code other}. */
    private List<LinkEnd> endsBetween(SimNode one, SimNode other) {
        List<LinkEnd> found = new ArrayList<>();
        addEnds(one, other, found);
        addEnds(other, one, found);
        return found;
    }

    private static void addEnds(SimNode at, SimNode peer, List<LinkEnd> found) {
        SimProcess process = at.process();
        if (process != null) {
            for (LinkEnd end : process.links().values()) {
                if (end.peer().owner().node() == peer) {
                    found.add(end);
                }
            }
        }
    }

    private void note(String text) {
        world.trace().note(world.nowNs(), "network", text);
    }
}
