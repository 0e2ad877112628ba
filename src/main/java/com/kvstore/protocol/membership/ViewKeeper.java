package com.kvstore.protocol.membership;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Holds the view in force and makes the next one durable before it is used.
 *
 * <p>Changes proposed while an earlier view is on its way to the disk wait and are then applied together. A disk that
 * fails is tried again every second; until then the view in force stays.
 *
 * <p>Threading: one machine's.
 *
 * <p>Invariant: {@link #current()} is durable, except before {@link #started()}.
 */
public final class ViewKeeper {
    private static final TimerId RETRY = new TimerId("persist-retry", 0);
    private static final long RETRY_NS = 1_000_000_000L;

    /** Hears of each view as it comes into force. */
    public interface Listener {
        void viewChanged(View before, View after, long nowNs, Effects effects);
    }

    /** What follows a proposal, once the view with it (changed or not) is in force. */
    public interface Then {
        void inForce(View view, long nowNs, Effects effects);
    }

    private record Proposal(
            UnaryOperator<View> change, @Nullable Then then) {}

    private final Listener listener;
    private View current;
    private boolean started;
    private @Nullable View persisting;
    /** A view that could not be made durable may be on the disk all the same: another must take its place. */
    private boolean replaceOnDisk;

    private List<Proposal> inFlight = new ArrayList<>();
    private List<Proposal> waiting = new ArrayList<>();
    private long token;

    public ViewKeeper(View recovered, Listener listener) {
        this.current = recovered;
        this.listener = listener;
    }

    public View current() {
        return current;
    }

    /** Whether this life's first epoch is durable. */
    public boolean started() {
        return started;
    }

    /** Whether another view is on its way to the disk, and may be found there by the next life. */
    public boolean isChanging() {
        return persisting != null;
    }

    /** Takes an epoch of its own, so that whatever an earlier life left on the way is refused. */
    public void start(Then then) {
        propose(ViewChanges::newEpoch, then);
    }

    /**
     * Changes the view, soon.
     *
     * @param change pure; returns its argument where there is nothing to change
     */
    public void propose(UnaryOperator<View> change, @Nullable Then then) {
        waiting.add(new Proposal(change, then));
    }

    /** Sends what was proposed on its way, if nothing is already. */
    @SuppressWarnings("ReferenceEquality") // A change that has nothing to change returns its argument itself.
    public void turnEnded(long nowNs, Effects effects) {
        while (persisting == null && !waiting.isEmpty()) {
            inFlight = waiting;
            waiting = new ArrayList<>();
            View next = current;
            for (Proposal proposal : inFlight) {
                next = proposal.change.apply(next);
            }
            if (next == current && replaceOnDisk) {
                next = ViewChanges.newEpoch(current);
            }
            if (next == current) {
                settle(nowNs, effects);
            } else {
                persisting = next;
                effects.persist(++token, next);
            }
        }
    }

    public void onPersisted(long durableToken, long nowNs, Effects effects) {
        View next = persisting;
        if (next == null || durableToken != token) {
            return;
        }
        View before = current;
        current = next;
        persisting = null;
        replaceOnDisk = false;
        started = true;
        listener.viewChanged(before, current, nowNs, effects);
        settle(nowNs, effects);
    }

    public void onPersistFailed(long failedToken, String reason, long nowNs, Effects effects) {
        if (failedToken == token && persisting != null) {
            effects.note(
                    "ERROR",
                    "Cannot store the cluster's state: " + reason
                            + ". Trying again every second; changes of the membership wait");
            replaceOnDisk = true;
            effects.setTimer(RETRY, nowNs + RETRY_NS);
        }
    }

    /** @return whether the timer was this object's */
    public boolean onTimer(TimerId timer) {
        if (!timer.equals(RETRY)) {
            return false;
        }
        if (persisting != null) {
            // Decided anew when the turn ends: what was right when it was first tried may not be any more.
            inFlight.addAll(waiting);
            waiting = inFlight;
            inFlight = new ArrayList<>();
            persisting = null;
        }
        return true;
    }

    private void settle(long nowNs, Effects effects) {
        List<Proposal> done = inFlight;
        inFlight = new ArrayList<>();
        for (Proposal proposal : done) {
            if (proposal.then != null) {
                proposal.then.inForce(current, nowNs, effects);
            }
        }
    }
}
