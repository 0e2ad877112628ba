package com.kvstore.protocol.ring;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.parts.RecordTable;

/** STUB: being written. */
public final class SlaveMachine implements Machine {
    /** @param incarnation random, drawn when {@code table} was created empty */
    public SlaveMachine(SlaveConfig config, RecordTable table, long incarnation) {}

    @Override
    public void on(Input input, long nowNs, Effects effects) {}

    @Override
    public void turnEnded(long nowNs, Effects effects) {}
}
