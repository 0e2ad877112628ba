package com.kvstore.compare;

import java.util.ArrayList;
import java.util.List;

/** What is compared, in the order of the report. */
public enum Protocol {
    /** The coordinator and its data nodes: two copies, two-phase commit. */
    RING("ring", "a coordinator; two copies of a key, two-phase commit", "a data node that owns keys"),
    /** A replicated log with a primary. */
    PRIMARY_BACKUP("primary-backup", "the primary orders, a majority holds", "the primary"),
    /** Lamport timestamps and votes. */
    TOTAL_ORDER("total-order", "multicast with timestamps, a majority votes", "a peer, with its share of the clients"),
    /** Local writes, SYNC afterwards. */
    EVENTUAL("eventual", "written here, the others are told", "a peer, with its share of the clients");

    private final String word;
    private final String idea;
    private final String victim;

    Protocol(String word, String idea, String victim) {
        this.word = word;
        this.idea = idea;
        this.victim = victim;
    }

    /** As it is written in a group file and on the command line. */
    public String word() {
        return word;
    }

    String idea() {
        return idea;
    }

    /** Who is killed, for people. */
    String victim() {
        return victim;
    }

    /**
     * @param text {@code all}, or words with commas between them
     * @throws IllegalArgumentException with a message for people
     */
    public static List<Protocol> parse(String text) {
        if (text.equals("all")) {
            return List.of(values());
        }
        List<Protocol> found = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Protocol protocol = of(part.trim());
            if (!found.contains(protocol)) {
                found.add(protocol);
            }
        }
        return found;
    }

    private static Protocol of(String word) {
        for (Protocol each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException(
                "--protocols is all, or some of ring, primary-backup, total-order, eventual with commas between them,"
                        + " not '" + word + "'");
    }
}
