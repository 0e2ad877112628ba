/**
 * Eventual SYNC: every peer takes writes by itself and tells the others; newer versions win. See
 * docs/protocols/eventual.md.
 */
@NullMarked
package com.kvstore.protocol.eventual;

import org.jspecify.annotations.NullMarked;
