/** Codecs between messages and bytes: binary frames and JSON lines. No channels. */
@NullMarked
package com.kvstore.wire;

import org.jspecify.annotations.NullMarked;
