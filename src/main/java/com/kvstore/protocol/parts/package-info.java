/**
 * Parts that several protocols share: stored records, the request table, digests; of groups of peers, their links, how a
 * group begins, and what makes a peer's machine durable.
 */
@NullMarked
package com.kvstore.protocol.parts;

import org.jspecify.annotations.NullMarked;
