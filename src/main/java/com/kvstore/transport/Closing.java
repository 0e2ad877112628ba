package com.kvstore.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.socket.DuplexChannel;
import java.util.concurrent.TimeUnit;

/**
 * How one connection ends: the other side sends no more, or is refused, or the channel is closed.
 *
 * <p>A client that sent something wrong is told, then its input is thrown away for a moment, because closing with unread
 * input would make the kernel reset the connection and the explanation would be lost.
 *
 * <p>Threading: the event loop only.
 *
 * <p>Invariants: nothing is taken back, what has ended or was refused stays so; {@link #finish} comes once at most, and the
 * channel is closed a second after it, whatever the other side does.
 */
final class Closing {
    private static final long LINGER_MS = 1_000;

    private final Channel channel;
    /** The other side sends no more, but may still read. */
    private boolean inputEnded;
    /** Refused: what still comes is thrown away. */
    private boolean refused;

    private boolean finishing;
    private boolean closed;

    Closing(Channel channel) {
        this.channel = channel;
    }

    /** Whether what arrives is of use to anybody. */
    boolean takesInput() {
        return !refused && !closed;
    }

    boolean isRefused() {
        return refused;
    }

    boolean hasInputEnded() {
        return inputEnded;
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * Takes no more input.
     *
     * @return whether the other side is to be told why; not if it was told before, or is gone
     */
    boolean refuse() {
        if (refused || closed) {
            return false;
        }
        refused = true;
        return true;
    }

    /** The other side sends no more. */
    void inputEnded() {
        inputEnded = true;
    }

    /** Whether to {@link #finish} once every request is answered. */
    boolean isDue() {
        return (refused || inputEnded) && !finishing;
    }

    /** Nothing more will be answered: sends what there is, says to the other side that this was all, then closes. */
    @SuppressWarnings("FutureReturnValueIgnored") // the channel is going away either way
    void finish(OutputBuffer output) {
        finishing = true;
        output.push();
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
            if (refused && written.isSuccess() && channel instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
            } else {
                channel.close();
            }
        });
        channel.eventLoop().schedule(this::closeNow, LINGER_MS, TimeUnit.MILLISECONDS);
    }

    /** Closes when what the channel has been handed is written, without waiting for answers. */
    @SuppressWarnings("FutureReturnValueIgnored") // a listener closes the channel
    void closeOnceWritten() {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // channelInactive follows
    void closeNow() {
        channel.close();
    }

    /**
     * The channel is closed.
     *
     * @return whether that is news
     */
    boolean closed() {
        boolean news = !closed;
        closed = true;
        return news;
    }
}
