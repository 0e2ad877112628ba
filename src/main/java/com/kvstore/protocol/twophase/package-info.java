/** Two-phase commit over the copies of each key, reads and the cache rule. */
@NullMarked
package com.kvstore.protocol.twophase;

import org.jspecify.annotations.NullMarked;
