/** The ring's two nodes, composed of membership, two-phase commit and movement. */
@NullMarked
package com.kvstore.protocol.ring;

import org.jspecify.annotations.NullMarked;
