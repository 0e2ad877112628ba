package com.kvstore.common;

/**
 * The address of a server, {@code ip:port}: its name in the ring, in messages and on the console.
 *
 * @param host a host name or an IP address, not empty
 * @param port 1 to 65535
 */
public record ServerNode(String host, int port) implements Comparable<ServerNode> {
    public ServerNode {
        if (host.isEmpty() || host.length() > 255) {
            throw new IllegalArgumentException("a host name has 1 to 255 characters: '" + host + "'");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("a port is a number from 1 to 65535, not " + port);
        }
    }

    /**
     * Parses {@code host:port}.
     *
     * @throws IllegalArgumentException with a message for people, when {@code text} has another form
     */
    public static ServerNode parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("an address is IP:PORT, not '" + text + "'");
        }
        try {
            return new ServerNode(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException("an address is IP:PORT, not '" + text + "'", notANumber);
        }
    }

    @Override
    public int compareTo(ServerNode other) {
        int byHost = host.compareTo(other.host);
        return byHost != 0 ? byHost : Integer.compare(port, other.port);
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
