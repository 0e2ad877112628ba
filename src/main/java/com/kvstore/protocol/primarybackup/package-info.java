/** Primary-backup: Viewstamped Replication Revisited (Liskov and Cowling, 2012) over a whole group. */
@NullMarked
package com.kvstore.protocol.primarybackup;

import org.jspecify.annotations.NullMarked;
