/** The library and the prompt. */
@NullMarked
package com.kvstore.client;

import org.jspecify.annotations.NullMarked;
