/** Tables that hold stored records. */
@NullMarked
package com.kvstore.storage;

import org.jspecify.annotations.NullMarked;
