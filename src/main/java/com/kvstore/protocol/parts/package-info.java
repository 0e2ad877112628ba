/** Parts that several protocols share: stored records, the request table, digests. */
@NullMarked
package com.kvstore.protocol.parts;

import org.jspecify.annotations.NullMarked;
