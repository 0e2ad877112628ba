package com.kvstore.protocol.totalorder;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.FullCopy;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Guard;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Op;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Transaction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Clients' requests at this peer, from their arrival to their answer.
 *
 * <p>Writes are placed in the own lane and answered when they are delivered. Reads take a place in the order too, the own
 * clock's present reading, without an entry: they are answered from the own table once everything up to there is delivered
 * and a majority has said, after they arrived, that the own lane is open. Had anything been answered before they arrived
 * that is not delivered here by then, then past this peer's clock, and so with its lane sealed by a majority.
 *
 * <p>Threading: one machine's. Bounded by {@link TotalOrderConfig#maxWaiting}.
 */
final class Requests {
    private static final int OPS_AN_ENTRY = 512;
    private static final long BYTES_AN_ENTRY = 512 * 1024;
    private static final int MAX_COMPUTATIONS = 30;

    private static final class Request {
        private final long client;
        private final Command command;
        private final @Nullable RequestId id;
        private final long sinceNs;
        private @Nullable Transaction transaction;
        /** What a computation will answer once its writes are applied. */
        private @Nullable Object answer;

        private int attempts;

        private Request(long client, Command command, @Nullable RequestId id, long sinceNs) {
            this.client = client;
            this.command = command;
            this.id = id;
            this.sinceNs = sinceNs;
        }
    }

    /** Reads that wait for one place of the order. */
    private record Round(long lane, long counter, long echo, List<Request> reads) {}

    /** What was put into one entry of the own lane; null where it waits for no answer. */
    private record Placed(long lane, long index, List<@Nullable Request> requests) {}

    private final Node node;
    private final Order order;
    private final Replica replica;
    private final Multicast multicast;
    /** Everything that has not been answered, in the order of arrival. */
    private final Set<Request> inHand = new LinkedHashSet<>();

    private final ArrayDeque<Request> writes = new ArrayDeque<>();
    private final List<Request> reads = new ArrayList<>();
    private final ArrayDeque<Round> rounds = new ArrayDeque<>();
    private final ArrayDeque<Op> internal = new ArrayDeque<>();
    private final SortedMap<Long, SortedMap<Long, Placed>> placed = new TreeMap<>();

    Requests(Node node, Order order, Replica replica, Multicast multicast) {
        this.node = node;
        this.order = order;
        this.replica = replica;
        this.multicast = multicast;
    }

    void on(long client, Command command, @Nullable RequestId id, long nowNs, Effects effects) {
        if (command instanceof Command.Ping) {
            effects.reply(client, new Result.Pong(replica.clients().epoch()));
        } else if (!node.isActive()) {
            refuse(client, "this peer is joining the group and does not hold its data yet", effects);
        } else if (!node.hearsMajority(nowNs)) {
            refuse(client, "a majority of the peers cannot be reached from here", effects);
        } else if (inHand.size() >= node.config.maxWaiting()) {
            effects.reply(
                    client,
                    failure(ErrorCode.OVERLOADED, "Not applied: too many requests wait at this peer. Try again later"));
        } else {
            take(new Request(client, command, id, nowNs), effects);
        }
    }

    private void refuse(long client, String why, Effects effects) {
        effects.reply(
                client, failure(ErrorCode.UNAVAILABLE, "Not applied: " + why + ". Try again, or ask another peer"));
    }

    private Result.Failure failure(ErrorCode code, String message) {
        return new Result.Failure(code, message, null, replica.clients().epoch());
    }

    private void take(Request request, Effects effects) {
        inHand.add(request);
        if (request.command instanceof Command.Transact transact) {
            List<Write> withDeadlines = FullCopy.withDeadlines(transact.writes(), node.wall.nowMs());
            request.transaction = new Transaction(request.id, List.of(), withDeadlines);
            writes.add(request);
        } else if (isRead(request.command)) {
            reads.add(request);
        } else {
            answer(
                    request,
                    failure(
                            ErrorCode.BAD_REQUEST,
                            "A peer of a total-order group does not know this command: it belongs to a coordinator"),
                    effects);
        }
    }

    private static boolean isRead(Command command) {
        return command instanceof Command.Get
                || command instanceof Command.GetLocal
                || command instanceof Command.GetAll
                || command instanceof Command.Compute
                || command instanceof Command.Scan
                || command instanceof Command.Count;
    }

    /** An operation of the peer's own, which waits for no answer. */
    void add(Op op) {
        internal.add(op);
    }

    /** How many have not been answered. */
    int inHand() {
        return inHand.size();
    }

    /** Up to which counter reads wait; 0: none does. */
    long readCounter() {
        return rounds.isEmpty() ? 0 : rounds.getLast().counter;
    }

    /** Places in the own lane what has gathered. */
    void place(Effects effects) {
        answerLocal(effects);
        Lane lane = multicast.own();
        if (lane == null) {
            return;
        }
        while ((!writes.isEmpty() || !internal.isEmpty()) && multicast.mayAdd(lane)) {
            placeEntry(lane);
        }
        if (reads.stream().anyMatch(read -> !(read.command instanceof Command.GetLocal))) {
            List<Request> round = new ArrayList<>(reads);
            round.removeIf(read -> read.command instanceof Command.GetLocal);
            reads.removeAll(round);
            rounds.add(new Round(lane.id(), node.clock(), multicast.askEcho(), round));
        }
    }

    private void placeEntry(Lane lane) {
        List<Op> ops = new ArrayList<>();
        List<@Nullable Request> requests = new ArrayList<>();
        while (!internal.isEmpty()) {
            ops.add(internal.remove());
            requests.add(null);
        }
        long bytes = 0;
        while (!writes.isEmpty() && ops.size() < OPS_AN_ENTRY && bytes < BYTES_AN_ENTRY) {
            Request request = writes.remove();
            Transaction transaction = request.transaction;
            if (transaction != null && inHand.contains(request)) {
                ops.add(transaction);
                requests.add(request);
                bytes += Sizes.of(transaction);
            }
        }
        if (!ops.isEmpty()) {
            long index = multicast.add(ops);
            placed.computeIfAbsent(lane.id(), any -> new TreeMap<>())
                    .put(index, new Placed(lane.id(), index, requests));
        }
    }

    /** An operation of the own lane has come in the order. */
    void delivered(Lane lane, long index, int op, Result result, Effects effects) {
        SortedMap<Long, Placed> ofLane = placed.get(lane.id());
        Placed entry = ofLane == null ? null : ofLane.get(index);
        Request request = entry == null || op >= entry.requests.size() ? null : entry.requests.get(op);
        if (ofLane != null && entry != null && op == entry.requests.size() - 1) {
            ofLane.remove(index);
        }
        if (request == null || !inHand.contains(request)) {
            return;
        }
        if (!(request.command instanceof Command.Compute)) {
            answer(request, result, effects);
        } else if (result instanceof Result.Ack ack && request.answer != null) {
            answer(request, new Result.Computed(request.answer, ack), effects);
        } else if (request.attempts < MAX_COMPUTATIONS) {
            reads.add(request);
        } else {
            answer(
                    request,
                    failure(ErrorCode.OVERLOADED, "Not applied: others write these keys all the time. Try again"),
                    effects);
        }
    }

    /** Answers the reads whose place in the order has come. */
    void answerReads(Effects effects) {
        while (!rounds.isEmpty()) {
            Round round = rounds.getFirst();
            Lane lane = order.lane(round.lane);
            if (lane == null || lane != multicast.own()) {
                // The lane is closed or about to be: the place means nothing any more.
                rounds.removeFirst();
                round.reads.stream().filter(inHand::contains).forEach(reads::add);
                continue;
            }
            if (!order.isPast(round.counter) || !node.votes.isEchoed(lane, round.echo)) {
                return;
            }
            rounds.removeFirst();
            for (Request read : round.reads) {
                if (inHand.contains(read)) {
                    execute(read, effects);
                }
            }
        }
    }

    private void execute(Request read, Effects effects) {
        long nowMs = replica.wallMs();
        FullCopy copy = replica.copy();
        if (read.command instanceof Command.Compute compute) {
            compute(read, compute, nowMs, effects);
        } else if (read.command instanceof Command.Get get) {
            answer(read, copy.get(get.key(), nowMs), effects);
        } else if (read.command instanceof Command.GetAll all) {
            answer(read, copy.getAll(all.keys(), nowMs), effects);
        } else if (read.command instanceof Command.Scan scan) {
            answer(read, copy.scan(scan, nowMs), effects);
        } else {
            answer(read, copy.count(), effects);
        }
    }

    private void compute(Request request, Command.Compute compute, long nowMs, Effects effects) {
        Computation.Outcome outcome = replica.copy().compute(compute, nowMs);
        if (outcome.writes().isEmpty()) {
            answer(request, new Result.Computed(outcome.answer(), Result.Ack.WHOLE), effects);
            return;
        }
        List<Write> conditional =
                replica.copy().onPresentState(FullCopy.withDeadlines(outcome.writes(), node.wall.nowMs()), nowMs);
        Set<Bytes> written = new LinkedHashSet<>();
        conditional.forEach(write -> written.add(write.key()));
        List<Guard> guards = new ArrayList<>();
        for (Bytes key : compute.keys()) {
            if (!written.contains(key)) {
                Result.Value present = replica.copy().find(key, nowMs);
                guards.add(new Guard(key, present == null ? Condition.ABSENT : Condition.versionIs(present.version())));
            }
        }
        request.answer = outcome.answer();
        request.attempts++;
        request.transaction = new Transaction(request.id, guards, conditional);
        writes.add(request);
    }

    private void answerLocal(Effects effects) {
        for (Iterator<Request> each = reads.iterator(); each.hasNext(); ) {
            Request read = each.next();
            if (read.command instanceof Command.GetLocal get
                    && replica.delivered() >= get.atLeast().counter()) {
                each.remove();
                answer(read, replica.copy().get(get.key(), replica.wallMs()), effects);
            }
        }
    }

    /** A lane of this peer has come to its end: what is not in it was not applied and is placed anew. */
    void laneEnded(Lane lane, Effects effects) {
        SortedMap<Long, Placed> ofLane = placed.get(lane.id());
        if (ofLane == null || !lane.isSealed()) {
            return;
        }
        List<Request> again = new ArrayList<>();
        SortedMap<Long, Placed> behind = ofLane.tailMap(lane.sealed() + 1);
        for (Placed entry : behind.values()) {
            for (Request request : entry.requests) {
                if (request != null && inHand.contains(request)) {
                    again.add(request);
                }
            }
        }
        behind.clear();
        if (ofLane.isEmpty()) {
            placed.remove(lane.id());
        }
        for (int i = again.size() - 1; i >= 0; i--) {
            writes.addFirst(again.get(i));
        }
    }

    /** The state has jumped: what was placed before the jump may have been delivered in it. */
    void jumped(Effects effects) {
        for (long id : new ArrayList<>(placed.keySet())) {
            Lane lane = order.lane(id);
            SortedMap<Long, Placed> ofLane = placed.getOrDefault(id, new TreeMap<>());
            SortedMap<Long, Placed> over = lane == null ? ofLane : ofLane.headMap(lane.delivered + 1);
            for (Placed entry : over.values()) {
                for (Request request : entry.requests) {
                    if (request != null && inHand.contains(request)) {
                        answer(request, afterJump(request), effects);
                    }
                }
            }
            over.clear();
            if (ofLane.isEmpty()) {
                placed.remove(id);
            }
        }
    }

    private Result afterJump(Request request) {
        Clients.Known known = request.id == null ? null : replica.clients().look(request.id);
        Result answer = known == null ? null : known.answer();
        return answer != null ? answer : unknown();
    }

    private Result.Failure unknown() {
        return failure(
                ErrorCode.OUTCOME_UNKNOWN,
                "Outcome unknown: the request may be applied yet, or not at all. Read the key to see what it holds");
    }

    /** Gives up what takes too long. */
    void tick(long nowNs, Effects effects) {
        List<Request> late = new ArrayList<>();
        for (Request request : inHand) {
            if (nowNs - request.sinceNs <= TotalOrderConfig.REQUEST_TIMEOUT_NS) {
                break;
            }
            late.add(request);
        }
        for (Request request : late) {
            boolean unplaced = writes.remove(request);
            boolean waits = reads.remove(request) || unplaced;
            boolean isPlaced = !waits && request.transaction != null;
            answer(
                    request,
                    isPlaced
                            ? unknown()
                            : failure(
                                    ErrorCode.UNAVAILABLE,
                                    "Not applied: a majority of the peers did not answer in time. Try again, or ask"
                                            + " another peer"),
                    effects);
        }
    }

    /** The peer is stopping: answers everything. */
    void refuseAll(Effects effects) {
        writes.clear();
        reads.clear();
        for (Request request : new ArrayList<>(inHand)) {
            answer(
                    request,
                    request.transaction != null
                            ? unknown()
                            : failure(ErrorCode.UNAVAILABLE, "Not done: this peer is stopping. Ask another one"),
                    effects);
        }
    }

    private void answer(Request request, Result result, Effects effects) {
        inHand.remove(request);
        effects.reply(request.client, result);
    }
}
