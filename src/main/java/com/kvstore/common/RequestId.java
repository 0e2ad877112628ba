package com.kvstore.common;

/**
 * Names a client's request so that a retry of it is applied at most once.
 *
 * @param client the client's own random name, 1 to 64 characters
 * @param number 1 for the client's first request, then one more for each; a retry keeps its number
 * @param epoch the epoch the client knew when it first sent this request; a retry keeps it
 * @param acknowledged every number up to this one has been answered and will not be sent again; 0 if none
 */
public record RequestId(String client, long number, long epoch, long acknowledged) {
    public static final int MAX_CLIENT_LENGTH = 64;

    public RequestId {
        if (client.isEmpty() || client.length() > MAX_CLIENT_LENGTH) {
            throw new IllegalArgumentException("request_id: a client name has 1 to 64 characters");
        }
        if (number < 1 || epoch < 0 || acknowledged < 0 || acknowledged >= number) {
            throw new IllegalArgumentException("request_id: number must be 1 or more, epoch and acknowledged 0 or more,"
                    + " and acknowledged below number");
        }
    }
}
