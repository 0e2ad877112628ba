/** Tables that hold stored records, in memory and on disk, and the journal before those on disk. */
@NullMarked
package com.kvstore.storage;

import org.jspecify.annotations.NullMarked;
