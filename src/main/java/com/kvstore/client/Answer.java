package com.kvstore.client;

import com.kvstore.common.Bytes;

/**
 * What a command is answered with.
 *
 * @param status as a process ends with it: {@link #DONE}, {@link #NOT_FOUND} or {@link #ERROR}
 * @param body what is printed, without the last line end
 * @param bare a value's own bytes, to which nothing may be added
 */
record Answer(int status, Bytes body, boolean bare) {
    static final int DONE = 0;
    static final int NOT_FOUND = 1;
    static final int ERROR = 2;

    static Answer of(int status, String text) {
        return new Answer(status, Bytes.of(text), false);
    }

    boolean empty() {
        return body.length() == 0 && !bare;
    }
}
