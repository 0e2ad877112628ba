/**
 * The history checker: judges what clients of a store were told, whoever recorded it, the simulator or a real cluster.
 *
 * <p>Knows neither machines nor messages: a history is all it sees.
 */
@NullMarked
package com.kvstore.sim.check;

import org.jspecify.annotations.NullMarked;
