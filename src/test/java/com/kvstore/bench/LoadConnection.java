package com.kvstore.bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One connection of a {@link Load}. */
final class LoadConnection {
    private static final int BUFFER_BYTES = 256 * 1024;

    private final SocketChannel channel;
    private final Requests requests;
    private final Load.Form form;
    private final int inFlight;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final long[] sentNs;
    /** Lengths of the requests in flight, for servers that send them back. */
    private final ArrayDeque<Integer> lengths = new ArrayDeque<>();

    private long sent;
    private long answered;
    /** Answered, but not the WAIT that follows: as good as not. */
    private int unconfirmed;

    private boolean waitSent;
    private long errors;

    LoadConnection(SocketChannel channel, Requests requests, Load.Form form, int inFlight) {
        this.channel = channel;
        this.requests = requests;
        this.form = form;
        this.inFlight = inFlight;
        this.sentNs = new long[inFlight];
    }

    /** Sends the first requests. */
    void start() throws IOException {
        send(System.nanoTime());
    }

    long errors() {
        return errors;
    }

    boolean wantsToWrite() {
        return out.position() > 0;
    }

    void close() throws IOException {
        channel.close();
    }

    /**
     * Takes what has come and sends what may follow.
     *
     * @param latencyNs where to count; null: nowhere
     * @return how many requests were answered
     */
    int onReadable(@Nullable Histogram latencyNs) throws IOException {
        if (channel.read(in) < 0) {
            throw new EOFException("the server closed the connection after " + answered + " answers");
        }
        in.flip();
        long nowNs = System.nanoTime();
        int count = 0;
        while (in.hasRemaining() && takeAnswer()) {
            unconfirmed++;
            if (!waitSent) {
                count += confirm(unconfirmed, nowNs, latencyNs);
            } else if (unconfirmed > sent - answered) {
                waitSent = false;
                count += confirm(unconfirmed - 1, nowNs, latencyNs);
            }
        }
        in.compact();
        send(nowNs);
        return count;
    }

    private int confirm(int requests, long nowNs, @Nullable Histogram latencyNs) {
        for (int i = 0; i < requests; i++) {
            if (latencyNs != null) {
                latencyNs.recordValue(nowNs - sentNs[(int) (answered % inFlight)]);
            }
            answered++;
        }
        unconfirmed = 0;
        return requests;
    }

    /** Fills the places that are free. With WAIT, a batch is sent whole once the one before is answered whole. */
    private void send(long nowNs) throws IOException {
        if (!form.waits() || answered == sent) {
            while (sent - answered < inFlight) {
                byte[] request = requests.next();
                out.put(request);
                sentNs[(int) (sent % inFlight)] = nowNs;
                if (form.echoed()) {
                    lengths.add(request.length);
                }
                sent++;
            }
            if (form.waits()) {
                out.put(Requests.waitForOneReplica());
                waitSent = true;
            }
        }
        out.flip();
        channel.write(out);
        out.compact();
    }

    /** Skips one whole answer; false, and nothing is skipped, if it is not all there. */
    private boolean takeAnswer() {
        if (form.echoed()) {
            int length = lengths.element();
            if (in.remaining() < length) {
                return false;
            }
            in.position(in.position() + length);
            lengths.poll();
            return true;
        }
        int start = in.position();
        int end = lineEnd(start);
        if (end < 0) {
            return false;
        }
        byte kind = in.get(start);
        if (kind == '-') {
            errors++;
        }
        if (kind == '$') {
            int length = number(start + 1, end);
            end += length < 0 ? 0 : length + 2;
            if (end > in.limit()) {
                return false;
            }
        }
        in.position(end);
        return true;
    }

    /** Behind the line's end; -1 if it is not there. */
    private int lineEnd(int from) {
        for (int i = from; i + 1 < in.limit(); i++) {
            if (in.get(i) == '\r' && in.get(i + 1) == '\n') {
                return i + 2;
            }
        }
        return -1;
    }

    private int number(int from, int lineEnd) {
        if (in.get(from) == '-') {
            return -1;
        }
        int value = 0;
        for (int i = from; i < lineEnd - 2; i++) {
            value = value * 10 + (in.get(i) - '0');
        }
        return value;
    }

    /** Writes every key once, a few hundred in flight. */
    static void fill(SocketChannel channel, Requests requests) throws IOException {
        LoadConnection connection = new LoadConnection(channel, requests, Load.Form.PLAIN, 1);
        for (int next = 0; next < requests.keys(); ) {
            int last = Math.min(requests.keys(), next + 500);
            int batch = last - next;
            for (; next < last; next++) {
                connection.out.put(requests.setOf(next));
            }
            connection.out.flip();
            while (connection.out.hasRemaining()) {
                channel.write(connection.out);
            }
            connection.out.clear();
            while (batch > 0) {
                if (channel.read(connection.in) < 0) {
                    throw new EOFException("the server closed the connection while it was filled");
                }
                connection.in.flip();
                while (connection.in.hasRemaining() && connection.takeAnswer()) {
                    batch--;
                }
                connection.in.compact();
            }
        }
        if (connection.errors > 0) {
            throw new IOException(connection.errors + " keys could not be written");
        }
    }
}
