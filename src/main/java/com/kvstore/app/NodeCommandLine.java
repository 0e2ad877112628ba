package com.kvstore.app;

import com.kvstore.common.Group;
import com.kvstore.peer.PeerDisk;
import com.kvstore.peer.PeerSettings;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The command line of a peer. */
final class NodeCommandLine {
    private NodeCommandLine() {}

    static CommandLineForm form() {
        CommandLineForm form = new CommandLineForm("run-node.sh NODE_ID CONFIG_FILE [options]")
                .flag("bootstrap", "found the group with a majority of empty peers, without waiting for all of them")
                .option("data-dir", "DIR", "keep the data there; without it they are in memory only")
                .option("durability", "sync|async", "answer when data are on disk, or up to 100 ms earlier (sync)")
                .flag("repair", "set damaged data aside and be filled from the other peers");
        return NodeOptions.addNetworkTo(form);
    }

    static PeerSettings settings(CommandLineForm.Arguments arguments) throws UsageException {
        String id = arguments.name(0);
        String file = arguments.name(1);
        if (id == null || file == null) {
            throw new UsageException(
                    id == null
                            ? "NODE_ID and CONFIG_FILE are missing"
                            : "CONFIG_FILE is missing: the group file, such as examples/primary-backup.conf");
        }
        int self = CommandLineForm.parseNumber("NODE_ID", id, 1, Integer.MAX_VALUE);
        Group group;
        try {
            group = GroupFile.read(NodeOptions.path("group", file));
        } catch (IllegalArgumentException wrong) {
            throw new UsageException(String.valueOf(wrong.getMessage()));
        }
        if (!group.has(self)) {
            throw new UsageException("NODE_ID " + self + " is not in " + file + ", which has "
                    + group.members().stream().map(Group.Member::id).toList());
        }
        return new PeerSettings(
                group, self, arguments.has("bootstrap"), disk(arguments), NodeOptions.network(arguments));
    }

    private static @Nullable PeerDisk disk(CommandLineForm.Arguments arguments) throws UsageException {
        boolean syncs =
                arguments.word("durability", "sync", List.of("sync", "async")).equals("sync");
        if (!arguments.has("data-dir")) {
            for (String option : List.of("durability", "repair")) {
                if (arguments.has(option)) {
                    throw new UsageException(
                            "--" + option + " is about data on disk: name a directory with --data-dir");
                }
            }
            return null;
        }
        Path directory = NodeOptions.path("data-dir", arguments.text("data-dir", ""));
        return new PeerDisk(directory, syncs, arguments.has("repair"));
    }
}
