package com.kvstore.wire;

import com.kvstore.common.ErrorCode;
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

/** Joining, views and heartbeats in binary. Thread-safe: no state. */
final class MembershipBinary {
    static final int FAMILY = 1;

    private static final int REGISTER = 0x10;
    private static final int REGISTERED = 0x11;
    private static final int REGISTER_REFUSED = 0x12;
    private static final int HELLO = 0x13;
    private static final int WELCOME = 0x14;
    private static final int FENCED = 0x15;
    private static final int NEW_VIEW = 0x16;
    private static final int HEARTBEAT = 0x17;
    private static final int GOODBYE = 0x18;
    private static final int GOODBYE_ANSWER = 0x19;

    private static final int MIN_IN_DOUBT_BYTES = FrameReader.MIN_VERSION_BYTES + 3;

    private static final ErrorCode[] CODES = ErrorCode.values();

    private MembershipBinary() {}

    static void write(MembershipMessage message, FrameWriter out) {
        if (message instanceof Heartbeat heartbeat) {
            out.u8(HEARTBEAT);
            out.server(heartbeat.self());
            out.fixed64(heartbeat.incarnation());
            out.number(heartbeat.sequence());
        } else if (message instanceof NewView newView) {
            out.u8(NEW_VIEW);
            ViewBinary.write(newView.view(), out);
        } else if (message instanceof Fenced fenced) {
            out.u8(FENCED);
            out.number(fenced.epoch());
        } else if (message instanceof Goodbye goodbye) {
            out.u8(GOODBYE);
            out.server(goodbye.self());
            out.fixed64(goodbye.incarnation());
            out.number(goodbye.number());
        } else if (message instanceof GoodbyeAnswer answer) {
            out.u8(GOODBYE_ANSWER);
            out.number(answer.number());
            out.number(answer.arcs());
        } else {
            writeHandshake(message, out);
        }
    }

    private static void writeHandshake(MembershipMessage message, FrameWriter out) {
        if (message instanceof Register register) {
            out.u8(REGISTER);
            out.server(register.self());
            out.fixed64(register.cluster());
            out.fixed64(register.incarnation());
            out.number(register.epoch());
            out.flag(register.durable());
            out.number(register.keys());
        } else if (message instanceof Registered registered) {
            out.u8(REGISTERED);
            out.number(registered.position());
            out.number(registered.heartbeatPort());
        } else if (message instanceof RegisterRefused refused) {
            out.u8(REGISTER_REFUSED);
            out.choice(refused.code());
            out.text(refused.message());
        } else if (message instanceof Hello hello) {
            out.u8(HELLO);
            out.fixed64(hello.coordinator());
            out.server(hello.self());
            out.number(hello.startEpoch());
            ViewBinary.write(hello.view(), out);
        } else if (message instanceof Welcome welcome) {
            out.u8(WELCOME);
            out.fixed64(welcome.incarnation());
            out.number(welcome.epoch());
            out.list(welcome.prepared(), MembershipBinary::writeInDoubt);
            out.versions(welcome.committed());
            out.versions(welcome.aborted());
        }
    }

    static MembershipMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case REGISTER -> new Register(in.server(), in.fixed64(), in.fixed64(), in.number(), in.flag(), in.number());
            case REGISTERED -> new Registered(in.smallNumber(), in.smallNumber());
            case REGISTER_REFUSED -> new RegisterRefused(in.choice(CODES), in.text());
            case HELLO -> new Hello(in.fixed64(), in.server(), in.number(), ViewBinary.read(in));
            case WELCOME ->
                new Welcome(
                        in.fixed64(),
                        in.number(),
                        in.list(MIN_IN_DOUBT_BYTES, MembershipBinary::readInDoubt),
                        in.versions(),
                        in.versions());
            case FENCED -> new Fenced(in.number());
            case NEW_VIEW -> new NewView(ViewBinary.read(in));
            case HEARTBEAT -> new Heartbeat(in.server(), in.fixed64(), in.number());
            case GOODBYE -> new Goodbye(in.server(), in.fixed64(), in.number());
            case GOODBYE_ANSWER -> new GoodbyeAnswer(in.number(), in.smallNumber());
            default -> throw BinaryCodec.unknownType(type);
        };
    }

    private static void writeInDoubt(InDoubt inDoubt, FrameWriter out) {
        out.version(inDoubt.transaction());
        out.numbers(inDoubt.participants());
        out.list(inDoubt.writes(), TwoPhaseBinary::writeWrite);
        out.numbers(inDoubt.elsewhere());
    }

    private static InDoubt readInDoubt(FrameReader in) throws ProtocolException {
        return new InDoubt(
                in.version(),
                in.smallNumbers(),
                in.list(TwoPhaseBinary.MIN_WRITE_BYTES, TwoPhaseBinary::readWrite),
                in.smallNumbers());
    }
}
