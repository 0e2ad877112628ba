/** Who is in the cluster and who holds which arc: the view as a value, and its changes. */
@NullMarked
package com.kvstore.protocol.membership;

import org.jspecify.annotations.NullMarked;
