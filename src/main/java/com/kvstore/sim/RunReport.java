package com.kvstore.sim;

import java.util.Map;

/**
 * What a run that found nothing wrong was like: shows whether the rare paths were really taken.
 *
 * @param traceHash the same for every run of this seed
 * @param events inputs and effects
 * @param simulatedNs how long it lasted in its own time
 * @param operations the clients'
 * @param answers how often each kind of answer came
 * @param faults how often each fault was caused
 */
public record RunReport(
        long traceHash,
        long events,
        long simulatedNs,
        int operations,
        Map<String, Integer> answers,
        Map<String, Integer> faults,
        Map<String, Integer> notes) {}
