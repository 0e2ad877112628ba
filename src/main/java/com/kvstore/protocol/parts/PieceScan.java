package com.kvstore.protocol.parts;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * The asking side of a comparison: divides what it has into pieces of a few records and digests each.
 *
 * <p>Small pieces keep what is sent for one differing record small; a piece without records may be as long as the space.
 */
public final class PieceScan extends BoundedScan {
    public static final int RECORDS_PER_PIECE = 16;
    public static final int MAX_PIECES = 64;

    private final IntPredicate positions;
    private final boolean tombstonesCount;
    private final long bytesPerPiece;
    private final List<Piece> pieces = new ArrayList<>();
    private final Digests digest = new Digests();
    private int inPiece;
    private long bytesInPiece;

    /**
     * @param positions whose records are compared
     * @param tombstonesCount whether a tombstone that one side lacks is a difference
     * @param bytesPerPiece a piece ends once its records have so many bytes, however few they are
     */
    public PieceScan(IntPredicate positions, boolean tombstonesCount, long bytesPerPiece) {
        this.positions = positions;
        this.tombstonesCount = tombstonesCount;
        this.bytesPerPiece = bytesPerPiece;
    }

    @Override
    protected boolean goOn(long nextHash) {
        boolean enough = spent();
        if (enough || inPiece >= RECORDS_PER_PIECE || bytesInPiece >= bytesPerPiece) {
            endPiece(nextHash - 1);
        }
        if (enough || pieces.size() == MAX_PIECES) {
            stopAt(nextHash - 1);
            return false;
        }
        return true;
    }

    @Override
    protected void take(long scanHash, StoredRecord record) {
        if (positions.test(record.position())) {
            if (tombstonesCount) {
                digest.addAny(scanHash, record);
            } else {
                digest.add(scanHash, record);
            }
            inPiece++;
            bytesInPiece += bytesOf(record.key(), record.value());
        }
    }

    /** The pieces, once the scan has run; never empty. */
    public List<Piece> pieces() {
        if (reached() == END
                && (pieces.isEmpty() || pieces.get(pieces.size() - 1).last() != END)) {
            endPiece(END);
        }
        return pieces;
    }

    private void endPiece(long last) {
        pieces.add(new Piece(last, digest.value()));
        digest.reset();
        inPiece = 0;
        bytesInPiece = 0;
    }
}
