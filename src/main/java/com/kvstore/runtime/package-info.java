/** The driver that runs machines on event loops, timers and files. */
@NullMarked
package com.kvstore.runtime;

import org.jspecify.annotations.NullMarked;
