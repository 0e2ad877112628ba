package com.kvstore.wire;

import com.kvstore.protocol.parts.PeerMessage;
import com.kvstore.protocol.parts.PeerMessage.Greeting;
import com.kvstore.protocol.parts.PeerMessage.Presence;

/** What peers of any protocol say to each other, in binary. Thread-safe: no state. */
final class PeerBinary {
    static final int FAMILY = 4;

    private static final int GREETING = 0x40;
    private static final int PRESENCE = 0x41;

    private PeerBinary() {}

    static void write(PeerMessage message, FrameWriter out) {
        if (message instanceof Greeting greeting) {
            out.u8(GREETING);
            out.number(greeting.from());
            out.fixed64(greeting.group());
            out.fixed64(greeting.incarnation());
        } else if (message instanceof Presence presence) {
            out.u8(PRESENCE);
            out.fixed64(presence.nonce());
            out.fixed64(presence.formed());
            out.list(presence.founders(), (nonce, to) -> to.fixed64(nonce));
        }
    }

    static PeerMessage read(int type, FrameReader in) throws ProtocolException {
        return switch (type) {
            case GREETING -> new Greeting(in.smallNumber(), in.fixed64(), in.fixed64());
            case PRESENCE -> new Presence(in.fixed64(), in.fixed64(), in.list(Long.BYTES, FrameReader::fixed64));
            default -> throw BinaryCodec.unknownType(type);
        };
    }
}
