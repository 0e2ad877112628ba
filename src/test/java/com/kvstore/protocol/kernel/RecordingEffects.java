package com.kvstore.protocol.kernel;

import com.kvstore.common.Bytes;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Effects that only write down what they were asked for: a test reads it, and plays the world's answer itself.
 *
 * <p>Lists are in the order of the calls; a test may clear them, or take what is new with {@link #takeSent}.
 */
public final class RecordingEffects implements Effects {
    /** A message given to {@link #send}. */
    public record Sent(long link, Message message) {}

    /** A message given to {@link #datagram}. */
    public record Datagram(ServerNode to, Message message) {}

    /** A state given to {@link #persist}. */
    public record PersistCall(long token, Persistent state) {}

    /** An answer given to {@link #reply}. */
    public record Reply(long client, Result result) {}

    public final List<Sent> sent = new ArrayList<>();
    public final List<Datagram> datagrams = new ArrayList<>();
    public final List<ServerNode> connects = new ArrayList<>();
    public final List<Long> closed = new ArrayList<>();
    public final List<PersistCall> persists = new ArrayList<>();
    public final List<Long> syncs = new ArrayList<>();
    /** Timers that are set, and for when. */
    public final Map<TimerId, Long> timers = new LinkedHashMap<>();

    public final List<Reply> replies = new ArrayList<>();
    /** As a console shows them: {@code [TAG] text}. */
    public final List<String> notes = new ArrayList<>();
    /** Likewise, of {@link #requestNote}. */
    public final List<String> requestNotes = new ArrayList<>();

    public OptionalInt exitStatus = OptionalInt.empty();

    /** What was sent since the last call. */
    public List<Sent> takeSent() {
        List<Sent> taken = List.copyOf(sent);
        sent.clear();
        return taken;
    }

    /** The messages of one kind among {@link #sent}, on any link. */
    public <M extends Message> List<M> sentOf(Class<M> kind) {
        List<M> found = new ArrayList<>();
        for (Sent one : sent) {
            if (kind.isInstance(one.message())) {
                found.add(kind.cast(one.message()));
            }
        }
        return found;
    }

    @Override
    public void send(long link, Message message) {
        sent.add(new Sent(link, message));
    }

    @Override
    public void datagram(ServerNode to, Message message) {
        datagrams.add(new Datagram(to, message));
    }

    @Override
    public void connect(ServerNode peer) {
        connects.add(peer);
    }

    @Override
    public void close(long link) {
        closed.add(link);
    }

    @Override
    public void persist(long token, Persistent state) {
        persists.add(new PersistCall(token, state));
    }

    @Override
    public void sync(long token) {
        syncs.add(token);
    }

    @Override
    public void setTimer(TimerId timer, long atNs) {
        timers.put(timer, atNs);
    }

    @Override
    public void cancelTimer(TimerId timer) {
        timers.remove(timer);
    }

    @Override
    public void reply(long client, Result result) {
        replies.add(new Reply(client, result));
    }

    @Override
    public void note(String tag, String text) {
        notes.add("[" + tag + "] " + text);
    }

    @Override
    public void requestNote(String tag, Bytes key) {
        requestNotes.add("[" + tag + "] " + key.text());
    }

    @Override
    public void stop(int status) {
        exitStatus = OptionalInt.of(status);
    }
}
