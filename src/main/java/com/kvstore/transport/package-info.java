/** Netty: links, framing, telling protocols apart on one port, UDP. */
@NullMarked
package com.kvstore.transport;

import org.jspecify.annotations.NullMarked;
