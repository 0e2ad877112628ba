package com.kvstore.protocol.movement;

import com.kvstore.protocol.movement.MoveMessage.Piece;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.Digests;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * The target's side of a comparison: divides what it has of a move's ranges into pieces of a few records and digests
 * each.
 *
 * <p>Small pieces keep what is sent for one differing record small; a piece without records may be as long as the space.
 */
final class PieceScan extends BoundedScan {
    static final int RECORDS_PER_PIECE = 16;
    static final int MAX_PIECES = 64;

    private final PositionSet ranges;
    private final long bytesPerPiece;
    private final List<Piece> pieces = new ArrayList<>();
    private final Digests digest = new Digests();
    private int inPiece;
    private long bytesInPiece;

    /** @param bytesPerPiece a piece ends once its records have so many bytes, however few they are */
    PieceScan(PositionSet ranges, long bytesPerPiece) {
        this.ranges = ranges;
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
        if (ranges.contains(record.position())) {
            digest.add(scanHash, record);
            inPiece++;
            bytesInPiece += bytesOf(record.key(), record.value());
        }
    }

    /** The pieces, once the scan has run; never empty. */
    List<Piece> pieces() {
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
