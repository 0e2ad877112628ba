package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Group;
import com.kvstore.common.Result;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.TableReads;
import com.kvstore.protocol.primarybackup.PrimaryBackupStatus.PeerStatus;
import com.kvstore.protocol.primarybackup.Replica.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * What any peer can answer, the primary or not: who the primary is, what it has applied itself, how the group stands.
 *
 * <p>Threading: one machine's.
 */
final class Bystander {
    private final Replica replica;
    private final PeerLinks links;
    private final Formation formation;
    private final Shipper shipper;
    private final ViewChanger viewChanger;
    private final TableReads reads;

    Bystander(Replica replica, PeerLinks links, Formation formation, Shipper shipper, ViewChanger viewChanger) {
        this.replica = replica;
        this.links = links;
        this.formation = formation;
        this.shipper = shipper;
        this.viewChanger = viewChanger;
        this.reads = new TableReads(replica.table);
    }

    /** What this peer has applied, whoever is the primary. */
    Result local(Command.GetLocal get) {
        if (!replica.holdsItsPart() || replica.applied < get.atLeast().counter()) {
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    "This peer has not applied so much yet. Retry in a moment, or read without --read local.");
        }
        return reads.answer(new Command.Get(get.key()), replica.clockMs);
    }

    /** Who has to be asked in this peer's place, or why nobody can be. */
    Result sendElsewhere() {
        int other = replica.primaryOf(replica.view);
        if (replica.status == Status.EMPTY || !formation.isConfirmed()) {
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    "The group is not there yet: this peer waits for "
                            + (formation.empty() == replica.group.size() ? "it to form" : "the others")
                            + " ("
                            + (replica.group.size()
                                    - replica.group.others(replica.self).stream()
                                            .filter(id -> !links.isOpen(id))
                                            .count())
                            + " of " + replica.group.size() + " peers can be reached). Retry in a moment.");
        }
        if (other == replica.self || viewChanger.isSuspecting() || links.isRefused(other)) {
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    "The primary, peer " + other + " at " + replica.group.address(other)
                            + ", does not answer; another one takes over as soon as a majority agrees. Retry in a moment.");
        }
        return new Result.Failure(
                ErrorCode.WRONG_NODE,
                "The primary is peer " + other + " at " + replica.group.address(other),
                replica.group.address(other),
                replica.commit);
    }

    /** What this peer can say of the replica.group. */
    PrimaryBackupStatus status() {
        List<PeerStatus> peers = new ArrayList<>();
        for (Group.Member member : replica.group.members()) {
            boolean own = member.id() == replica.self;
            peers.add(new PeerStatus(
                    member.id(),
                    member.address().toString(),
                    own || links.isOpen(member.id()),
                    own ? replica.log.last() : replica.isPrimary() ? shipper.held(member.id()) : 0));
        }
        boolean inView = replica.status == Status.NORMAL || replica.status == Status.JOINING;
        return new PrimaryBackupStatus(
                replica.self,
                state(),
                replica.view,
                inView ? replica.primaryOf(replica.view) : 0,
                replica.commit,
                replica.log.last(),
                replica.table.keys(),
                peers);
    }

    private String state() {
        return switch (replica.status) {
            case EMPTY -> formation.empty() == replica.group.size() ? "forming" : "recovering";
            case NORMAL -> replica.isPrimary() ? "primary" : "backup";
            case JOINING -> replica.normalView < 0 ? "recovering" : "joining";
            case VIEW_CHANGE -> "view-change";
        };
    }
}
