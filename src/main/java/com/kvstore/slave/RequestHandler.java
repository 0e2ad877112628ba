package com.kvstore.slave;

import com.kvstore.common.ServerNode;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.transport.NettyNetwork;
import com.kvstore.transport.PortUnavailableException;

/**
 * The slave's TCP face: the coordinator's batches, other slaves' moves, and clients who came to the wrong door, all of
 * them answered by the machine.
 */
final class RequestHandler {
    private RequestHandler() {}

    /** Takes the port; nobody is let in before {@code start}. */
    static NettyNetwork.Listener open(NettyNetwork network, ServerNode self) throws CannotStartException {
        try {
            return network.listen(self.host(), self.port());
        } catch (PortUnavailableException taken) {
            throw new CannotStartException(
                    taken.getMessage() + " Stop what uses it, or choose another address: the first two arguments are IP"
                            + " and PORT.",
                    taken);
        }
    }
}
