package com.kvstore.storage;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.MutableColumnFamilyOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksObject;
import org.rocksdb.WriteOptions;

/**
 * The native objects of one open RocksDB, which keeps no journal of its own: what is not in sorted files yet is gone when it
 * ends without a flush, for all families at the same batch.
 *
 * <p>Memory: a block cache of {@value #CACHE_MIB} MiB, which index and filter blocks share, and at most {@value
 * #BUFFERS_MIB} MiB of what is not in sorted files yet.
 *
 * <p>Threading: whoever has it sees to it that nobody uses it once it is closed, which would end the process in native code.
 */
final class RocksHandle implements AutoCloseable {
    private static final int CACHE_MIB = 32;
    /** One shard: the filter of a large file is larger than a 64th of the cache, which would never keep it. */
    private static final int CACHE_SHARD_BITS = 0;
    /** Of the cache: data blocks do not drive filters and indexes out of it. */
    private static final double METADATA_SHARE = 0.5;

    private static final int BUFFERS_MIB = 24;
    private static final long MIB = 1L << 20;
    /** As much as a compaction may have to write before it can delete what it has read; larger ones are rare. */
    private static final long COMPACTION_BYTES = 512 * MIB;

    private static final int FILTER_BITS = 10;
    /** Of what is not in sorted files yet, for the filter that says which keys are not there: a new key is one. */
    private static final double FILTERED_SHARE = 0.1;

    /** In the order in which they were made; closed the other way round. */
    private final List<RocksObject> owned = new ArrayList<>();

    final List<ColumnFamilyHandle> families = new ArrayList<>();
    final ReadOptions reading;
    final ReadOptions scanning;
    final WriteOptions writing;
    final FlushOptions flushing;
    final RocksDB database;
    /** Changed by the thread that writes. */
    private boolean compacting = true;

    RocksHandle(Path directory) throws RocksDBException {
        Cache cache = own(new LRUCache(CACHE_MIB * MIB, CACHE_SHARD_BITS, false, METADATA_SHARE));
        ColumnFamilyOptions family = own(new ColumnFamilyOptions())
                .setWriteBufferSize(BUFFERS_MIB / 2 * MIB)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true)
                .setMemtablePrefixBloomSizeRatio(FILTERED_SHARE)
                .setMemtableWholeKeyFiltering(true)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setCacheIndexAndFilterBlocks(true)
                        .setCacheIndexAndFilterBlocksWithHighPriority(true)
                        .setIndexType(IndexType.kTwoLevelIndexSearch)
                        .setPartitionFilters(true)
                        .setPinTopLevelIndexAndFilter(true)
                        .setBlockSize(8 * 1024)
                        .setFilterPolicy(own(new BloomFilter(FILTER_BITS))));
        DBOptions options = own(new DBOptions())
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                .setAtomicFlush(true)
                .setDbWriteBufferSize(BUFFERS_MIB * MIB)
                .setAvoidFlushDuringShutdown(true) // On a full disk it would try for ever.
                .setMaxBackgroundJobs(2)
                .setMaxOpenFiles(500)
                .setBytesPerSync(MIB)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setMaxLogFileSize(MIB)
                .setKeepLogFileNum(3)
                .setAvoidUnnecessaryBlockingIO(true);
        reading = own(new ReadOptions());
        scanning = own(new ReadOptions()).setFillCache(false).setReadaheadSize(256 * 1024);
        writing = own(new WriteOptions()).setDisableWAL(true).setNoSlowdown(true);
        flushing = own(new FlushOptions()).setWaitForFlush(true).setAllowWriteStall(true);
        List<ColumnFamilyDescriptor> descriptors = List.of(
                new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                new ColumnFamilyDescriptor("records".getBytes(StandardCharsets.UTF_8), family),
                new ColumnFamilyDescriptor("transactions".getBytes(StandardCharsets.UTF_8), family));
        try {
            database = RocksDB.open(options, directory.toString(), descriptors, families);
        } catch (RocksDBException failed) {
            closeOwned();
            throw failed;
        }
    }

    private <T extends RocksObject> T own(T object) {
        owned.add(object);
        return object;
    }

    /** Puts off compactions for as long as there may not be room for one beside all that has to stay free. */
    void mindRoom(long freeBytes) throws RocksDBException {
        long largestBytes =
                Math.min(COMPACTION_BYTES, database.getAggregatedLongProperty("rocksdb.total-sst-files-size"));
        boolean ample = freeBytes >= DiskRoom.RESERVE_BYTES + largestBytes;
        if (ample != compacting) {
            MutableColumnFamilyOptions option = MutableColumnFamilyOptions.builder()
                    .setDisableAutoCompactions(!ample)
                    .build();
            for (ColumnFamilyHandle family : families) {
                database.setOptions(family, option);
            }
            compacting = ample;
        }
    }

    /** Has all written to sorted files, unless that has failed before: then it may not come to an end. */
    void flushIfSound() {
        try {
            if (database.getLongProperty("rocksdb.background-errors") == 0) {
                database.flush(flushing, families);
            }
        } catch (RocksDBException full) {
            // What is not in the files stays in the journal.
        }
    }

    @Override
    public void close() {
        families.forEach(ColumnFamilyHandle::close);
        database.close();
        closeOwned();
    }

    private void closeOwned() {
        for (int i = owned.size() - 1; i >= 0; i--) {
            owned.get(i).close();
        }
    }
}
