/**
 * Totally ordered multicast with Lamport clocks, safe under loss, delay and the crash of a minority. The argument stands in
 * docs/protocols/total-order.md.
 */
@NullMarked
package com.kvstore.protocol.totalorder;

import org.jspecify.annotations.NullMarked;
