package com.kvstore.protocol.kernel;

/**
 * Names a timer; setting one that is set moves it.
 *
 * @param kind what it is for, such as {@code "health-check"}
 * @param subject which one of that kind, such as a member's id; 0 if there is only one
 */
public record TimerId(String kind, long subject) {}
