/** Main classes and their command lines. */
@NullMarked
package com.kvstore.app;

import org.jspecify.annotations.NullMarked;
