package com.kvstore.peer;

import com.kvstore.protocol.eventual.EventualConfig;
import com.kvstore.protocol.eventual.EventualMachine;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.OutputCommit;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.primarybackup.PrimaryBackupConfig;
import com.kvstore.protocol.primarybackup.PrimaryBackupMachine;
import com.kvstore.protocol.totalorder.TotalOrderConfig;
import com.kvstore.protocol.totalorder.TotalOrderMachine;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One peer of some protocol: its machine, and how to ask it what it knows.
 *
 * @param status the document that {@code status} shows, as JSON; called on the machine's thread
 */
record PeerProtocol(Machine machine, Supplier<String> status) {

    private interface Factory {
        PeerProtocol make(PeerSettings settings, PeerStorage storage, SecureRandom random);
    }

    private static final Map<String, Factory> PROTOCOLS = new TreeMap<>(Map.of(
            "primary-backup", PeerProtocol::primaryBackup,
            "eventual", PeerProtocol::eventual,
            "total-order", PeerProtocol::totalOrder));

    /** Null: there is no such protocol. */
    static @Nullable PeerProtocol of(PeerSettings settings, PeerStorage storage, SecureRandom random) {
        Factory factory = PROTOCOLS.get(settings.group().protocol());
        return factory == null ? null : factory.make(settings, storage, random);
    }

    /** The names of all protocols, for messages. */
    static String names() {
        return String.join(", ", PROTOCOLS.keySet());
    }

    private static PeerProtocol of(
            PeerSettings settings, PeerStorage storage, DurableMachine machine, Function<DiskStatus, String> status) {
        PeerDisk disk = settings.disk();
        if (disk == null) {
            return new PeerProtocol(machine, () -> status.apply(DiskStatus.NONE));
        }
        OutputCommit commit =
                new OutputCommit(machine, storage, "peer " + settings.self() + " at " + settings.address());
        String durability = disk.syncs() ? "sync" : "async";
        return new PeerProtocol(commit, () -> status.apply(new DiskStatus(durability, commit.failure())));
    }

    private static PeerProtocol primaryBackup(PeerSettings settings, PeerStorage storage, SecureRandom random) {
        PrimaryBackupMachine machine = new PrimaryBackupMachine(
                settings.group(),
                settings.self(),
                storage,
                PrimaryBackupConfig.of(settings.bootstrap()),
                () -> random.nextLong() | 1);
        return of(settings, storage, machine, disk -> PeerDocuments.status(settings.group(), machine.status(), disk));
    }

    private static PeerProtocol eventual(PeerSettings settings, PeerStorage storage, SecureRandom random) {
        EventualMachine machine =
                new EventualMachine(new EventualConfig(settings.group(), settings.self(), random.nextLong()), storage);
        return of(settings, storage, machine, disk -> PeerDocuments.status(settings.group(), machine.status(), disk));
    }

    private static PeerProtocol totalOrder(PeerSettings settings, PeerStorage storage, SecureRandom random) {
        TotalOrderConfig config =
                new TotalOrderConfig(settings.group(), settings.self(), random.nextLong(), settings.bootstrap());
        TotalOrderMachine machine = new TotalOrderMachine(config, storage, () -> random.nextLong() | 1);
        return of(settings, storage, machine, disk -> PeerDocuments.status(settings.group(), machine.status(), disk));
    }
}
