package com.kvstore.client;

import com.kvstore.common.Bytes;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Where answers go: UTF-8 whatever the locale, because the answers' own signs need it.
 *
 * <p>Threading: safe; one call's bytes stay together. Failure: an {@link UncheckedIOException} when nobody reads any more.
 */
final class Output {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final OutputStream out;

    Output(OutputStream out) {
        this.out = new BufferedOutputStream(out, BUFFER_BYTES);
    }

    synchronized void line(String text) {
        write(text.getBytes(StandardCharsets.UTF_8));
        write(new byte[] {'\n'});
    }

    synchronized void line(Bytes text) {
        write(text.array());
        write(new byte[] {'\n'});
    }

    /** Text without a line end, such as one that overwrites itself. */
    synchronized void text(String text) {
        write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes as they are. */
    synchronized void bytes(Bytes bytes) {
        write(bytes.array());
    }

    synchronized void flush() {
        try {
            out.flush();
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private void write(byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }
}
