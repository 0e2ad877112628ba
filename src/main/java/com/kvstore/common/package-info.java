/** Values and data structures that everything stands on: no sockets, files, threads or clocks. */
@NullMarked
package com.kvstore.common;

import org.jspecify.annotations.NullMarked;
