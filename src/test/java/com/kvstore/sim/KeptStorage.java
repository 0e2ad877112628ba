package com.kvstore.sim;

import com.kvstore.protocol.ring.SlaveStorage;
import com.kvstore.sim.SyncedDisk.Change;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A slave's disk in a story: what was synced outlives its process, what was not is gone, the syncs fail when a test says so. */
public final class KeptStorage {
    private final long incarnation;
    private final SlaveImage disk = new SlaveImage(new MemoryTable());
    private final List<Change<SlaveImage>> unsynced = new ArrayList<>();
    /** Why syncs fail; null: the disk works. */
    public @Nullable String trouble;

    public KeptStorage(long incarnation) {
        this.incarnation = incarnation;
    }

    /** A process begins, the one before has ended. @return what it sees: what was synced */
    public SlaveStorage open() {
        if (disk.isRetired()) {
            throw new AssertionError("whoever left for good is not started again in these stories");
        }
        unsynced.clear();
        return disk.open(new MemoryTable(), incarnation, unsynced::add);
    }

    /** @return whether all that was written is durable now */
    public boolean sync() {
        if (trouble != null) {
            return false;
        }
        unsynced.forEach(change -> change.applyTo(disk));
        unsynced.clear();
        return true;
    }
}
