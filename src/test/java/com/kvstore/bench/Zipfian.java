package com.kvstore.bench;

import java.util.Random;

/**
 * Numbers of which the first are drawn most: the n-th with a probability in proportion to 1 / n^skew. Scattered, so that
 * the favourites are not neighbours.
 *
 * <p>Source: Gray et al., Quickly Generating Billion-Record Synthetic Databases, 1994, as YCSB uses it.
 */
final class Zipfian {
    private final int items;
    private final double theta;
    private final double zetaN;
    private final double alpha;
    private final double eta;
    private final Random random;

    Zipfian(int items, double skew, Random random) {
        this.items = items;
        this.theta = skew;
        this.random = random;
        this.zetaN = zeta(items);
        this.alpha = 1 / (1 - theta);
        this.eta = (1 - Math.pow(2.0 / items, 1 - theta)) / (1 - zeta(2) / zetaN);
    }

    private double zeta(int n) {
        double sum = 0;
        for (int i = 1; i <= n; i++) {
            sum += 1 / Math.pow(i, theta);
        }
        return sum;
    }

    /** From 0 to the number of items - 1. */
    int next() {
        double u = random.nextDouble();
        double uz = u * zetaN;
        int rank;
        if (uz < 1) {
            rank = 0;
        } else if (uz < 1 + Math.pow(0.5, theta)) {
            rank = 1;
        } else {
            rank = (int) Math.min(items - 1L, (long) (items * Math.pow(eta * u - eta + 1, alpha)));
        }
        return (int) (rank * 2_654_435_761L % items);
    }
}
