package com.kvstore.protocol.parts;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * The answering side of a comparison: walks its own records along the other's pieces and gathers those of the
 * pieces whose digests differ.
 *
 * <p>A piece too large to compare in one step (the other has little where this node has much) is not compared: its
 * beginning is sent, which is always right, if not always needed.
 */
public final class DifferenceScan extends BoundedScan {
    private final List<Piece> pieces;
    private final IntPredicate positions;
    private final boolean tombstonesCount;
    /** Half for what has been decided to send, half for the piece under the pen: together what was asked for. */
    private final long halfOfMaxBytes;

    private final List<Stretch> differing = new ArrayList<>();
    private long differingBytes;

    /** The piece that is being compared, as an index. */
    private int piece;

    private long pieceFirst;
    private final Digests digest = new Digests();
    private List<StoredRecord> inPiece = new ArrayList<>();
    private long bytesInPiece;

    /**
     * @param from a scan hash (unsigned), included; {@link #run} it from there
     * @param pieces the other's, the first beginning at {@code from}; not empty, in order
     * @param maxBytes gather about so much
     * @param positions whose records are compared
     * @param tombstonesCount as the other's digests have it
     */
    public DifferenceScan(
            long from, List<Piece> pieces, int maxBytes, IntPredicate positions, boolean tombstonesCount) {
        this.pieces = pieces;
        this.positions = positions;
        this.tombstonesCount = tombstonesCount;
        this.halfOfMaxBytes = maxBytes / 2;
        this.pieceFirst = from;
    }

    @Override
    protected boolean goOn(long nextHash) {
        while (Long.compareUnsigned(nextHash, pieces.get(piece).last()) > 0) {
            long last = pieces.get(piece).last();
            endPiece();
            if (piece == pieces.size() || differingBytes >= halfOfMaxBytes) {
                stopAt(last);
                return false;
            }
        }
        boolean tooLarge = !inPiece.isEmpty() && bytesInPiece >= halfOfMaxBytes;
        if (tooLarge || (spent() && piece == 0)) {
            // Cannot tell whether the piece differs, so it counts as different as far as it was read.
            if (!inPiece.isEmpty() || pieces.get(piece).digest() != 0) {
                differing.add(new Stretch(pieceFirst, nextHash - 1, inPiece));
            }
            stopAt(nextHash - 1);
            return false;
        }
        if (spent()) {
            stopAt(pieceFirst - 1);
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
            inPiece.add(record);
            bytesInPiece += bytesOf(record.key(), record.value());
        }
    }

    /** The stretches that differ, once the scan has run; {@link #reached} is up to where they answer. */
    public List<Stretch> differing() {
        if (reached() == END) {
            while (piece < pieces.size()) {
                endPiece();
            }
            stopAt(pieces.get(piece - 1).last());
        }
        return differing;
    }

    private void endPiece() {
        Piece ended = pieces.get(piece);
        if (digest.value() != ended.digest()) {
            differing.add(new Stretch(pieceFirst, ended.last(), inPiece));
            differingBytes += bytesInPiece;
        }
        digest.reset();
        inPiece = new ArrayList<>();
        bytesInPiece = 0;
        pieceFirst = ended.last() + 1;
        piece++;
    }

    /** Whether {@code pieces} can be compared from {@code from} on: some, each ending behind the one before. */
    public static boolean inOrder(long from, List<Piece> pieces) {
        boolean complete = false;
        long next = from;
        for (Piece piece : pieces) {
            if (complete || Long.compareUnsigned(piece.last(), next) < 0) {
                return false;
            }
            complete = piece.last() == END;
            next = piece.last() + 1;
        }
        return !pieces.isEmpty();
    }
}
