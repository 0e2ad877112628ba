/** Snapshots: what all data nodes held at one moment, read while writes go on. */
@NullMarked
package com.kvstore.protocol.snapshot;

import org.jspecify.annotations.NullMarked;
