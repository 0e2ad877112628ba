package com.kvstore.client;

import com.kvstore.common.ClientMessage;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Every request that has no final answer yet, and what may be done with it: when it is sent, sent again, or given up.
 *
 * <p>A state machine without I/O: time is an argument, what it sends goes to an {@link Outlet}. Used from one thread.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>A call is in exactly one of {@code waiting}, {@code resend}, {@code backingOff} and {@code inFlight} until it is
 *       finished.
 *   <li>A write sent again because its connection broke keeps its {@link RequestId}; numbers rise on every connection.
 *   <li>A write answered "not applied", and sent no more than once, is done with as far as its number goes: another
 *       attempt is a new request under a new number, so that a late copy of the first one can be told apart and refused.
 *       Sent more often, it may have been applied by a node that was not heard: a refusal speaks for its own sending alone.
 *   <li>Every number below the lowest one in {@code openNumbers} is answered or given up, and never sent again.
 * </ul>
 *
 * <p>Failure: a write that may have reached a node ends with {@code OUTCOME_UNKNOWN} when time runs out, everything else
 * with {@code UNAVAILABLE}.
 */
final class Requests {
    /** Where requests go. */
    interface Outlet {
        /** Whether it has room for another request now. */
        boolean wantsMore();

        void send(ClientMessage.Request request);
    }

    static final int MAX_REDIRECTS = 3;
    private static final long FIRST_BACKOFF_NS = 10_000_000;
    private static final long LONGEST_BACKOFF_NS = 250_000_000;

    private static final Comparator<Call> BY_NUMBER = Comparator.comparingLong(Call::number);

    private final String client;
    private final int maxInFlight;

    /** To be sent for the first time, or as if for the first time. */
    private final ArrayDeque<Call> waiting = new ArrayDeque<>();
    /** Lost with a connection, in the order of their numbers. */
    private final ArrayList<Call> resend = new ArrayList<>();
    /** Answered "not applied, retry". */
    private final ArrayList<Call> backingOff = new ArrayList<>();
    /** Sent on the present connection, by tag, in the order they were sent. */
    private final Map<Long, Call> inFlight = new LinkedHashMap<>();

    private final TreeSet<Long> openNumbers = new TreeSet<>();
    private long lastNumber;
    private long lastTag;
    private long epoch;
    private boolean ready;
    private @Nullable ServerNode redirect;
    private int redirects;
    /** Whom messages name: the node connected to, or last tried. */
    private String peer;

    private String trouble = "not connected yet";
    private long nextDeadlineNs;
    private boolean deadlineKnown;

    /**
     * @param client this client's random name
     * @param peer whom to name while nothing was tried
     */
    Requests(String client, int maxInFlight, String peer) {
        this.client = client;
        this.maxInFlight = maxInFlight;
        this.peer = peer;
    }

    void submit(Call call) {
        waiting.addLast(call);
        noteDeadline(call);
    }

    /** @param nodeEpoch what the node answered to the ping */
    void connectionReady(String node, long nodeEpoch) {
        peer = node;
        epoch = Math.max(epoch, nodeEpoch);
        ready = true;
        redirect = null;
    }

    /** An attempt to connect failed. */
    void connectFailed(String node, String why) {
        peer = node;
        trouble = why;
    }

    /** What was in flight may or may not have arrived: it is sent again on the next connection, if that is safe. */
    void connectionLost(String why) {
        ready = false;
        redirect = null;
        trouble = why;
        for (Call call : inFlight.values()) {
            if (call.isOperation()) {
                finish(
                        call,
                        ErrorCode.OUTCOME_UNKNOWN,
                        "the connection to " + peer + " broke (" + why + ") before it answered. Look at status, then"
                                + " repeat the command if it has not taken effect.");
            } else {
                resend.add(call);
            }
        }
        inFlight.clear();
        resend.sort(BY_NUMBER);
    }

    /** Where to connect instead, once nothing is in flight here; null: stay. */
    @Nullable ServerNode redirectDue() {
        return inFlight.isEmpty() ? redirect : null;
    }

    /** A node answered a ping with another's address: counts as a hop. False: too many, go back to the beginning. */
    boolean mayFollow() {
        redirects++;
        if (redirects > MAX_REDIRECTS) {
            redirects = 0;
            return false;
        }
        return true;
    }

    /** Sends what may be sent, as long as there is room. */
    void sendWaiting(Outlet outlet, long nowNs) {
        wakeBackedOff(nowNs);
        int resent = 0;
        while (resent < resend.size() && maySend(outlet)) {
            send(resend.get(resent++), outlet, nowNs);
        }
        resend.subList(0, resent).clear();
        while (!waiting.isEmpty() && maySend(outlet)) {
            send(waiting.removeFirst(), outlet, nowNs);
        }
    }

    private boolean maySend(Outlet outlet) {
        return ready && redirect == null && inFlight.size() < maxInFlight && outlet.wantsMore();
    }

    private void send(Call call, Outlet outlet, long nowNs) {
        if (call.abandoned()) {
            discard(call);
            return;
        }
        if (call.isWrite() && call.id == null) {
            long number = ++lastNumber;
            long acknowledged = openNumbers.isEmpty() ? number - 1 : openNumbers.first() - 1;
            openNumbers.add(number);
            call.id = new RequestId(client, number, epoch, acknowledged);
        }
        call.openSends++;
        call.sentNs = nowNs;
        long tag = ++lastTag;
        inFlight.put(tag, call);
        outlet.send(new ClientMessage.Request(tag, call.command, call.id));
    }

    private void wakeBackedOff(long nowNs) {
        if (backingOff.isEmpty()) {
            return;
        }
        boolean keptNumber = false;
        for (Iterator<Call> calls = backingOff.iterator(); calls.hasNext(); ) {
            Call call = calls.next();
            if (nowNs - call.retryAtNs >= 0) {
                calls.remove();
                if (call.id == null) {
                    waiting.addFirst(call);
                } else {
                    resend.add(call);
                    keptNumber = true;
                }
            }
        }
        if (keptNumber) {
            resend.sort(BY_NUMBER);
        }
    }

    void answered(ClientMessage.Response response, long nowNs) {
        Call call = inFlight.remove(response.tag());
        if (call == null) {
            return; // given up at its deadline
        }
        if (call.abandoned()) {
            discard(call);
        } else if (response.result() instanceof Result.Failure failure) {
            failed(call, failure, nowNs);
        } else {
            redirects = 0;
            finish(call, response.result());
        }
    }

    private void failed(Call call, Result.Failure failure, long nowNs) {
        epoch = Math.max(epoch, failure.epoch());
        switch (failure.code()) {
            case WRONG_NODE -> wrongNode(call, failure, nowNs);
            case OUTCOME_UNKNOWN -> {
                RequestId id = call.id;
                if (id != null && call.openSends == 1 && failure.epoch() > id.epoch()) {
                    // The node executes no request of so old an epoch, and this one was never sent before: nothing ran.
                    forgetNumber(call);
                    waiting.addFirst(call);
                } else {
                    finish(call, failure);
                }
            }
            case UNAVAILABLE, NO_NODES, OVERLOADED -> retryLater(call, failure, nowNs);
            case LOST, NO_SPACE, UNAUTHORIZED -> refusedForGood(call, failure, nowNs);
            default -> finish(call, failure);
        }
    }

    private void wrongNode(Call call, Result.Failure failure, long nowNs) {
        if (failure.redirect() == null) {
            refusedForGood(call, failure, nowNs);
        } else if (redirect == null && !mayFollow()) {
            // Nodes that send each other's clients in circles do not know yet that the right one is gone.
            retryLater(call, failure, nowNs);
        } else {
            redirect = failure.redirect();
            call.openSends--;
            resend.add(call);
            resend.sort(BY_NUMBER);
        }
    }

    /** Said at the door, perhaps, by a node that did not look at earlier sendings of this request, or cannot know of them. */
    private void refused(Call call, Result.Failure refusal) {
        call.openSends--;
        if (call.openSends == 0) {
            forgetNumber(call);
        }
        call.refusal = refusal;
    }

    private void refusedForGood(Call call, Result.Failure refusal, long nowNs) {
        refused(call, refusal);
        giveUp(call, nowNs);
    }

    private void retryLater(Call call, Result.Failure refusal, long nowNs) {
        refused(call, refusal);
        call.backoffNs = Math.min(LONGEST_BACKOFF_NS, Math.max(FIRST_BACKOFF_NS, call.backoffNs * 2));
        call.retryAtNs = nowNs + call.backoffNs;
        if (call.retryUntilNs - call.retryAtNs < 0) {
            giveUp(call, nowNs);
        } else {
            backingOff.add(call);
        }
    }

    /**
     * Gives up what has waited too long.
     *
     * @param lastHeardNs when the present connection last brought anything
     * @return whether a request went without an answer on a connection that has been silent since it was sent
     */
    boolean expire(long nowNs, long lastHeardNs) {
        if (!deadlineKnown || nowNs - nextDeadlineNs < 0) {
            return false;
        }
        deadlineKnown = false;
        expire(waiting.iterator(), nowNs);
        expire(resend.iterator(), nowNs);
        expire(backingOff.iterator(), nowNs);
        boolean silent = false;
        for (Iterator<Call> calls = inFlight.values().iterator(); calls.hasNext(); ) {
            Call call = calls.next();
            if (nowNs - call.deadlineNs >= 0) {
                calls.remove();
                silent |= lastHeardNs - call.sentNs < 0;
                giveUp(call, nowNs);
            } else {
                noteDeadline(call);
            }
        }
        return silent;
    }

    private void expire(Iterator<Call> calls, long nowNs) {
        while (calls.hasNext()) {
            Call call = calls.next();
            if (nowNs - call.deadlineNs >= 0) {
                calls.remove();
                giveUp(call, nowNs);
            } else {
                noteDeadline(call);
            }
        }
    }

    private void giveUp(Call call, long nowNs) {
        String within = " within " + Quantities.duration(call.timeoutMs);
        if (call.openSends > 0 && (call.isWrite() || call.isOperation())) {
            String why = call.refusal != null && nowNs - call.deadlineNs < 0
                    ? peer + " answered '" + call.refusal.message() + "', an earlier attempt went unanswered;"
                    : "no answer from " + peer + within + ";";
            finish(
                    call,
                    ErrorCode.OUTCOME_UNKNOWN,
                    why + " it may or may not have been applied. Read the key before you repeat the command.");
        } else if (call.refusal != null) {
            finish(call, call.refusal);
        } else if (call.openSends > 0) {
            finish(call, ErrorCode.UNAVAILABLE, "No answer from " + peer + within + ". Try again.");
        } else if (ready) {
            finish(call, ErrorCode.UNAVAILABLE, peer + " took no more requests" + within + ": not sent. Try again.");
        } else {
            finish(
                    call,
                    ErrorCode.UNAVAILABLE,
                    "No connection to " + peer + within + " (" + trouble + "): not sent. Is it running?");
        }
    }

    /** Gives up everything: the client ends. */
    void close(String why) {
        List<Call> all = new ArrayList<>(inFlight.values());
        all.addAll(resend);
        all.addAll(backingOff);
        all.addAll(waiting);
        inFlight.clear();
        resend.clear();
        backingOff.clear();
        waiting.clear();
        for (Call call : all) {
            if (call.openSends > 0 && (call.isWrite() || call.isOperation())) {
                finish(call, ErrorCode.OUTCOME_UNKNOWN, "no answer from " + peer + " yet. " + why);
            } else {
                finish(call, ErrorCode.UNAVAILABLE, why);
            }
        }
    }

    /** When {@link #expire} or {@link #sendWaiting} next has something to do, in ns from now; negative: never. */
    long waitNs(long nowNs) {
        long wait = deadlineKnown ? Math.max(0, nextDeadlineNs - nowNs) : -1;
        for (Call call : backingOff) {
            long until = Math.max(0, call.retryAtNs - nowNs);
            wait = wait < 0 ? until : Math.min(wait, until);
        }
        return wait;
    }

    private void noteDeadline(Call call) {
        if (!deadlineKnown || call.deadlineNs - nextDeadlineNs < 0) {
            deadlineKnown = true;
            nextDeadlineNs = call.deadlineNs;
        }
    }

    private void finish(Call call, ErrorCode code, String message) {
        finish(call, Result.Failure.of(code, message));
    }

    private void finish(Call call, Result result) {
        forgetNumber(call);
        call.finish(result);
    }

    private void discard(Call call) {
        forgetNumber(call);
        call.finish(Result.Failure.of(ErrorCode.UNAVAILABLE, "cancelled"));
    }

    /** This number is never sent again. */
    private void forgetNumber(Call call) {
        if (call.id != null) {
            openNumbers.remove(call.id.number());
            call.id = null;
        }
        call.openSends = 0;
    }
}
