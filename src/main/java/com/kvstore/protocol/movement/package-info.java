/** What moves between two views, and the machines that move it online. */
@NullMarked
package com.kvstore.protocol.movement;

import org.jspecify.annotations.NullMarked;
