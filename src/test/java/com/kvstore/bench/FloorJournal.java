package com.kvstore.bench;

import com.sun.nio.file.ExtendedOpenOption;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * What the sockets and the disk alone cost: sends every byte back once it is on the disk. What has come while a sync was under
 * way shares the next one; a thread of its own syncs, in whole pages of a file that was filled with zeros before.
 *
 * <p>Threading: for one connection, on its loop; only {@code write} runs on the other thread, one at a time.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the channel, and the load notices.
final class FloorJournal extends ChannelInboundHandlerAdapter {
    private static final int PAGE_BYTES = 4096;
    private static final int MOST_BYTES = 1 << 20;
    private static final int FILE_BYTES = 64 << 20;

    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final ByteBuffer pages =
            ByteBuffer.allocateDirect(MOST_BYTES + PAGE_BYTES).alignedSlice(PAGE_BYTES);
    private final FileChannel file;
    private long at;
    private ByteBuf gathered = Unpooled.buffer();
    private boolean syncing;

    FloorJournal(Path path) throws IOException {
        try (FileChannel made = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (long i = made.size(); i < FILE_BYTES; i += MOST_BYTES) {
                made.write(ByteBuffer.allocate(MOST_BYTES));
            }
            made.force(true);
        }
        file = FileChannel.open(path, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
        gathered.writeBytes((ByteBuf) bytes);
        ((ByteBuf) bytes).release();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        sync(context.channel(), null);
    }

    /** @param synced goes back; null: nothing has been synced */
    private void sync(Channel channel, @Nullable ByteBuf synced) {
        if (synced != null) {
            syncing = false;
            channel.writeAndFlush(synced, channel.voidPromise());
        }
        if (!syncing && gathered.isReadable()) {
            syncing = true;
            ByteBuf batch = gathered;
            gathered = Unpooled.buffer();
            thread.execute(() -> {
                write(batch);
                channel.eventLoop().execute(() -> sync(channel, batch));
            });
        }
    }

    private void write(ByteBuf batch) {
        int bytes = batch.readableBytes();
        int paged = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        batch.getBytes(batch.readerIndex(), pages.clear().limit(bytes));
        at = at + paged > FILE_BYTES ? 0 : at;
        try {
            file.write(pages.clear().limit(paged), at);
            file.force(false);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        at += paged;
    }
}
