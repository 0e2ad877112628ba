package com.kvstore.client;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import org.jspecify.annotations.Nullable;

/** A line or a command line, understood. Immutable. */
sealed interface PromptCommand {

    /** What people call a request to the store. */
    enum Word {
        PUT,
        GET,
        UPDATE,
        DELETE,
        STATUS,
        RING,
        WHERE,
        PLAN,
        DRAIN,
        FORGET,
        ACCEPT_LOSS
    }

    /**
     * A request to the store.
     *
     * @param subject the key or the server it is about, as people read it
     * @param format null: the session's
     */
    record Ask(
            Word word,
            Bytes subject,
            Command command,
            @Nullable Format format) implements PromptCommand {
        boolean writes() {
            return command instanceof Command.Transact;
        }

        /** Whether {@code subject} is a key that this request reads or writes. */
        boolean aboutKey() {
            return writes() || word == Word.GET;
        }
    }

    /** Puts each line of a file as a key. */
    record Load(String file) implements PromptCommand {}

    record PutFile(Bytes key, String file) implements PromptCommand {}

    record GetFile(Bytes key, String file) implements PromptCommand {}

    record Help() implements PromptCommand {}

    record Exit() implements PromptCommand {}

    /** Nothing was typed. */
    record Blank() implements PromptCommand {}

    /** @param message what is wrong and what is expected */
    record Bad(String message) implements PromptCommand {}
}
