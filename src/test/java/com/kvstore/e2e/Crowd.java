package com.kvstore.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Many connections that speak the Redis protocol from one thread: each repeats commands whose replies are lines, with so
 * many of them unanswered at a time.
 */
final class Crowd implements AutoCloseable {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Selector selector = Selector.open();
    private final List<Member> members = new ArrayList<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
    /** One after the other, all of one length. */
    private final byte[] commands;

    private final int length;
    private final int inFlight;
    private long ok;
    private long refused;
    private String unexpected = "";

    private Crowd(List<String> commands, int inFlight) throws IOException {
        this.commands = (String.join("\r\n", commands) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        this.length = this.commands.length / commands.size();
        this.inFlight = inFlight;
    }

    /**
     * Opens {@code count} connections; nothing is sent yet.
     *
     * @param commands what each repeats, all of one length
     */
    static Crowd of(int port, int count, List<String> commands, int inFlight) throws IOException {
        Crowd crowd = new Crowd(commands, inFlight);
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.configureBlocking(false);
            Member member = crowd.new Member(channel);
            channel.register(crowd.selector, SelectionKey.OP_READ, member);
            crowd.members.add(member);
        }
        return crowd;
    }

    private final class Member {
        final SocketChannel channel;
        /** Of the command that is being written. */
        int written;

        long sent;
        long answered;
        boolean lineBegins = true;
        /** Of an error, as far as it has come. */
        StringBuilder error;

        Member(SocketChannel channel) {
            this.channel = channel;
        }

        /** @return whether all that may be sent has been */
        boolean send(long most) throws IOException {
            long now = Math.min(most, answered + inFlight) - sent;
            if (now <= 0) {
                return true;
            }
            int from = (int) (sent % (commands.length / length)) * length;
            ByteBuffer out = ByteBuffer.wrap(commands, from, (int) Math.min(now * length, commands.length - from));
            out.position(from + written);
            channel.write(out);
            int whole = (out.position() - from) / length;
            sent += whole;
            written = out.position() - from - whole * length;
            return !out.hasRemaining() && whole == now;
        }

        void receive() throws IOException {
            in.clear();
            if (channel.read(in) < 0) {
                throw new IOException("closed after " + answered + " of " + sent + " answers");
            }
            for (int i = 0; i < in.position(); i++) {
                byte next = in.get(i);
                if (lineBegins) {
                    error = next == '-' ? new StringBuilder() : null;
                    lineBegins = false;
                }
                if (next == '\n') {
                    lineBegins = true;
                    answered++;
                    count(error);
                } else if (error != null) {
                    error.append((char) next);
                }
            }
        }
    }

    private void count(StringBuilder error) {
        if (error == null) {
            ok++;
        } else if (error.toString().startsWith("-OVERLOADED ")) {
            refused++;
        } else {
            unexpected = error.toString();
        }
    }

    /** Until each connection has had {@code answers} more answers. @return whether that was within the time */
    boolean ask(int answers, Duration within) throws IOException {
        long[] most =
                members.stream().mapToLong(member -> member.answered + answers).toArray();
        long endNs = System.nanoTime() + within.toNanos();
        while (System.nanoTime() < endNs) {
            boolean done = true;
            for (int i = 0; i < most.length; i++) {
                members.get(i).send(most[i]);
                done &= members.get(i).answered >= most[i];
            }
            if (done) {
                return true;
            }
            turn();
        }
        return false;
    }

    /** Asks without end for so long. @return commands that were carried out, a second */
    double flood(Duration time) throws IOException {
        long before = ok;
        long startNs = System.nanoTime();
        long nowNs = startNs;
        while (nowNs - startNs < time.toNanos()) {
            for (Member member : members) {
                member.send(Long.MAX_VALUE);
            }
            turn();
            nowNs = System.nanoTime();
        }
        return (ok - before) * 1e9 / (nowNs - startNs);
    }

    /** Takes what is still to come. */
    boolean settle(Duration within) throws IOException {
        long endNs = System.nanoTime() + within.toNanos();
        while (System.nanoTime() < endNs) {
            if (members.stream().allMatch(member -> member.answered == member.sent && member.written == 0)) {
                return true;
            }
            for (Member member : members) {
                // A command that was begun is ended.
                member.send(member.written > 0 ? member.sent + 1 : 0);
            }
            turn();
        }
        return false;
    }

    private void turn() throws IOException {
        selector.select(5);
        for (SelectionKey key : selector.selectedKeys()) {
            ((Member) key.attachment()).receive();
        }
        selector.selectedKeys().clear();
    }

    long ok() {
        return ok;
    }

    long refused() {
        return refused;
    }

    /** An error that is no refusal; empty if there was none. */
    String unexpected() {
        return unexpected;
    }

    @Override
    public void close() throws IOException {
        for (Member member : members) {
            member.channel.close();
        }
        selector.close();
    }
}
