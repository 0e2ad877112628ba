package com.kvstore.wire;

import com.kvstore.protocol.membership.MembershipMessage;
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
import java.util.Set;

/** Joining, views and heartbeats as JSON. Thread-safe: no state. */
final class MembershipJson {
    static final Set<String> TYPES = Set.of(
            "register",
            "registered",
            "register-refused",
            "hello",
            "welcome",
            "fenced",
            "new-view",
            "heartbeat",
            "goodbye",
            "goodbye-answer");

    private static final String ADDRESS = "address";
    private static final String INCARNATION = "incarnation";
    private static final String EPOCH = "epoch";
    private static final String VIEW = "view";

    private MembershipJson() {}

    static JsonOut write(MembershipMessage message) {
        if (message instanceof Heartbeat heartbeat) {
            return JsonOut.nodeLine("heartbeat")
                    .put(ADDRESS, heartbeat.self())
                    .hex(INCARNATION, heartbeat.incarnation())
                    .put("sequence", heartbeat.sequence());
        }
        if (message instanceof NewView newView) {
            return JsonOut.nodeLine("new-view").object(VIEW, newView.view(), ViewJson::write);
        }
        if (message instanceof Fenced fenced) {
            return JsonOut.nodeLine("fenced").put(EPOCH, fenced.epoch());
        }
        if (message instanceof Goodbye goodbye) {
            return JsonOut.nodeLine("goodbye")
                    .put(ADDRESS, goodbye.self())
                    .hex(INCARNATION, goodbye.incarnation())
                    .put("number", goodbye.number());
        }
        if (message instanceof GoodbyeAnswer answer) {
            return JsonOut.nodeLine("goodbye-answer")
                    .put("number", answer.number())
                    .put("arcs", answer.arcs());
        }
        return writeHandshake(message);
    }

    private static JsonOut writeHandshake(MembershipMessage message) {
        if (message instanceof Register register) {
            return JsonOut.nodeLine("register")
                    .put(ADDRESS, register.self())
                    .hex("cluster", register.cluster())
                    .hex(INCARNATION, register.incarnation())
                    .put(EPOCH, register.epoch())
                    .put("durable", register.durable())
                    .put("keys", register.keys());
        }
        if (message instanceof Registered registered) {
            return JsonOut.nodeLine("registered")
                    .put("position", registered.position())
                    .put("heartbeat_port", registered.heartbeatPort());
        }
        if (message instanceof RegisterRefused refused) {
            return JsonOut.nodeLine("register-refused")
                    .put("code", refused.code().name())
                    .put("message", refused.message());
        }
        if (message instanceof Hello hello) {
            return JsonOut.nodeLine("hello")
                    .hex("coordinator", hello.coordinator())
                    .put(ADDRESS, hello.self())
                    .put("start_epoch", hello.startEpoch())
                    .object(VIEW, hello.view(), ViewJson::write);
        }
        Welcome welcome = (Welcome) message;
        return JsonOut.nodeLine("welcome")
                .hex(INCARNATION, welcome.incarnation())
                .put(EPOCH, welcome.epoch())
                .list("prepared", welcome.prepared(), MembershipJson::writeInDoubt)
                .versions("committed", welcome.committed())
                .versions("aborted", welcome.aborted());
    }

    static MembershipMessage read(String type, JsonIn in) throws ProtocolException {
        return switch (type) {
            case "register" ->
                new Register(
                        in.server(ADDRESS),
                        in.hex("cluster"),
                        in.hex(INCARNATION),
                        in.number(EPOCH),
                        in.flag("durable"),
                        in.number("keys"));
            case "registered" -> new Registered(in.smallNumber("position"), in.smallNumber("heartbeat_port"));
            case "register-refused" -> new RegisterRefused(in.code("code"), in.text("message"));
            case "hello" ->
                new Hello(
                        in.hex("coordinator"),
                        in.server(ADDRESS),
                        in.number("start_epoch"),
                        ViewJson.read(in.object(VIEW)));
            case "welcome" ->
                new Welcome(
                        in.hex(INCARNATION),
                        in.number(EPOCH),
                        in.list("prepared", MembershipJson::readInDoubt),
                        in.versions("committed"),
                        in.versions("aborted"));
            case "fenced" -> new Fenced(in.number(EPOCH));
            case "new-view" -> new NewView(ViewJson.read(in.object(VIEW)));
            case "heartbeat" -> new Heartbeat(in.server(ADDRESS), in.hex(INCARNATION), in.number("sequence"));
            case "goodbye" -> new Goodbye(in.server(ADDRESS), in.hex(INCARNATION), in.number("number"));
            case "goodbye-answer" -> new GoodbyeAnswer(in.number("number"), in.smallNumber("arcs"));
            default -> throw JsonNodeCodec.unknown(type);
        };
    }

    private static void writeInDoubt(InDoubt inDoubt, JsonOut out) {
        out.put("transaction", inDoubt.transaction())
                .numbers("participants", inDoubt.participants())
                .list("writes", inDoubt.writes(), TwoPhaseJson::writeWrite)
                .numbers("elsewhere", inDoubt.elsewhere());
    }

    private static InDoubt readInDoubt(JsonIn in) throws ProtocolException {
        return new InDoubt(
                in.version("transaction"),
                in.smallNumbers("participants"),
                in.list("writes", TwoPhaseJson::readWrite),
                in.smallNumbers("elsewhere"));
    }
}
