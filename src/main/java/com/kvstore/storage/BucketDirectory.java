package com.kvstore.storage;

import java.util.Arrays;

/**
 * Packed records by key: extendible hashing whose directory goes by the first bits of the scan hash, so that a scan sorts
 * nothing and can begin anywhere.
 *
 * <p>How: the directory has a place for every beginning of a hash; neighbouring places share a {@link Bucket} until it has
 * more than {@value #MOST_IN_BUCKET} records, and is divided. A bucket as deep as the directory doubles that first, unless
 * it has as many places as there are records: then the bucket gets larger than others for a while. So records may come in
 * any order, those of a move above all, which come in scan order and fill one end of the table first.
 *
 * <p>Threading: not thread-safe; belongs to one machine.
 *
 * <p>Invariants: hashes rise (unsigned) within a bucket and from bucket to bucket; a bucket of depth d fills
 * 2<sup>directory's depth - d</sup> neighbouring places.
 *
 * <p>Failure behaviour: keys made to share their hash fill one bucket, which costs time in proportion to its size and
 * nothing else. Out of memory, the records are what they were before the call.
 *
 * <p>Source: Fagin, Nievergelt, Pippenger, Strong, Extendible hashing, ACM Transactions on Database Systems 4 (1979).
 */
final class BucketDirectory {
    static final int MOST_IN_BUCKET = 32;
    private static final int MIN_DEPTH = 4;
    private static final int MAX_DEPTH = 28;
    /** With fewer records a bucket than this on average, all is laid out anew. */
    private static final int FEWEST_IN_BUCKET = 4;

    private final boolean marked;
    /** Of the directory: it has 2 to this places. */
    private int depth;

    private Bucket[] directory;
    private long buckets;
    private long size;

    /** @param marked whether each record has a mark of its owner's */
    BucketDirectory(boolean marked) {
        this.marked = marked;
        directory = empty(MIN_DEPTH);
    }

    private Bucket[] empty(int newDepth) {
        Bucket[] places = new Bucket[1 << newDepth];
        Arrays.setAll(places, place -> new Bucket(newDepth, marked));
        depth = newDepth;
        buckets = places.length;
        size = 0;
        return places;
    }

    void clear() {
        directory = empty(MIN_DEPTH);
    }

    /** How many records there are. */
    long size() {
        return size;
    }

    /** Where a record with that hash is, or belongs. Good until the next change. */
    Bucket bucketOf(long hash) {
        return directory[place(hash)];
    }

    /** The place of the bucket where a record with that hash is, or belongs. */
    int place(long hash) {
        return (int) (hash >>> (Long.SIZE - depth));
    }

    /** Behind the last one. */
    int places() {
        return directory.length;
    }

    Bucket bucketAt(int place) {
        return directory[place];
    }

    /** The first place of the next bucket. */
    int placeAfter(int place) {
        int shared = depth - directory[place].depth;
        return ((place >>> shared) + 1) << shared;
    }

    /** Whether there is a record of the same key. */
    boolean hasKeyOf(long hash, byte[] packed) {
        Bucket bucket = bucketOf(hash);
        for (int at = bucket.from(hash); at < bucket.size && bucket.hashes[at] == hash; at++) {
            if (PackedRecord.haveSameKey(bucket.records[at], packed)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Adds a record.
     *
     * @param bucket its {@link #bucketOf}
     * @param at where in that, in the order of the hashes
     * @param mark its owner's; of no meaning without marks
     */
    void insert(Bucket bucket, int at, long hash, byte[] packed, long mark) {
        bucket.insert(at, hash, packed, mark);
        size++;
        divide(bucket, hash);
    }

    /** Removes a record; {@link #shrink} may be due then. */
    void remove(Bucket bucket, int at) {
        bucket.remove(at);
        size--;
    }

    /** Goes over the records in the order of a scan; good until the next change. */
    Cursor cursor(long from) {
        return new Cursor(from);
    }

    /** See {@link #cursor}. */
    final class Cursor {
        private int place;
        private int at;

        private Cursor(long from) {
            place = place(from);
            at = directory[place].from(from);
            skipEmpty();
        }

        private void skipEmpty() {
            while (place < directory.length && at >= directory[place].size) {
                place = placeAfter(place);
                at = 0;
            }
        }

        boolean isAtEnd() {
            return place >= directory.length;
        }

        long hash() {
            return directory[place].hashes[at];
        }

        byte[] packed() {
            return directory[place].records[at];
        }

        void advance() {
            at++;
            skipEmpty();
        }
    }

    /** Records of the fullest bucket. */
    int fullestBucket() {
        int most = 0;
        for (int place = 0; place < directory.length; place = placeAfter(place)) {
            most = Math.max(most, directory[place].size);
        }
        return most;
    }

    /** Divides a bucket that has grown too large, and its parts, as long as {@code hash} lies in one that has. */
    private void divide(Bucket grown, long hash) {
        Bucket bucket = grown;
        while (bucket.size > MOST_IN_BUCKET && bucket.isDivisible() && (bucket.depth < depth || extend())) {
            int middle = bucket.middle();
            Bucket low = bucket.part(0, middle);
            Bucket high = bucket.part(middle, bucket.size);
            int half = 1 << (depth - low.depth);
            int first = place(hash) & -(2 * half);
            Arrays.fill(directory, first, first + half, low);
            Arrays.fill(directory, first + half, first + 2 * half, high);
            buckets++;
            bucket = bucketOf(hash);
        }
    }

    /** Doubles the directory; false: it is large enough for so many records. */
    private boolean extend() {
        if (directory.length >= size || depth == MAX_DEPTH) {
            return false;
        }
        Bucket[] longer = new Bucket[2 * directory.length];
        for (int place = 0; place < longer.length; place++) {
            longer[place] = directory[place >>> 1];
        }
        directory = longer;
        depth++;
        return true;
    }

    /** After many were removed: the same records in fewer buckets. */
    void shrink() {
        if (buckets <= 1 << MIN_DEPTH || size >= buckets * FEWEST_IN_BUCKET) {
            return;
        }
        Bucket[] old = directory;
        int oldDepth = depth;
        int newDepth = MIN_DEPTH;
        while (1L << newDepth < size / (MOST_IN_BUCKET / 2)) {
            newDepth++;
        }
        directory = empty(newDepth);
        for (int place = 0; place < old.length; ) {
            Bucket bucket = old[place];
            for (int at = 0; at < bucket.size; at++) {
                long hash = bucket.hashes[at];
                Bucket target = bucketOf(hash);
                insert(target, target.size, hash, bucket.records[at], bucket.mark(at));
            }
            int shared = oldDepth - bucket.depth;
            place = ((place >>> shared) + 1) << shared;
        }
    }
}
