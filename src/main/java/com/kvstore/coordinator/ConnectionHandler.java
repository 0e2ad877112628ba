package com.kvstore.coordinator;

import com.kvstore.backup.BackupStatus;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.ring.CoordinatorMachine;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.NodeDriver;
import com.kvstore.transport.Language;
import com.kvstore.transport.NettyNetwork;
import com.kvstore.transport.PortUnavailableException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator's TCP face: clients and slaves connect here. What asks about the cluster is answered on the spot, as a
 * document made from the machine's present view; everything else is the machine's.
 *
 * <p>Threading: answers on the event loop.
 */
final class ConnectionHandler implements NodeDriver.LocalAnswers {
    private final CoordinatorMachine machine;
    private final Supplier<@Nullable BackupStatus> backups;

    /** @param backups asked for what has become of them; gives null if none are made */
    ConnectionHandler(CoordinatorMachine machine, Supplier<@Nullable BackupStatus> backups) {
        this.machine = machine;
        this.backups = backups;
    }

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

    /** Takes the port for the Redis protocol; nobody is let in before {@code start}. */
    static NettyNetwork.Listener openRedis(NettyNetwork network, String host, int port, Language.Factory redis)
            throws CannotStartException {
        try {
            return network.listen(host, port, redis);
        } catch (PortUnavailableException taken) {
            throw new CannotStartException(
                    taken.getMessage() + " Stop what uses it, or choose another port: --redis-port.", taken);
        }
    }

    @Override
    public @Nullable CompletionStage<Result> answer(Command command, long nowNs) {
        Result result = document(command, nowNs);
        return result == null ? null : CompletableFuture.completedFuture(result);
    }

    private @Nullable Result document(Command command, long nowNs) {
        if (command instanceof Command.Describe describe) {
            return new Result.Document(
                    switch (describe.subject()) {
                        case STATUS ->
                            StatusDocuments.status(machine.status(nowNs), backups.get(), System.currentTimeMillis());
                        case RING -> StatusDocuments.ring(machine.view());
                        case WHERE -> StatusDocuments.where(machine.view(), describe.key());
                    });
        }
        if (command instanceof Command.Plan plan) {
            try {
                return new Result.Document(StatusDocuments.plan(machine.view(), plan));
            } catch (IllegalArgumentException impossible) {
                return Result.Failure.of(ErrorCode.BAD_REQUEST, String.valueOf(impossible.getMessage()));
            }
        }
        if (command instanceof Command.StoreBackup) {
            return Result.Failure.of(
                    ErrorCode.BAD_REQUEST,
                    "A coordinator keeps no backups for others. Push them to a data node that was started with"
                            + " --backup-dir DIR, or to a backup server: run-slave.sh IP PORT --backup-only");
        }
        return null;
    }
}
