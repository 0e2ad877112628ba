package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.ClientMessage.Request;
import com.kvstore.common.ClientMessage.Response;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Limits;
import com.kvstore.common.Message;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.membership.MembershipMessage.Fenced;
import com.kvstore.protocol.membership.MembershipMessage.Goodbye;
import com.kvstore.protocol.membership.MembershipMessage.GoodbyeAnswer;
import com.kvstore.protocol.membership.MembershipMessage.Heartbeat;
import com.kvstore.protocol.membership.MembershipMessage.Hello;
import com.kvstore.protocol.membership.MembershipMessage.InDoubt;
import com.kvstore.protocol.membership.MembershipMessage.NewView;
import com.kvstore.protocol.membership.MembershipMessage.Register;
import com.kvstore.protocol.membership.MembershipMessage.RegisterRefused;
import com.kvstore.protocol.membership.MembershipMessage.Registered;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.movement.MoveMessage.CancelMove;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.Fetch;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.movement.MoveMessage.MoveFailed;
import com.kvstore.protocol.movement.MoveMessage.MoveProgress;
import com.kvstore.protocol.movement.MoveMessage.OpenMove;
import com.kvstore.protocol.movement.MoveMessage.RefuseMove;
import com.kvstore.protocol.movement.MoveMessage.StartMove;
import com.kvstore.protocol.parts.Piece;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.parts.Stretch;
import com.kvstore.protocol.snapshot.SnapshotMessage;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Expired;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Scan;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ScanReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Random valid messages of every type, the same ones for the same seed: texts of every script, bytes that are no text,
 * numbers at the ends of their ranges.
 */
public final class RandomMessages {
    private static final String[] TEXTS = {
        "",
        "a",
        "plain text",
        "with \"quotes\" \\ and\nlines\t",
        "</script>",
        "\u0000\u0001\u001f",
        "é€😀\u2028",
        "\uFFFD"
    };

    private static final List<ErrorCode> CODES = List.of(ErrorCode.values());

    private final Random random;
    private final RandomViews views;
    private final List<Supplier<Message>> types;

    public RandomMessages(Random random) {
        this.random = random;
        this.views = new RandomViews(random);
        this.types = new ArrayList<>(List.of(
                () -> new Request(anyLong(), command(), random.nextBoolean() ? requestId() : null),
                () -> new Response(anyLong(), result()),
                () -> new Register(server(), anyLong(), anyLong(), number(), random.nextBoolean(), number()),
                () -> new Registered(smallNumber(), smallNumber()),
                () -> new RegisterRefused(code(), text()),
                () -> new Hello(anyLong(), server(), number(), view()),
                () -> new Welcome(anyLong(), number(), list(this::inDoubt), versions(), versions()),
                () -> new Fenced(number()),
                () -> new NewView(view()),
                () -> new Heartbeat(server(), anyLong(), number()),
                () -> new Goodbye(server(), anyLong(), number()),
                () -> new GoodbyeAnswer(number(), smallNumber()),
                this::batch,
                () -> new SnapshotMessage.Freeze(number(), list(() -> new Range(3, 3 + random.nextInt(9)))),
                () -> new SnapshotMessage.FetchFrozen(number(), anyLong(), smallNumber()),
                () -> new SnapshotMessage.FrozenPage(number(), anyLong(), "a problem", bytes()),
                () -> new SnapshotMessage.FetchDigests(number(), anyLong()),
                () -> new SnapshotMessage.DigestPage(number(), anyLong(), "", list(this::anyLong)),
                () -> new SnapshotMessage.Thaw(number()),
                () -> new BatchReply(
                        number(),
                        random.nextBoolean(),
                        random.nextBoolean(),
                        number(),
                        list(this::refusal),
                        list(this::readAnswer),
                        list(() -> new Expired(bytes(), version()))),
                () -> new Scan(
                        number(),
                        number(),
                        list(this::smallNumber),
                        anyLong(),
                        smallNumber(),
                        bytes(),
                        number(),
                        random.nextBoolean()),
                () -> new ScanReply(number(), anyLong(), number(), list(this::bytes))));
        types.addAll(List.of(
                () -> new StartMove(number(), number(), random.nextBoolean() ? server() : null, ranges(), number()),
                () -> new CancelMove(number()),
                () -> new MoveProgress(number(), number(), number(), random.nextDouble()),
                () -> new MoveDone(number(), number(), number()),
                () -> new MoveFailed(number(), text()),
                () -> new OpenMove(number(), number(), ranges()),
                () -> new Fetch(number(), anyLong(), list(() -> new Piece(anyLong(), anyLong())), smallNumber()),
                () -> new Chunk(number(), anyLong(), list(this::stretch), list(this::version), number()),
                () -> new RefuseMove(number(), text())));
        types.addAll(new RandomGroupMessages(random, this).types());
        types.addAll(new RandomPeerMessages(random, this).types());
    }

    /** How many types there are; {@link #ofType} makes each. */
    public int types() {
        return types.size();
    }

    /** @param type 0 to {@link #types} - 1 */
    public Message ofType(int type) {
        return types.get(type).get();
    }

    /** Any type. */
    public Message next() {
        return ofType(random.nextInt(types.size()));
    }

    public Batch batch() {
        return new Batch(
                number(),
                number(),
                version(),
                random.nextBoolean(),
                number(),
                versions(),
                versions(),
                list(() -> new Prepare(
                        version(), list(this::smallNumber), list(this::preparedWrite), list(this::smallNumber))),
                list(() -> new Read(table(), bytes())));
    }

    public View view() {
        return views.next();
    }

    public Command command() {
        return switch (random.nextInt(16)) {
            case 0 -> new Command.Get(key());
            case 1 -> new Command.GetFromTable(table(), key());
            case 2 -> transact();
            case 3 -> new Command.Ping();
            case 4 -> new Command.Describe(Command.Describe.Subject.WHERE, key());
            case 5 ->
                new Command.Describe(
                        random.nextBoolean() ? Command.Describe.Subject.STATUS : Command.Describe.Subject.RING,
                        Bytes.EMPTY);
            case 6 -> new Command.Plan(random.nextBoolean(), server());
            case 7 -> random.nextBoolean() ? new Command.Drain(server()) : new Command.Forget(server());
            case 8 -> new Command.GetAll(List.of(key(), key()));
            case 9 -> new Command.Scan(anyLong(), 1 + random.nextInt(Limits.MAX_SCAN), bytes());
            case 10 -> new Command.Count();
            case 11 -> new Command.GetLocal(key(), version());
            case 12 -> {
                long offset = number() >>> 1;
                Bytes chunk = bytes();
                yield new Command.StoreBackup(text(), offset + chunk.length() + smallNumber(), offset, chunk);
            }
            case 13 -> new Command.Snapshot(anyLong(), smallNumber(), anyLong());
            case 14 -> new Command.Repair();
            default -> new Command.AcceptLoss();
        };
    }

    public Result result() {
        return switch (random.nextInt(9)) {
            case 0 -> Result.Ack.WHOLE;
            case 1 ->
                new Result.Ack(
                        random.nextInt(4), list(this::server), text(), random.nextBoolean() ? Version.ZERO : version());
            case 2 -> value();
            case 5 -> new Result.Values(list(() -> random.nextBoolean() ? Optional.of(value()) : Optional.empty()));
            case 6 -> new Result.Page(list(this::key), anyLong());
            case 7 -> new Result.Count(number());
            case 3 -> new Result.Document("{\"" + random.nextInt(100) + "\":" + random.nextInt() + "}");
            case 4 -> new Result.Pong(number());
            default ->
                new Result.Failure(
                        code(), text(), random.nextBoolean() ? server() : null, random.nextBoolean() ? 0 : number());
        };
    }

    private Result.Value value() {
        return new Result.Value(bytes(), version(), deadlineMs());
    }

    /** Empty, text or no text at all. */
    public Bytes bytes() {
        if (random.nextBoolean()) {
            return Bytes.of(text());
        }
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    public ServerNode server() {
        return new ServerNode("10.0." + random.nextInt(3) + "." + random.nextInt(256), 1 + random.nextInt(65_535));
    }

    public Version version() {
        return new Version(number(), number());
    }

    Bytes key() {
        return Bytes.of(random.nextInt(100) + text());
    }

    Command.Transact transact() {
        List<Write> writes = new ArrayList<>();
        int n = 1 + random.nextInt(3);
        for (int i = 0; i < n; i++) {
            // Numbered, so that no key comes twice.
            Bytes key = Bytes.of(i + text());
            writes.add(
                    random.nextInt(3) == 0
                            ? new Write(key, null, condition())
                            : new Write(key, bytes(), expiry(), condition()));
        }
        return new Command.Transact(writes);
    }

    private Expiry expiry() {
        return switch (random.nextInt(3)) {
            case 0 -> Expiry.at(1 + (number() >>> 1));
            case 1 -> Expiry.after(1 + (number() >>> 1));
            default -> Expiry.NEVER;
        };
    }

    RequestId requestId() {
        long number = 1 + (number() >>> 1);
        return new RequestId("client-" + random.nextInt(1000), number, number(), random.nextInt() & (number - 1));
    }

    private PreparedWrite preparedWrite() {
        return random.nextInt(3) == 0
                ? new PreparedWrite(table(), smallNumber(), bytes(), null, condition())
                : new PreparedWrite(table(), smallNumber(), bytes(), bytes(), deadlineMs(), condition());
    }

    private InDoubt inDoubt() {
        return new InDoubt(version(), list(this::smallNumber), list(this::preparedWrite), list(this::smallNumber));
    }

    private Refusal refusal() {
        return new Refusal(version(), code(), text());
    }

    private ReadAnswer readAnswer() {
        return random.nextInt(3) == 0
                ? new ReadAnswer(null, Expiry.NO_DEADLINE, version())
                : new ReadAnswer(bytes(), deadlineMs(), version());
    }

    Stretch stretch() {
        return new Stretch(anyLong(), anyLong(), list(() -> storedRecord()));
    }

    private List<Range> ranges() {
        return list(() -> {
            int start = smallNumber();
            return new Range(start, start + random.nextInt(Integer.MAX_VALUE - Math.max(start, 1) + 1));
        });
    }

    private List<Version> versions() {
        return list(this::version);
    }

    <T> List<T> list(Supplier<T> element) {
        List<T> list = new ArrayList<>();
        int n = random.nextInt(4);
        for (int i = 0; i < n; i++) {
            list.add(element.get());
        }
        return list;
    }

    private Table table() {
        return random.nextBoolean() ? Table.OWN : Table.PREV;
    }

    Condition condition() {
        return switch (random.nextInt(9)) {
            case 0 -> Condition.EXISTS;
            case 4 -> Condition.expired(version());
            case 1 -> Condition.ABSENT;
            case 2 -> Condition.versionIs(version());
            case 3 -> Condition.valueIs(bytes());
            default -> Condition.NONE;
        };
    }

    StoredRecord storedRecord() {
        return random.nextInt(3) == 0
                ? new StoredRecord(smallNumber(), bytes(), null, version())
                : new StoredRecord(smallNumber(), bytes(), bytes(), deadlineMs(), version());
    }

    long deadlineMs() {
        return random.nextBoolean() ? Expiry.NO_DEADLINE : number();
    }

    private ErrorCode code() {
        return CODES.get(random.nextInt(CODES.size()));
    }

    String text() {
        return TEXTS[random.nextInt(TEXTS.length)];
    }

    /** Any 64 bits; short ones are as frequent as long ones. */
    long anyLong() {
        return random.nextLong() >> random.nextInt(64);
    }

    /** From 0 to the largest; short ones are as frequent as long ones. */
    long number() {
        return random.nextLong() >>> (1 + random.nextInt(63));
    }

    int smallNumber() {
        return random.nextInt() >>> (1 + random.nextInt(31));
    }
}
