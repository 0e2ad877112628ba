package com.kvstore.wire;

import com.kvstore.common.Condition;
import com.kvstore.protocol.totalorder.TotalOrderMessage;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Accept;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Accepted;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Behind;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Cast;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetch;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetched;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Guard;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Join;
import com.kvstore.protocol.totalorder.TotalOrderMessage.LaneVote;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Op;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Open;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Prepare;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Promise;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Refuse;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Sealed;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Transaction;
import java.util.Set;

/**
 * What peers of a total-order group say to each other, as JSON; recovery and snapshots are in
 * {@link TotalOrderRecoveryJson}. Thread-safe: no state.
 */
final class TotalOrderJson {
    static final Set<String> TYPES = Set.of(
            "to-cast",
            "to-fetch",
            "to-fetched",
            "to-behind",
            "to-prepare",
            "to-promise",
            "to-refuse",
            "to-accept",
            "to-accepted",
            "to-sealed",
            "to-join",
            "to-recover",
            "to-recover-refused",
            "to-recover-state",
            "to-snapshot-ask",
            "to-snapshot-chunk");

    static final String FORMATION = "formation";
    static final String LIVES = "lives";
    static final String LIFE = "life";
    static final String LANE = "lane";
    static final String CLOCK = "clock";
    static final String DELIVERED = "delivered";
    static final String SEAL_BALLOT = "seal_ballot";
    static final String SEAL_LENGTH = "seal_length";
    static final String SEALED = "sealed";
    static final String KNOWN = "known";
    private static final String FIRST = "first";
    private static final String ENTRIES = "entries";
    private static final String VOTED = "voted";
    private static final String ECHO = "echo";
    private static final String BALLOT = "ballot";
    private static final String LENGTH = "length";
    private static final String AFTER = "after";
    private static final String COUNTER = "counter";
    private static final String WALL = "wall_ms";
    private static final String KEY = "key";

    private TotalOrderJson() {}

    /** Begins a message. */
    static JsonOut start(String type, TotalOrderMessage message) {
        return JsonOut.nodeLine(type).hex(FORMATION, message.formation());
    }

    static JsonOut write(TotalOrderMessage message) {
        if (message instanceof Cast cast) {
            return start("to-cast", cast)
                    .numbers(LIVES, cast.lives())
                    .putUnless(-1, LANE, cast.lane())
                    .put(CLOCK, cast.clock())
                    .put(ECHO, cast.echo())
                    .put(FIRST, cast.first())
                    .list(ENTRIES, cast.entries(), TotalOrderJson::writeEntry)
                    .list("votes", cast.votes(), (vote, to) -> to.put(LANE, vote.lane())
                            .put(VOTED, vote.voted())
                            .putUnless(-1, ECHO, vote.echo()))
                    .put(DELIVERED, cast.delivered());
        }
        if (message instanceof Fetch fetch) {
            return start("to-fetch", fetch).put(LANE, fetch.lane()).put(FIRST, fetch.from());
        }
        if (message instanceof Fetched fetched) {
            return start("to-fetched", fetched)
                    .put(LANE, fetched.lane())
                    .put(FIRST, fetched.first())
                    .list(ENTRIES, fetched.entries(), TotalOrderJson::writeEntry)
                    .put(KNOWN, fetched.known())
                    .put(CLOCK, fetched.clock())
                    .putUnless(-1, SEALED, fetched.sealed());
        }
        if (message instanceof Behind behind) {
            return start("to-behind", behind).put(DELIVERED, behind.delivered());
        }
        if (message instanceof Join join) {
            return start("to-join", join).put(LIFE, join.life()).put(AFTER, join.after());
        }
        return writeBallot(message);
    }

    private static JsonOut writeBallot(TotalOrderMessage message) {
        if (message instanceof Prepare prepare) {
            return start("to-prepare", prepare).put(LANE, prepare.lane()).put(BALLOT, prepare.ballot());
        }
        if (message instanceof Promise promise) {
            return start("to-promise", promise)
                    .numbers(LIVES, promise.lives())
                    .put(LANE, promise.lane())
                    .put(BALLOT, promise.ballot())
                    .put(VOTED, promise.voted())
                    .put(SEAL_BALLOT, promise.sealBallot())
                    .put(SEAL_LENGTH, promise.sealLength());
        }
        if (message instanceof Refuse refuse) {
            return start("to-refuse", refuse).put(LANE, refuse.lane()).put(BALLOT, refuse.ballot());
        }
        if (message instanceof Accept accept) {
            return start("to-accept", accept)
                    .put(LANE, accept.lane())
                    .put(BALLOT, accept.ballot())
                    .put(LENGTH, accept.length());
        }
        if (message instanceof Accepted accepted) {
            return start("to-accepted", accepted)
                    .numbers(LIVES, accepted.lives())
                    .put(LANE, accepted.lane())
                    .put(BALLOT, accepted.ballot());
        }
        if (message instanceof Sealed sealed) {
            return start("to-sealed", sealed).put(LANE, sealed.lane()).put(LENGTH, sealed.length());
        }
        return TotalOrderRecoveryJson.write(message);
    }

    static TotalOrderMessage read(String type, JsonIn in) throws ProtocolException {
        long formation = in.hex(FORMATION);
        return switch (type) {
            case "to-cast" ->
                new Cast(
                        formation,
                        in.smallNumbers(LIVES),
                        in.has(LANE) ? in.number(LANE) : -1,
                        in.number(CLOCK),
                        in.number(ECHO),
                        in.number(FIRST),
                        in.list(ENTRIES, TotalOrderJson::readEntry),
                        in.list(
                                "votes",
                                vote -> new LaneVote(
                                        vote.number(LANE),
                                        vote.number(VOTED),
                                        vote.has(ECHO) ? vote.number(ECHO) : -1)),
                        in.number(DELIVERED));
            case "to-fetch" -> new Fetch(formation, in.number(LANE), in.number(FIRST));
            case "to-fetched" ->
                new Fetched(
                        formation,
                        in.number(LANE),
                        in.number(FIRST),
                        in.list(ENTRIES, TotalOrderJson::readEntry),
                        in.number(KNOWN),
                        in.number(CLOCK),
                        in.has(SEALED) ? in.number(SEALED) : -1);
            case "to-behind" -> new Behind(formation, in.number(DELIVERED));
            case "to-join" -> new Join(formation, in.smallNumber(LIFE), in.number(AFTER));
            case "to-prepare" -> new Prepare(formation, in.number(LANE), in.number(BALLOT));
            case "to-promise" ->
                new Promise(
                        formation,
                        in.smallNumbers(LIVES),
                        in.number(LANE),
                        in.number(BALLOT),
                        in.number(VOTED),
                        in.number(SEAL_BALLOT),
                        in.number(SEAL_LENGTH));
            case "to-refuse" -> new Refuse(formation, in.number(LANE), in.number(BALLOT));
            case "to-accept" -> new Accept(formation, in.number(LANE), in.number(BALLOT), in.number(LENGTH));
            case "to-accepted" -> new Accepted(formation, in.smallNumbers(LIVES), in.number(LANE), in.number(BALLOT));
            case "to-sealed" -> new Sealed(formation, in.number(LANE), in.number(LENGTH));
            default -> TotalOrderRecoveryJson.read(type, formation, in);
        };
    }

    private static void writeEntry(Entry entry, JsonOut out) {
        out.put(COUNTER, entry.counter()).put(WALL, entry.wallMs()).list("ops", entry.ops(), TotalOrderJson::writeOp);
    }

    private static Entry readEntry(JsonIn in) throws ProtocolException {
        return new Entry(in.number(COUNTER), in.number(WALL), in.list("ops", TotalOrderJson::readOp));
    }

    private static void writeOp(Op op, JsonOut out) {
        if (op instanceof Transaction transaction) {
            JsonRequests.writeRequestId(transaction.id(), out);
            out.list(
                            "guards",
                            transaction.guards(),
                            (guard, to) -> ConditionJson.write(guard.condition(), to.put(KEY, guard.key())))
                    .list(
                            "writes",
                            transaction.writes(),
                            (write, to) -> WriteJson.write(write, to.put("op", WriteJson.opOf(write))));
        } else if (op instanceof Open open) {
            out.put("opens", open.owner()).put(LIFE, open.life()).put(AFTER, open.after());
        }
    }

    private static Op readOp(JsonIn in) throws ProtocolException {
        if (in.has("opens")) {
            return new Open(in.smallNumber("opens"), in.smallNumber(LIFE), in.number(AFTER));
        }
        return new Transaction(
                JsonRequests.requestId(in),
                in.list("guards", each -> new Guard(each.bytes(KEY), ConditionJson.read(each, Condition.NONE))),
                in.list("writes", each -> WriteJson.read(each.text("op"), each)));
    }
}
