package com.kvstore.mutants;

import java.util.List;

/** The total-order protocol, broken on purpose. */
final class TotalOrderMutants {
    private static final String PROTOCOL = "total-order";
    private static final String DIRECTORY = "protocol/totalorder/";

    static final List<Mutant> ALL = List.of(
            mutant(
                    "total order: a bare majority of votes delivers, whatever may still come below",
                    "Order.java",
                    "if (first == null || blocking(first.next().counter(), first) != null) {",
                    "if (first == null) {",
                    1),
            mutant(
                    "total order: deliver before a majority holds it",
                    "Order.java",
                    "return lane.isSealed() || votes.chosen(lane) > lane.delivered;",
                    "return true;",
                    3),
            mutant(
                    "total order: take entries of a lane after promising to take none",
                    "Lane.java",
                    "return Math.min(durable, promised == 0 ? known() : voteless ? 0 : frozen);",
                    "return Math.min(durable, known());",
                    18),
            mutant(
                    "total order: a ballot ends a lane at its beginning",
                    "Ballots.java",
                    "ballot.length = length;",
                    "ballot.length = 0;",
                    1),
            mutant(
                    "total order: a ballot with one promise too few",
                    "Ballots.java",
                    "if (ballot.promises.size() < node.majority()) {",
                    "if (ballot.promises.size() < node.majority() - 1) {",
                    1),
            mutant(
                    "total order: a read does not wait for its place in the order",
                    "Requests.java",
                    "if (!order.isPast(round.counter) || !node.votes.isEchoed(lane, round.echo)) {",
                    "if (!node.votes.isEchoed(lane, round.echo)) {",
                    3));

    private static Mutant mutant(String name, String file, String was, String is, long seed) {
        return new Mutant(name, DIRECTORY + file, was, is, seed, PROTOCOL);
    }

    private TotalOrderMutants() {}
}
