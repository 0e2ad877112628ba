/** The coordinator: a thin shell over its machine. */
@NullMarked
package com.kvstore.coordinator;

import org.jspecify.annotations.NullMarked;
