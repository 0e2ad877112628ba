package com.kvstore.protocol.parts;

/**
 * A stretch of one node's records, told by its digest: it begins where the piece before it ends.
 *
 * @param last the piece's last scan hash (unsigned), included
 * @param digest of the records in it, 0 if there are none
 */
public record Piece(long last, long digest) {}
