/** The data node: a thin shell over its machine. */
@NullMarked
package com.kvstore.slave;

import org.jspecify.annotations.NullMarked;
