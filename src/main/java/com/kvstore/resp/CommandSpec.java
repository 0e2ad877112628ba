package com.kvstore.resp;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One command, as {@code COMMAND} describes it.
 *
 * @param name lower case
 * @param arity words, the name among them; negative: at least so many
 * @param flags as Redis has them
 * @param firstKey word number of the first key; 0: it has none
 * @param lastKey of the last; negative counts from the end
 * @param step from one key to the next
 * @param parser for data commands; null: the connection or a walk over all keys answers
 */
record CommandSpec(
        String name,
        int arity,
        List<String> flags,
        int firstKey,
        int lastKey,
        int step,
        Operation.@Nullable Parser parser) {

    boolean accepts(int words) {
        return arity < 0 ? words >= -arity : words == arity;
    }

    /** That there are as many words as it takes. */
    void check(Arguments words) throws RespException {
        if (!accepts(words.count())) {
            throw RespException.wrongNumber(name);
        }
        if (firstKey == 0) {
            SubCommands.check(words);
        }
    }

    boolean has(String flag) {
        return flags.contains(flag);
    }
}
