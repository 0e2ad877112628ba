package com.kvstore.resp;

/** A command that is answered with an error, in the words Redis uses. */
final class RespException extends Exception {
    private static final long serialVersionUID = 1L;

    static final String SYNTAX = "ERR syntax error";
    static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    static final String NOT_A_FLOAT = "ERR value is not a valid float";

    /** @param error begins with its code, such as {@code ERR} */
    RespException(String error) {
        super(error, null, false, false);
    }

    String error() {
        return String.valueOf(getMessage());
    }

    static RespException wrongNumber(String command) {
        return new RespException("ERR wrong number of arguments for '" + command + "' command");
    }
}
