package com.kvstore.peer;

import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.primarybackup.PrimaryBackupConfig;
import com.kvstore.protocol.primarybackup.PrimaryBackupMachine;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One peer of some protocol: its machine, and how to ask it what it knows.
 *
 * @param status the document that {@code status} shows, as JSON; called on the machine's thread
 */
record PeerProtocol(Machine machine, Supplier<String> status) {

    private interface Factory {
        PeerProtocol make(PeerSettings settings, RecordTable table, SecureRandom random);
    }

    private static final Map<String, Factory> PROTOCOLS =
            new TreeMap<>(Map.of("primary-backup", PeerProtocol::primaryBackup));

    /** Null: there is no such protocol. */
    static @Nullable PeerProtocol of(PeerSettings settings, RecordTable table, SecureRandom random) {
        Factory factory = PROTOCOLS.get(settings.group().protocol());
        return factory == null ? null : factory.make(settings, table, random);
    }

    /** The names of all protocols, for messages. */
    static String names() {
        return String.join(", ", PROTOCOLS.keySet());
    }

    private static PeerProtocol primaryBackup(PeerSettings settings, RecordTable table, SecureRandom random) {
        PrimaryBackupMachine machine = new PrimaryBackupMachine(
                settings.group(),
                settings.self(),
                table,
                PrimaryBackupConfig.of(settings.bootstrap()),
                () -> random.nextLong() | 1);
        return new PeerProtocol(machine, () -> PeerDocuments.status(settings.group(), machine.status()));
    }
}
