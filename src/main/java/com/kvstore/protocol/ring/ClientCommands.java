package com.kvstore.protocol.ring;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.twophase.TwoPhaseCoordinator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands each command to the part of the coordinator that answers it: transactions and reads, snapshots, repair, and what an
 * operator orders.
 *
 * <p>Invariant: every command is answered, here or later by the part that took it.
 *
 * <p>Threading: one machine's. No state of its own.
 */
final class ClientCommands {
    private final ViewKeeper views;
    private final TwoPhaseCoordinator twoPhase;
    private final Snapshots snapshots;
    private final AntiEntropy antiEntropy;
    private final AdminCommands admin;

    ClientCommands(
            ViewKeeper views,
            TwoPhaseCoordinator twoPhase,
            Snapshots snapshots,
            AntiEntropy antiEntropy,
            AdminCommands admin) {
        this.views = views;
        this.twoPhase = twoPhase;
        this.snapshots = snapshots;
        this.antiEntropy = antiEntropy;
        this.admin = admin;
    }

    /** To be called only while the coordinator serves. */
    void on(long client, Command command, @Nullable RequestId id, long nowNs, Effects effects) {
        if (TwoPhaseCoordinator.answers(command)) {
            if (command instanceof Command.Transact transact && !isWellFormed(transact.writes())) {
                effects.reply(
                        client,
                        Result.Failure.of(
                                ErrorCode.BAD_REQUEST, "A transaction has at least one write and no key twice"));
            } else {
                twoPhase.submit(client, command, id, nowNs, effects);
            }
        } else if (command instanceof Command.Snapshot snapshot) {
            snapshots.on(client, snapshot, nowNs, effects);
        } else if (command instanceof Command.Repair) {
            antiEntropy.on(client, nowNs, effects);
        } else if (command instanceof Command.Ping) {
            effects.reply(client, new Result.Pong(views.current().epoch()));
        } else if (!admin.on(client, command, effects)) {
            effects.reply(
                    client,
                    Result.Failure.of(ErrorCode.BAD_REQUEST, "Only a data node shows its tables: ask one of them"));
        }
    }

    private static boolean isWellFormed(List<Write> writes) {
        if (writes.size() <= 1) {
            return !writes.isEmpty();
        }
        Set<Bytes> keys = new HashSet<>();
        for (Write write : writes) {
            if (!keys.add(write.key())) {
                return false;
            }
        }
        return true;
    }
}
