/** The simulator: whole clusters in one thread, from one seed. */
@NullMarked
package com.kvstore.sim;

import org.jspecify.annotations.NullMarked;
