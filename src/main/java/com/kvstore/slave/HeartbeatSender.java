package com.kvstore.slave;

import com.kvstore.runtime.CannotStartException;
import com.kvstore.transport.PortUnavailableException;
import com.kvstore.transport.UdpPort;
import io.netty.channel.EventLoop;

/** The slave's UDP face: sends the machine's heartbeats from a port of the system's choice and listens to nobody. */
final class HeartbeatSender {
    private HeartbeatSender() {}

    static UdpPort open(EventLoop loop) throws CannotStartException {
        try {
            return UdpPort.open(loop, "0.0.0.0", 0, message -> {});
        } catch (PortUnavailableException noPort) {
            throw new CannotStartException("Heartbeats cannot be sent: " + noPort.getMessage(), noPort);
        }
    }
}
