package com.kvstore.client;

/** How answers are written. */
public enum Format {
    /** For people. */
    TEXT,
    /** A value's bare bytes; everything else as for people. */
    RAW,
    /** One JSON object a line, errors too. */
    JSON
}
