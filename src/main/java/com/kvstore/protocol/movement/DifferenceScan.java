package com.kvstore.protocol.movement;

import com.kvstore.common.Version;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.Fetch;
import com.kvstore.protocol.movement.MoveMessage.Piece;
import com.kvstore.protocol.movement.MoveMessage.Stretch;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.Digests;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The source's side of a comparison: walks its own records along the pieces of a {@link Fetch} and gathers those of the
 * pieces whose digests differ.
 *
 * <p>A piece too large to compare in one step (the target has little where the source has much) is not compared: its
 * beginning is sent, which is always right, if not always needed.
 */
final class DifferenceScan extends BoundedScan {
    private final Fetch fetch;
    private final PositionSet ranges;
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

    DifferenceScan(Fetch fetch, PositionSet ranges) {
        this.fetch = fetch;
        this.ranges = ranges;
        this.halfOfMaxBytes = fetch.maxBytes() / 2;
        this.pieceFirst = fetch.from();
    }

    @Override
    protected boolean goOn(long nextHash) {
        List<Piece> pieces = fetch.pieces();
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
        if (ranges.contains(record.position())) {
            digest.add(scanHash, record);
            inPiece.add(record);
            bytesInPiece += bytesOf(record.key(), record.value());
        }
    }

    /**
     * The answer, once the scan has run.
     *
     * @param committed goes with it if it is the last one
     */
    Chunk chunk(Supplier<List<Version>> committed) {
        if (reached() == END) {
            while (piece < fetch.pieces().size()) {
                endPiece();
            }
            stopAt(fetch.pieces().get(piece - 1).last());
        }
        return new Chunk(fetch.move(), reached(), differing, reached() == END ? committed.get() : List.of());
    }

    private void endPiece() {
        Piece ended = fetch.pieces().get(piece);
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
}
