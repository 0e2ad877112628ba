package com.kvstore.wire;

import com.kvstore.protocol.parts.PeerMessage;
import com.kvstore.protocol.parts.PeerMessage.Greeting;
import com.kvstore.protocol.parts.PeerMessage.Presence;
import java.util.Set;

/** What peers of any protocol say to each other, as JSON. Thread-safe: no state. */
final class PeerJson {
    static final Set<String> TYPES = Set.of("peer-greeting", "peer-presence");

    private PeerJson() {}

    static JsonOut write(PeerMessage message) {
        if (message instanceof Greeting greeting) {
            return JsonOut.nodeLine("peer-greeting")
                    .put("from", greeting.from())
                    .hex("group", greeting.group())
                    .hex("incarnation", greeting.incarnation());
        }
        Presence presence = (Presence) message;
        return JsonOut.nodeLine("peer-presence")
                .hex("nonce", presence.nonce())
                .hex("formed", presence.formed())
                .list("founders", presence.founders(), (nonce, out) -> out.hex("nonce", nonce));
    }

    static PeerMessage read(String type, JsonIn in) throws ProtocolException {
        return type.equals("peer-greeting")
                ? new Greeting(in.smallNumber("from"), in.hex("group"), in.hex("incarnation"))
                : new Presence(in.hex("nonce"), in.hex("formed"), in.list("founders", each -> each.hex("nonce")));
    }
}
