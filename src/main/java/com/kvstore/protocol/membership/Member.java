package com.kvstore.protocol.membership;

import com.kvstore.common.ServerNode;

/**
 * A data node as the view knows it.
 *
 * @param id names this incarnation of this address within the cluster; rises, never used twice
 * @param address where it is reached
 * @param incarnation drawn at random by the node when its tables are created empty; another incarnation is other data
 * @param durable its data survives a restart of its process
 * @param leaving an operator drains it: it is off the ring and goes once its copies are elsewhere
 */
public record Member(int id, ServerNode address, long incarnation, boolean durable, boolean leaving) {}
