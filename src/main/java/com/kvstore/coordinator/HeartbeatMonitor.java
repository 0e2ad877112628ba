package com.kvstore.coordinator;

import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.membership.MembershipMessage;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.transport.PortUnavailableException;
import com.kvstore.transport.UdpPort;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/**
 * The coordinator's UDP face: receives heartbeats and hands them to the machine, which judges who is alive.
 *
 * <p>Anything that is not a whole heartbeat is dropped without a word.
 */
final class HeartbeatMonitor {
    private final UdpPort port;

    private HeartbeatMonitor(UdpPort port) {
        this.port = port;
    }

    /** Takes the port; nothing is received before {@link #start}. */
    static HeartbeatMonitor open(EventLoop loop, ServerNode self, int heartbeatPort, Consumer<Input> machine)
            throws CannotStartException {
        try {
            return new HeartbeatMonitor(UdpPort.open(loop, self.host(), heartbeatPort, message -> {
                if (message instanceof MembershipMessage.Heartbeat) {
                    machine.accept(new Input.DatagramReceived(message));
                }
            }));
        } catch (PortUnavailableException taken) {
            throw new CannotStartException(
                    taken.getMessage() + " Stop what uses it, or choose another port with --heartbeat-port PORT.",
                    taken);
        }
    }

    void start() {
        port.start();
    }

    UdpPort port() {
        return port;
    }
}
