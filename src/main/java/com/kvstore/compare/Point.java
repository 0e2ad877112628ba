package com.kvstore.compare;

/**
 * What was measured of one group.
 *
 * @param servers of the ring the data nodes, else the peers
 * @param writeAlone writes of a single client, one after the other: latency without a queue
 * @param readAlone reads, the same
 * @param writeMany writes of many clients at once: throughput
 * @param readMany reads, the same
 */
record Point(
        Protocol protocol, int servers, Figures writeAlone, Figures readAlone, Figures writeMany, Figures readMany) {}
