/** What a protocol machine is: inputs, effects and time as an argument. */
@NullMarked
package com.kvstore.protocol.kernel;

import org.jspecify.annotations.NullMarked;
