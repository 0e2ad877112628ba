/** The protocols side by side: starts groups of real processes, measures and breaks them, and reports. */
@NullMarked
package com.kvstore.compare;

import org.jspecify.annotations.NullMarked;
