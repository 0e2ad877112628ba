package com.kvstore.coordinator;

import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.membership.View;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.StateFile;
import com.kvstore.wire.ProtocolException;
import com.kvstore.wire.ViewJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The membership on disk: {@code view.json} in the state directory. */
final class StoredView {
    private final Path path;
    private final StateFile file;

    StoredView(Path directory) {
        this.path = directory.resolve("view.json");
        this.file = new StateFile(path, StoredView::encode);
    }

    StateFile file() {
        return file;
    }

    private static byte[] encode(Persistent state) {
        return ViewJson.toText((View) state).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The last durable view; null for a new store.
     *
     * @param shape what the operator asked for; a stored view of another shape is refused, because every key would have
     *     to move
     */
    @Nullable View recover(CoordinatorSettings.Shape shape) throws CannotStartException {
        View view = read();
        if (view == null) {
            return null;
        }
        check("ring size", "--ring-size", shape.ringSize(), view.ringSize());
        check("number of points per server", "--virtual-nodes", shape.pointsPerServer(), view.pointsPerServer());
        return view;
    }

    private @Nullable View read() throws CannotStartException {
        try {
            byte[] bytes = file.read();
            return bytes == null ? null : ViewJson.fromText(new String(bytes, StandardCharsets.UTF_8));
        } catch (ProtocolException | IOException damaged) {
            throw new CannotStartException(
                    "The stored membership " + path + " cannot be read: " + damaged.getMessage() + ". Restore that file"
                            + " from a copy. Without it the coordinator cannot know which copies of the data are whole;"
                            + " to give all data up and begin a new store, move it away.",
                    damaged);
        }
    }

    private void check(String what, String option, @Nullable Integer asked, int stored) throws CannotStartException {
        if (asked != null && asked != stored) {
            throw new CannotStartException("The store in " + path.getParent() + " has a " + what + " of " + stored
                    + ", and " + asked + " was asked for: every key would have to move. Leave " + option
                    + " (and --profile) away to go on with it, or begin a new store with --state DIR.");
        }
    }
}
