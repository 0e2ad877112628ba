package com.kvstore.transport;

import io.netty.channel.Channel;

/**
 * Back-pressure on one connection: when more may be read from it.
 *
 * <p>A client may have 1,024 requests or 32 MiB of them unanswered ({@link RequestsInHand}); then nothing more is read from it
 * until answers have gone out, nor while it does not read its own. Between nodes only the side that was called waits for
 * its answers to leave: never both for each other.
 *
 * <p>Threading: the event loop only.
 *
 * <p>Invariant: a connection that is not read from is looked at again once answers have gone out, so none is forgotten.
 */
final class Backpressure {
    private final Channel channel;
    private final RequestsInHand requests;
    private final OutputBuffer output;
    private final boolean outgoing;
    private final Runnable resume;
    /** The language has a request that must wait for an earlier one. */
    private boolean stalled;

    private boolean resumeQueued;

    /**
     * @param outgoing this side opened the connection
     * @param resume goes on with input that was left, and with reading
     */
    Backpressure(Channel channel, RequestsInHand requests, OutputBuffer output, boolean outgoing, Runnable resume) {
        this.channel = channel;
        this.requests = requests;
        this.output = output;
        this.outgoing = outgoing;
        this.resume = resume;
    }

    /**
     * Whether another message may be taken now.
     *
     * @param node a node speaks at the other end
     */
    boolean letsMoreIn(boolean node) {
        return node ? outgoing || !output.isPiledUp() : !stalled && requests.haveRoom() && channel.isWritable();
    }

    /** Reads from the socket, or leaves what arrives to the kernel, which makes the other side wait. */
    void read(boolean on) {
        if (channel.config().isAutoRead() != on) {
            channel.config().setAutoRead(on);
        }
    }

    /** Nothing more is taken until that is taken back. */
    void stall(boolean waiting) {
        stalled = waiting;
        if (!waiting) {
            resumeSoon();
        }
    }

    /** Something has been answered or written: goes on reading if that had stopped, and few requests are left. */
    void resumeIfFew() {
        if (!channel.config().isAutoRead() && requests.areFew()) {
            resumeSoon();
        }
    }

    /** Not at once: the caller may be in the midst of the input. */
    private void resumeSoon() {
        if (!resumeQueued) {
            resumeQueued = true;
            channel.eventLoop().execute(this::resumeNow);
        }
    }

    private void resumeNow() {
        resumeQueued = false;
        resume.run();
    }
}
