/** A peer's process: a thin shell over the machine of the group's protocol. */
@NullMarked
package com.kvstore.peer;

import org.jspecify.annotations.NullMarked;
