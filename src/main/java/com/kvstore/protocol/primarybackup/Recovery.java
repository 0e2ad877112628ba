package com.kvstore.protocol.primarybackup;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.PeerMessage.Presence;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.RecoveryAnswer;
import com.kvstore.protocol.primarybackup.Replica.Status;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Recovery (4.3): a peer that has lost everything takes part in nothing until enough others, the primary of the latest view
 * among them, have told it where they are, and it has fetched all that this view's log holds.
 *
 * <p>Enough is so many that one of them is in every majority of the others: whatever it promised or confirmed before its
 * loss, one of those who answer knows of a view at least as high, and knows it by its new nonce from then on.
 *
 * <p>Threading: one machine's.
 */
final class Recovery {
    private final Replica replica;
    private final PeerLinks links;
    private final Formation formation;
    private final SortedMap<Integer, RecoveryAnswer> answers = new TreeMap<>();

    Recovery(Replica replica, PeerLinks links, Formation formation) {
        this.replica = replica;
        this.links = links;
        this.formation = formation;
    }

    /** A peer that holds nothing has said so: its nonce is the question. */
    void asked(int peer, Presence presence, Effects effects) {
        if (replica.status == Status.NORMAL
                && formation.isConfirmed()
                && presence.founders().isEmpty()) {
            links.send(
                    peer,
                    new RecoveryAnswer(
                            presence.nonce(),
                            replica.view,
                            formation.formed(),
                            formation.founders(),
                            replica.isPrimary(),
                            replica.log.last()),
                    effects);
        }
    }

    /** @return whether this peer belongs to the group again, and may begin to fetch */
    boolean onAnswer(int peer, RecoveryAnswer answer, long nowNs) {
        if (!formation.mayRecover() || answer.nonce() != formation.nonce()) {
            return false;
        }
        answers.values().removeIf(each -> each.nonce() != answer.nonce() || each.formed() != answer.formed());
        answers.put(peer, answer);
        RecoveryAnswer latest = answer;
        for (RecoveryAnswer each : answers.values()) {
            boolean later = each.view() > latest.view();
            latest = later || (each.view() == latest.view() && each.primary()) ? each : latest;
        }
        if (answers.size() <= replica.group.tolerated() || !latest.primary()) {
            return false;
        }
        answers.clear();
        formation.belongTo(latest.formed(), latest.founders());
        replica.reset();
        replica.view = latest.view();
        replica.status = Status.JOINING;
        replica.startOp = latest.op();
        replica.stage = new OpLog(1);
        return true;
    }

    /** This peer speaks on another link. */
    void greeted(int peer) {
        answers.remove(peer);
    }
}
