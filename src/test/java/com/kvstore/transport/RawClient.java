package com.kvstore.transport;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A plain socket that says whatever a test wants. */
final class RawClient implements AutoCloseable {
    final Socket socket = new Socket();
    private final BufferedReader lines;

    RawClient(int port) throws IOException {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2_000);
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    RawClient send(byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        out.flush();
        return this;
    }

    /** The next line; null at the end. */
    String line() throws IOException {
        return lines.readLine();
    }

    InputStream in() throws IOException {
        return socket.getInputStream();
    }

    /** Whether the other side has closed, without a reset; waits for it. */
    boolean atEnd() throws IOException {
        return lines.read() < 0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
