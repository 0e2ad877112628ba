package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.RecordTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * All that a peer of a group keeps, on disk: a {@link DiskStorage} with the protocol's values beside the records, in the
 * same batches.
 *
 * <p>Threading and failure: as {@link DiskStorage}.
 *
 * <p>On disk: values have a zero byte before their key; {@code owner} names the group and the peer whose data these are.
 */
public final class PeerDiskStorage implements PeerStorage, AutoCloseable {
    private static final String FORMAT = "kvstore peer data, format 2\n";
    private static final byte[] OWNER = "owner".getBytes(StandardCharsets.UTF_8);

    /** How values become bytes. */
    public interface Codec {
        byte[] encode(Persistent value);

        /** @throws IOException if these are not the bytes of any value */
        Persistent decode(byte[] bytes) throws IOException;
    }

    private final DiskStorage storage;
    private final Codec codec;
    private final List<Persistent> recovered = new ArrayList<>();

    private PeerDiskStorage(DiskStorage storage, Codec codec) {
        this.storage = storage;
        this.codec = codec;
    }

    /**
     * Opens what is in a directory, or makes it anew. The caller has seen to it that nobody else has it.
     *
     * @param syncs as in {@link DiskStorage#open}
     * @param notices as in {@link DiskStorage#open}
     * @param owner names the group and the peer; data of another owner are refused
     * @throws DamagedDataException if the data are not what was written
     * @throws OtherOwnerException if they are another owner's; they stay as they are
     */
    public static PeerDiskStorage open(
            Path directory, boolean syncs, Consumer<String> notices, String owner, Codec codec) throws IOException {
        PeerDiskStorage opened = new PeerDiskStorage(DiskStorage.open(directory, syncs, FORMAT, notices), codec);
        try {
            opened.recover(directory, owner);
            return opened;
        } catch (IOException | RuntimeException failed) {
            opened.close();
            throw failed;
        }
    }

    private void recover(Path directory, String owner) throws IOException {
        String[] found = {null};
        List<byte[]> values = new ArrayList<>();
        storage.visit(new byte[1], (key, value) -> {
            if (key[0] == 0) {
                values.add(value);
            } else if (Arrays.equals(key, OWNER)) {
                found[0] = new String(value, StandardCharsets.UTF_8);
            }
            return true;
        });
        if (found[0] == null) {
            storage.put(OWNER, owner.getBytes(StandardCharsets.UTF_8));
        } else if (!found[0].equals(owner)) {
            throw new OtherOwnerException(
                    "The data in " + directory + " are those of " + found[0] + ", not of " + owner);
        }
        for (byte[] value : values) {
            try {
                recovered.add(codec.decode(value));
            } catch (IOException unreadable) {
                throw new DamagedDataException(
                        "a value in " + directory + " cannot be read: " + unreadable.getMessage(), unreadable);
            }
        }
    }

    private static byte[] place(Bytes key) {
        byte[] place = new byte[1 + key.length()];
        System.arraycopy(key.array(), 0, place, 1, key.length());
        return place;
    }

    /** Makes everything written so far durable; not before the one before has ended. */
    public void sync(DiskStorage.Outcome outcome) {
        storage.sync(outcome);
    }

    @Override
    public RecordTable table() {
        return storage.table();
    }

    @Override
    public Collection<Persistent> recovered() {
        List<Persistent> all = List.copyOf(recovered);
        recovered.clear();
        return all;
    }

    @Override
    public void put(Bytes key, Persistent value) {
        storage.put(place(key), codec.encode(value));
    }

    @Override
    public void remove(Bytes key) {
        storage.remove(place(key));
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public long written() {
        return storage.written();
    }

    @Override
    public void close() {
        storage.close();
    }
}
