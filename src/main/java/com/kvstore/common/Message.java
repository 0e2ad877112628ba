package com.kvstore.common;

/**
 * Anything that crosses a wire between two nodes, or between a client and a node. Each protocol keeps its messages, all
 * of them immutable records, in its own package; the codecs of {@code wire} know every one.
 */
public interface Message {}
