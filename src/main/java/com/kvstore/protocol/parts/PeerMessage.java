package com.kvstore.protocol.parts;

import com.kvstore.common.Message;
import java.util.List;

/** What peers of a group say to each other whatever protocol they run. */
public sealed interface PeerMessage extends Message {

    /**
     * The first message on a link: who speaks on it. Nothing else on a link counts before it.
     *
     * @param group the {@code Group.digest} of the sender's group file
     * @param incarnation random, drawn when the process started
     */
    record Greeting(int from, long group, long incarnation) implements PeerMessage {}

    /**
     * What {@link Formation} says of the sender; sent whenever it changes and now and then besides.
     *
     * @param nonce random; names the emptiness the sender is or was in, see {@link Formation}
     * @param formed which formation of the group the sender belongs to; 0: none, it holds nothing
     * @param founders the nonces of that formation, in the order of the group; while {@code formed} is 0, those with which
     *     the sender is ready to found one; empty: none
     */
    record Presence(long nonce, long formed, List<Long> founders) implements PeerMessage {
        public Presence {
            founders = List.copyOf(founders);
        }
    }
}
