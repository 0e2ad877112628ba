package com.kvstore.protocol.kernel;

/** A state that a driver can make durable. */
public interface Persistent {}
