package com.kvstore.app;

import com.kvstore.common.Group;
import com.kvstore.peer.PeerSettings;

/** The command line of a peer. */
final class NodeCommandLine {
    private NodeCommandLine() {}

    static CommandLineForm form() {
        CommandLineForm form = new CommandLineForm("run-node.sh NODE_ID CONFIG_FILE [options]")
                .flag("bootstrap", "found the group with a majority of empty peers, without waiting for all of them");
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
        return new PeerSettings(group, self, arguments.has("bootstrap"), NodeOptions.network(arguments));
    }
}
