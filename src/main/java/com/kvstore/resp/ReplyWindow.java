package com.kvstore.resp;

import com.kvstore.common.Command;
import com.kvstore.common.Result;
import com.kvstore.transport.Connection;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The commands of one connection that have no reply yet, in their order.
 *
 * <p>They run at the same time, and still read as if one had followed the other: writes to one key are carried out in the
 * order they come in; a read that follows an unfinished write of its key waits for it, and with it everything behind it.
 * Replies that are ready early wait for those before them.
 *
 * <p>Threading: the event loop only.
 */
final class ReplyWindow {
    private final Connection connection;
    private final ClientState state;
    private final ReplyWriter writer;
    private final ArrayDeque<Slot> slots = new ArrayDeque<>();
    private int unfinishedWrites;
    /** A read that waits for a write; nothing more is read from the connection meanwhile. */
    private @Nullable Slot waiting;

    private Runnable start = () -> {};
    private boolean ending;

    ReplyWindow(Connection connection, ClientState state, ReplyWriter writer) {
        this.connection = connection;
        this.state = state;
        this.writer = writer;
    }

    ReplyWriter writer() {
        return writer;
    }

    void written(Result.Ack ack) {
        state.lastWrite(ack);
    }

    void add(Slot slot) {
        slots.add(slot);
        settle(slot);
    }

    /** Once more after a command that changes how its own reply is written. */
    void settle(Slot slot) {
        slot.settle(state.takesReplies(), state.version());
    }

    /** Takes no more commands, and closes the connection when those before have their replies. */
    void end() {
        ending = true;
        connection.stall(true);
        endIfEmpty();
    }

    private void endIfEmpty() {
        if (ending && slots.isEmpty()) {
            connection.close();
        }
    }

    /** A write, which waits for nothing here. */
    void start(Slot slot, Command command, Slot.Answering answering) {
        unfinishedWrites++;
        slot.request(command, answering);
    }

    /** A read, which waits for earlier writes to its keys. */
    void whenFree(Slot slot, Command command, Slot.Answering answering) {
        if (unfinishedWrites == 0) {
            begin(slot);
            slot.request(command, answering);
        } else {
            whenFree(slot, () -> slot.request(command, answering));
        }
    }

    void whenFree(Slot slot, Runnable begins) {
        if (unfinishedWrites > 0 && isBlocked(slot)) {
            waiting = slot;
            start = begins;
            connection.stall(true);
        } else {
            begin(slot);
            begins.run();
        }
    }

    private void begin(Slot slot) {
        if (slot.isWriting()) {
            unfinishedWrites++;
        }
    }

    private boolean isBlocked(Slot slot) {
        for (Slot earlier : slots) {
            if (earlier == slot) {
                return false;
            }
            if (earlier.isWriting() && !earlier.isDone() && earlier.touches(slot)) {
                return true;
            }
        }
        return false;
    }

    /** The writer holds a slot's reply. */
    void completed(Slot slot) {
        if (slot.isWriting() && unfinishedWrites > 0) {
            unfinishedWrites--;
        }
        int length = slot.isWanted() ? writer.length() : 0;
        if (slots.peek() == slot) {
            slots.poll();
            slot.done(null);
            connection.write(writer.array(), 0, length);
            writer.clear();
            for (Slot next = slots.peek(); next != null && next.isDone(); next = slots.peek()) {
                slots.poll();
                release(next);
            }
        } else {
            slot.done(Arrays.copyOf(writer.array(), length));
            connection.countHeld(length);
            writer.clear();
        }
        goOn();
        endIfEmpty();
    }

    private void release(Slot slot) {
        byte[] held = slot.held();
        if (held != null) {
            connection.countHeld(-held.length);
            connection.write(held, 0, held.length);
        }
    }

    private void goOn() {
        Slot next = waiting;
        if (next != null && !isBlocked(next)) {
            waiting = null;
            connection.stall(ending);
            begin(next);
            start.run();
        }
    }
}
