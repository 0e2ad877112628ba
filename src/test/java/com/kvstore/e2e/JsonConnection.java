package com.kvstore.e2e;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.json.JSONObject;

/** A plain socket that speaks JSON lines: what any program in any language would do. Not thread-safe. */
final class JsonConnection implements Closeable {
    private final Socket socket;
    private final BufferedReader in;
    private final OutputStream out;

    JsonConnection(int port) throws IOException {
        this(InetAddress.getLoopbackAddress().getHostAddress(), port);
    }

    JsonConnection(String host, int port) throws IOException {
        socket = new Socket();
        socket.connect(new InetSocketAddress(host, port), 2_000);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        out = socket.getOutputStream();
    }

    void sendLine(String line) throws IOException {
        send((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** @throws EOFException when the server has closed the connection */
    String readLine() throws IOException {
        String line = in.readLine();
        if (line == null) {
            throw new EOFException("the server closed the connection");
        }
        return line;
    }

    JSONObject read() throws IOException {
        return new JSONObject(readLine());
    }

    JSONObject ask(JSONObject request) throws IOException {
        sendLine(request.toString());
        return read();
    }

    JSONObject ask(String request) throws IOException {
        sendLine(request);
        return read();
    }

    JSONObject put(String key, String value) throws IOException {
        return ask(new JSONObject().put("req_type", "put").put("key", key).put("value", value));
    }

    JSONObject get(String key) throws IOException {
        return ask(new JSONObject().put("req_type", "get").put("key", key));
    }

    JSONObject delete(String key) throws IOException {
        return ask(new JSONObject().put("req_type", "delete").put("key", key));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
