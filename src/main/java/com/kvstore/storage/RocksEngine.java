package com.kvstore.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.RocksObject;
import org.rocksdb.Status;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB, as far as a data node needs it: three column families, batches that are written whole and synced, and no way to
 * use it once it is closed, which would end the process in native code.
 *
 * <p>Thread-safe. Every use holds the shared side of a lock whose other side {@link #close} takes.
 *
 * <p>Memory: a block cache of {@value #CACHE_MIB} MiB, which index and filter blocks share, and at most {@value
 * #BUFFERS_MIB} MiB of what is not in sorted files yet.
 *
 * <p>Durability: the journal is read back to its end; an incomplete record there, which a crash leaves, is dropped, and
 * anything else that does not fit its checksum refuses the whole ({@link DamagedDataException}).
 *
 * <p>Failure: {@link StorageFailure} for what cannot be read; {@link IOException} for what cannot be written.
 */
final class RocksEngine implements AutoCloseable {
    /** Records, by scan hash and key. */
    static final int RECORDS = 1;
    /** Transactions that are prepared, or committed and not settled. */
    static final int TRANSACTIONS = 2;
    /** One value for each name. */
    static final int META = 0;

    private static final int CACHE_MIB = 32;
    private static final int BUFFERS_MIB = 32;
    private static final long MIB = 1L << 20;
    private static final long MAX_JOURNAL_BYTES = 64 * MIB;
    private static final int FILTER_BITS = 10;

    private final Path directory;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    /** In the order in which they were made; closed the other way round. */
    private final List<RocksObject> owned = new ArrayList<>();

    private final List<ColumnFamilyHandle> families = new ArrayList<>();
    private final ReadOptions reading;
    private final ReadOptions scanning;
    private final WriteOptions synced;
    private final WriteOptions unsynced;
    private final RocksDB database;
    private boolean closed;

    private RocksEngine(Path directory) throws RocksDBException {
        this.directory = directory;
        Cache cache = own(new LRUCache(CACHE_MIB * MIB));
        ColumnFamilyOptions family = own(new ColumnFamilyOptions())
                .setWriteBufferSize(BUFFERS_MIB / 2 * MIB)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setCacheIndexAndFilterBlocks(true)
                        .setBlockSize(8 * 1024)
                        .setFilterPolicy(own(new BloomFilter(FILTER_BITS))));
        DBOptions options = own(new DBOptions())
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                .setMaxTotalWalSize(MAX_JOURNAL_BYTES)
                .setDbWriteBufferSize(BUFFERS_MIB * MIB)
                .setMaxBackgroundJobs(2)
                .setMaxOpenFiles(500)
                .setBytesPerSync(MIB)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setMaxLogFileSize(MIB)
                .setKeepLogFileNum(3)
                .setAvoidFlushDuringRecovery(false)
                .setAvoidUnnecessaryBlockingIO(true);
        reading = own(new ReadOptions());
        scanning = own(new ReadOptions()).setFillCache(false).setReadaheadSize(256 * 1024);
        synced = own(new WriteOptions()).setSync(true);
        unsynced = own(new WriteOptions());
        List<ColumnFamilyDescriptor> descriptors = List.of(
                new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                new ColumnFamilyDescriptor("records".getBytes(java.nio.charset.StandardCharsets.UTF_8), family),
                new ColumnFamilyDescriptor("transactions".getBytes(java.nio.charset.StandardCharsets.UTF_8), family));
        try {
            database = RocksDB.open(options, directory.toString(), descriptors, families);
        } catch (RocksDBException failed) {
            closeOwned();
            throw failed;
        }
    }

    /**
     * Opens what is in the directory, or makes it anew.
     *
     * @param libraries where the native library is unpacked, over the one that was there
     */
    static RocksEngine open(Path directory, Path libraries) throws IOException {
        Files.createDirectories(directory);
        Files.createDirectories(libraries);
        try {
            NativeLibraryLoader.getInstance().loadLibrary(libraries.toString());
        } catch (UnsatisfiedLinkError | RuntimeException elsewhere) {
            throw new IOException(
                    "the storage engine has no native library for this system (" + elsewhere + "); it runs on Linux",
                    elsewhere);
        }
        try {
            return new RocksEngine(directory);
        } catch (RocksDBException failed) {
            throw asException("cannot open " + directory, failed);
        }
    }

    /** What a write or an opening failed of, by kind. */
    private static IOException asException(String what, RocksDBException failed) {
        Status status = failed.getStatus();
        boolean damaged = status != null && status.getCode() == Status.Code.Corruption;
        String message = what + ": " + failed.getMessage();
        return damaged ? new DamagedDataException(message, failed) : new IOException(message, failed);
    }

    private <T extends RocksObject> T own(T object) {
        owned.add(object);
        return object;
    }

    byte @Nullable [] get(int family, byte[] key) {
        lock.readLock().lock();
        try {
            checkOpen();
            return database.get(families.get(family), reading, key);
        } catch (RocksDBException failed) {
            throw unreadable(failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Sees one entry after the other. */
    interface Visitor {
        /** @return whether to go on */
        boolean visit(byte[] key, byte[] value);
    }

    /** Visits entries in the order of their keys, from {@code from} on, included. */
    void scan(int family, byte[] from, Visitor visitor) {
        lock.readLock().lock();
        try {
            checkOpen();
            try (RocksIterator entries = database.newIterator(families.get(family), scanning)) {
                entries.seek(from);
                while (entries.isValid() && visitor.visit(entries.key(), entries.value())) {
                    entries.next();
                }
                entries.status();
            }
        } catch (RocksDBException failed) {
            throw unreadable(failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Writes a batch, whole or not at all; if it fails, either may be the case.
     *
     * @param batch in RocksDB's own format ({@link BatchBuffer})
     */
    void write(byte[] batch, boolean sync) throws IOException {
        lock.readLock().lock();
        try (WriteBatch writes = new WriteBatch(batch)) {
            checkOpen();
            database.write(sync ? synced : unsynced, writes);
        } catch (RocksDBException failed) {
            throw asException("cannot write to " + directory, failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Makes all that was written durable. */
    void sync() throws IOException {
        lock.readLock().lock();
        try {
            checkOpen();
            database.syncWal();
        } catch (RocksDBException failed) {
            throw asException("cannot sync " + directory, failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Makes a copy of all that is written, of hard links where that can be, in a directory that is not there yet. */
    void checkpoint(Path target) throws IOException {
        lock.readLock().lock();
        try {
            checkOpen();
            try (Checkpoint checkpoint = Checkpoint.create(database)) {
                checkpoint.createCheckpoint(target.toString());
            }
        } catch (RocksDBException failed) {
            throw asException("cannot copy " + directory, failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    private StorageFailure unreadable(RocksDBException failed) {
        return new StorageFailure(
                "the data in " + directory + " cannot be read: " + failed.getMessage()
                        + ". If the disk is sound, start this data node with --repair: it sets these data aside and is"
                        + " filled from the other copies",
                failed);
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the data in " + directory + " are closed");
        }
    }

    /** Waits for who is at it, then closes; a second time does nothing. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                families.forEach(ColumnFamilyHandle::close);
                database.close();
                closeOwned();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void closeOwned() {
        for (int i = owned.size() - 1; i >= 0; i--) {
            owned.get(i).close();
        }
    }
}
