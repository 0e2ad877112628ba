/** The Redis protocol: any Redis client can use the store. */
@NullMarked
package com.kvstore.resp;

import org.jspecify.annotations.NullMarked;
