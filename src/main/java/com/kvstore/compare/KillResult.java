package com.kvstore.compare;

import java.util.List;

/**
 * What happened when one server was killed under load.
 *
 * @param servers how many there were before
 * @param pauseMs the longest that any writer went without an acknowledgement after the kill
 * @param usualMs the same in the time before the kill, for comparison
 * @param resumed whether every writer was acknowledged something after the kill
 * @param audit what the keys showed that were written once
 * @param verdict of the history that other clients recorded meanwhile
 * @param timeline acknowledged writes
 */
record KillResult(
        Protocol protocol,
        int servers,
        double pauseMs,
        double usualMs,
        boolean resumed,
        Told told,
        Ledger.Audit audit,
        Verdict verdict,
        Timeline timeline) {

    /** What the writers and the recording clients were told. */
    record Told(long acknowledged, long refused, long unknown) {}

    /**
     * @param correct whether it is as the protocol promises
     * @param text for people, in one line
     * @param operations how many were judged
     */
    record Verdict(boolean correct, String text, int operations) {}

    /**
     * @param acknowledged in each bucket, from the beginning
     * @param bucketMs a bucket's width
     * @param killedMs when the server was killed
     */
    record Timeline(List<Integer> acknowledged, int bucketMs, long killedMs) {
        Timeline {
            acknowledged = List.copyOf(acknowledged);
        }
    }
}
