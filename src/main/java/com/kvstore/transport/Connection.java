package com.kvstore.transport;

import com.kvstore.common.Bytes;
import com.kvstore.common.ClientMessage;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection, opened by either side: gathers what arrives until a message is whole, and what is sent until the
 * turn ends.
 *
 * <p>Threading: the event loop only.
 *
 * <p>Bounds: of input it holds what has arrived, never what a length announces, and no more is read than {@link Backpressure}
 * allows. Values that would wait behind 64 MiB of unread answers are replaced by {@code OVERLOADED}. A node that lets 128 MiB
 * pile up is cut off.
 *
 * <p>How it ends: see {@link Closing}.
 */
public final class Connection extends ChannelInboundHandlerAdapter {
    private final NettyNetwork network;
    private final long id;
    private final @Nullable ServerNode peer;
    private final Channel channel;
    private final MemoryBudget inputBudget;
    private final InputBuffer input;
    private final OutputBuffer output;
    private @Nullable Language language;

    private final RequestsInHand requests;
    private final Admission admission;
    private final Backpressure backpressure;
    private final Closing closing;
    /** The machine knows this link and must be told when it closes. */
    private boolean node;

    private boolean dirty;

    /** @param peer null: the other side opened it */
    Connection(NettyNetwork network, long id, Channel channel, @Nullable ServerNode peer) {
        this.network = network;
        this.id = id;
        this.channel = channel;
        this.peer = peer;
        this.inputBudget = peer == null ? network.inputBudget() : MemoryBudget.unlimited();
        this.input = new InputBuffer(network.allocator(), inputBudget);
        this.output = new OutputBuffer(
                channel, network.allocator(), peer == null ? network.answerBudget() : MemoryBudget.unlimited());
        this.requests = new RequestsInHand(inputBudget);
        this.admission = new Admission(network.options(), inputBudget, peer != null);
        this.backpressure = new Backpressure(channel, requests, output, peer != null, this::resume);
        this.closing = new Closing(channel);
    }

    /** Names it for the life of the process. */
    public long id() {
        return id;
    }

    public Channel channel() {
        return channel;
    }

    /** Whether this side opened it; then {@link #peer} is known. */
    public boolean outgoing() {
        return peer != null;
    }

    /** Whom this side connected to; null if the other side opened the connection. */
    public @Nullable ServerNode peer() {
        return peer;
    }

    public NetworkOptions options() {
        return network.options();
    }

    boolean hasLanguage() {
        return language != null;
    }

    /** Whether a node speaks at the other end, as far as is known. */
    public boolean isNode() {
        return node;
    }

    /** The link is open and the machine is about to learn of it. */
    void opened(Language spoken) {
        language = spoken;
        node = true;
    }

    // ---- what arrives -------------------------------------------------------------------------------------------

    /** Whether another message may be taken now. */
    public boolean mayRead() {
        return closing.takesInput() && backpressure.letsMoreIn(node);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf arrived = (ByteBuf) message;
        if (!closing.takesInput()) {
            arrived.release();
            return;
        }
        input.append(arrived);
        if (input.isLarge() && inputBudget.isFull()) {
            refuse(
                    ErrorCode.OVERLOADED,
                    "Not applied: the server has too many unfinished requests in hand. Retry a little later.");
        }
        consume();
        updateReading();
    }

    private void consume() {
        ByteBuf in = input.bytes();
        if (in == null) {
            return;
        }
        try {
            if (mayRead()) {
                language(in).read(in);
            }
            if (closing.hasInputEnded() && mayRead()) {
                language(in).inputEnded(in);
                in.skipBytes(in.readableBytes());
            }
        } catch (BadInputException bad) {
            refuse(bad.code(), bad.explanation());
        }
        if (closing.takesInput()) {
            input.trim();
        } else {
            input.release();
        }
    }

    private Language language(ByteBuf in) throws BadInputException {
        if (language == null) {
            language = network.languageOf(in.getUnsignedByte(in.readerIndex()), this);
        }
        return language;
    }

    private void updateReading() {
        if (!closing.isClosed()) {
            backpressure.read(closing.isRefused() || mayRead());
        }
    }

    /** For a {@link Language}: a message from a node. */
    public void received(Message message) {
        if (!admission.isOpen()) {
            refuse(Admission.CLOSED.code(), Admission.CLOSED.message());
            return;
        }
        if (peer != null && message instanceof ClientMessage.Response response) {
            network.authenticated(peer, response.result());
            return;
        }
        node = true;
        network.received(id, message);
    }

    /**
     * For a {@link Language}: a client asks. Answered at once if it breaks a limit or has not told the password, else by
     * the machine.
     */
    public void requested(Command command, @Nullable RequestId requestId, ClientRequest request) {
        if (command instanceof Command.Authenticate given) {
            answerHere(request, authenticate(given.password()) ? Result.Ack.WHOLE : Admission.WRONG_PASSWORD);
            return;
        }
        Result.Failure refusal = admission.refusal(command);
        if (refusal != null) {
            rejected(request, refusal);
        } else {
            requests.add(request);
            network.requested(request, command, requestId);
        }
    }

    /** For a {@link Language}: a request that is answered without being executed. */
    public void rejected(ClientRequest request, Result.Failure refusal) {
        answerHere(request, refusal);
    }

    private void answerHere(ClientRequest request, Result result) {
        request.answer(result);
        flushSoon();
    }

    /** For a {@link Language}: it has written an answer of its own. */
    public void flushSoon() {
        markDirty();
        network.flushSoon();
    }

    /** Whether whoever is at the other end may do anything but tell the password. */
    public boolean isAuthenticated() {
        return admission.isOpen();
    }

    /** For a {@link Language} with a word of its own for passwords. @return whether it is right */
    public boolean authenticate(Bytes password) {
        admission.enter(password);
        if (!admission.isOpen()) {
            network.wrongPassword(channel.remoteAddress());
        }
        return admission.isOpen();
    }

    /** The request is done with, whether or not its client is still there. */
    void answer(ClientRequest request, Result result) {
        requests.remove(request);
        if (closing.isClosed()) {
            return;
        }
        request.answer(output.mayHold(result) ? result : OutputBuffer.FULL);
        markDirty();
        if (requests.wasOnlyOne()) {
            network.answered(this);
        }
        backpressure.resumeIfFew();
    }

    /** For a {@link Language}: nothing more is read until that is taken back. */
    public void stall(boolean waiting) {
        backpressure.stall(waiting);
    }

    private void resume() {
        if (!closing.isClosed()) {
            consume();
            updateReading();
            finishIfAnswered();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel.isWritable()) {
            backpressure.resumeIfFew();
        } else {
            updateReading();
        }
    }

    // ---- what is sent -------------------------------------------------------------------------------------------

    /** Sends a message to the node at the other end; cuts the link if it does not read. */
    void send(Message message) {
        Language spoken = language;
        if (closing.isClosed() || spoken == null) {
            return;
        }
        if (output.unsentBytes() > OutputBuffer.MAX_NODE_UNSENT_BYTES) {
            closeNow();
            return;
        }
        spoken.send(message);
        markDirty();
    }

    /** For a {@link Language}: bytes to send, copied before this returns. */
    public void write(byte[] bytes, int offset, int length) {
        output.write(bytes, offset, length);
    }

    /** For a {@link Language}: whether it may hold back so much more. */
    public boolean mayHold(long bytes) {
        return output.mayHold(bytes);
    }

    /** For a {@link Language}: bytes of answers that it holds back, or (negative) no longer does. */
    public void countHeld(long bytes) {
        output.count(bytes);
    }

    private void markDirty() {
        if (!dirty) {
            dirty = true;
            network.dirty(this);
        }
    }

    /** Writes out what was sent in this turn, if that has not happened yet. */
    void flushIfDirty() {
        if (dirty) {
            flush();
        }
    }

    private void flush() {
        dirty = false;
        if (!closing.isClosed()) {
            output.push();
            channel.flush();
            finishIfAnswered();
        }
    }

    long unsentBytes() {
        return output.unsentBytes();
    }

    // ---- how it ends --------------------------------------------------------------------------------------------

    /** Tells the other side what is wrong with what it sent, once earlier requests are answered, and closes. */
    void refuse(ErrorCode code, String message) {
        if (!closing.refuse()) {
            return;
        }
        if (language != null) {
            language.refuse(code, message);
        } else {
            byte[] line = JsonLanguage.errorLine(code, message);
            write(line, 0, line.length);
        }
        flushSoon();
    }

    /** When nothing more will be answered: says so to the other side, then closes. */
    private void finishIfAnswered() {
        if (closing.isDue() && requests.isEmpty() && input.isEmpty()) {
            closing.finish(output);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event != ChannelInputShutdownEvent.INSTANCE) {
            return;
        }
        if (node || closing.isRefused() || language == null) {
            closing.closeOnceWritten();
            return;
        }
        closing.inputEnded();
        consume();
        finishIfAnswered();
    }

    /** Closes after one attempt to write out what was sent. */
    public void close() {
        if (!closing.isClosed()) {
            flush();
            closeNow();
        }
    }

    void closeNow() {
        closing.closeNow();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (!closing.closed()) {
            return;
        }
        input.release();
        output.close();
        network.closed(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A reset, mostly. Whatever it is, it is this connection's alone.
        network.debug(this, cause);
        closeNow();
    }
}
