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
        ACCEPT_LOSS,
        REPAIR,
        PUT_IF_ABSENT,
        PUT_IF_VERSION,
        PUT_TTL,
        COMPARE_AND_DELETE,
        VERSION,
        MULTI_GET,
        MULTI_PUT,
        COUNT
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

        /** Whether {@code subject} is the one key that this request reads or writes. */
        boolean aboutKey() {
            boolean several = word == Word.MULTI_PUT;
            return (writes() && !several) || word == Word.GET || word == Word.VERSION;
        }
    }

    /** Puts each line of a file as a key. */
    record Load(String file) implements PromptCommand {}

    record PutFile(Bytes key, String file) implements PromptCommand {}

    record GetFile(Bytes key, String file) implements PromptCommand {}

    /** @param put whether the directory is stored; else it is written from what is stored */
    record Directory(boolean put, Bytes prefix, String directory) implements PromptCommand {}

    /**
     * @param path a directory, or one backup
     */
    record Backup(Action action, String path) implements PromptCommand {
        enum Action {
            NOW,
            LIST,
            VERIFY,
            RESTORE,
            /** Restore over what is there. */
            REPLACE
        }
    }

    /** Shows all keys that begin with {@code prefix}. */
    record Scan(Bytes prefix) implements PromptCommand {}

    record Help() implements PromptCommand {}

    record Exit() implements PromptCommand {}

    /** Nothing was typed. */
    record Blank() implements PromptCommand {}

    /** @param message what is wrong and what is expected */
    record Bad(String message) implements PromptCommand {}
}
