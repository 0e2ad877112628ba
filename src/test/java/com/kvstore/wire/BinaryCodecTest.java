package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.ClientMessage.Request;
import com.kvstore.common.ClientMessage.Response;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.HashRing;
import com.kvstore.common.Limits;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.MembershipMessage.Heartbeat;
import com.kvstore.protocol.membership.MembershipMessage.NewView;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.movement.MoveMessage.MoveProgress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BinaryCodecTest {
    private static final int MAX_FRAME = BinaryCodec.maxFrameBytes(Limits.DEFAULT_MAX_VALUE_BYTES);

    @Test
    void everyMessageComesBackFromItsFrame() throws ProtocolException {
        RandomMessages messages = new RandomMessages(new Random(1));
        FrameWriter out = new FrameWriter();
        for (int type = 0; type < messages.types(); type++) {
            for (int i = 0; i < 200; i++) {
                Message message = messages.ofType(type);
                out.clear();
                int length = BinaryCodec.encode(message, out);
                assertEquals(length, out.length());
                assertEquals(length, BinaryCodec.frameLength(out.toByteBuffer(), MAX_FRAME));
                assertEquals(message, BinaryCodec.decodeFrame(out.toByteBuffer()));
            }
        }
    }

    @Test
    void framesOneBehindTheOtherAreCutApartAgain() throws ProtocolException {
        RandomMessages messages = new RandomMessages(new Random(2));
        FrameWriter out = new FrameWriter();
        List<Message> sent = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sent.add(messages.next());
            BinaryCodec.encode(sent.get(i), out);
        }
        ByteBuffer stream = out.toByteBuffer();
        for (Message message : sent) {
            int length = BinaryCodec.frameLength(stream, MAX_FRAME);
            assertEquals(message, BinaryCodec.decodeFrame(stream.slice(stream.position(), length)));
            stream.position(stream.position() + length);
        }
        assertEquals(0, stream.remaining());
    }

    @Test
    void directBuffersOfAnyByteOrderAreReadAlikeAndLeftWhereTheyWere() throws ProtocolException {
        RandomMessages messages = new RandomMessages(new Random(3));
        for (int i = 0; i < 200; i++) {
            Message message = messages.next();
            byte[] frame = frame(message);
            ByteBuffer direct = ByteBuffer.allocateDirect(frame.length + 10).order(ByteOrder.LITTLE_ENDIAN);
            direct.position(3).put(frame).flip().position(3);
            assertEquals(frame.length, BinaryCodec.frameLength(direct, MAX_FRAME));
            assertEquals(message, BinaryCodec.decodeFrame(direct));
            assertEquals(3, direct.position());
        }
    }

    @Test
    void aFramesBytesStayWhatTheyAre() {
        // The format is a contract between releases: a change here needs another protocol version.
        Message request = new Request(7, Command.Transact.of(Write.put(Bytes.of("k"), Bytes.of("value"))), null);
        assertEquals(
                "0000000e" + "32eb5000" + "01" + "07" + "00" + "03" + "01" + "01" + "016b" + "0576616c7565",
                HexFormat.of().formatHex(frame(request)));
        assertArrayEquals(new byte[] {(byte) 0xB5, 'K', 'V', 1}, BinaryCodec.preamble());
    }

    @Test
    void theOrderOfTheEnumsIsPartOfTheFormat() {
        assertEquals(
                "[BAD_REQUEST, NOT_FOUND, TOO_LARGE, NO_NODES, UNAVAILABLE, OUTCOME_UNKNOWN, OVERLOADED, LOST, CONFLICT,"
                        + " NO_SPACE, RING_FULL, WRONG_NODE, UNAUTHORIZED]",
                Arrays.toString(ErrorCode.values()));
        assertEquals("[OWN, PREV]", Arrays.toString(Table.values()));
        assertEquals("[IN_SYNC, SYNCING, STALE]", Arrays.toString(Copy.Sync.values()));
        assertEquals("[STATUS, RING, WHERE]", Arrays.toString(Command.Describe.Subject.values()));
        assertEquals("[NONE, EXISTS, ABSENT, VERSION, VALUE, EXPIRED]", Arrays.toString(Condition.Kind.values()));
        assertEquals("[NEVER, AT, AFTER]", Arrays.toString(Expiry.Kind.values()));
    }

    @Test
    void aHeartbeatFitsInADatagram() throws ProtocolException {
        Message heartbeat = new Heartbeat(new ServerNode("127.0.0.1", 8081), -5, 12);
        FrameWriter out = new FrameWriter();
        BinaryCodec.encodeDatagram(heartbeat, out);
        assertEquals(heartbeat, BinaryCodec.decodeDatagram(out.toByteBuffer()));
        assertTrue(out.length() < 64);
    }

    @Test
    void aDatagramOfSomethingElseIsRefused() {
        FrameWriter out = new FrameWriter();
        BinaryCodec.encodeDatagram(new Heartbeat(new ServerNode("127.0.0.1", 8081), -5, 12), out);
        byte[] good = out.toByteArray();
        for (int length = 0; length < good.length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(good, 0, length);
            assertThrows(ProtocolException.class, () -> BinaryCodec.decodeDatagram(cut));
        }
        byte[] newer = good.clone();
        newer[3] = 2;
        ProtocolException refused =
                assertThrows(ProtocolException.class, () -> BinaryCodec.decodeDatagram(ByteBuffer.wrap(newer)));
        assertTrue(refused.getMessage().contains("protocol version 2"), refused.getMessage());
    }

    @Test
    void everyTruncationOfAFrameIsRefused() {
        RandomMessages messages = new RandomMessages(new Random(4));
        for (int type = 0; type < messages.types(); type++) {
            byte[] frame = frame(messages.ofType(type));
            for (int length = 0; length < frame.length; length++) {
                ByteBuffer cut = ByteBuffer.wrap(frame, 0, length);
                assertThrows(ProtocolException.class, () -> BinaryCodec.decodeFrame(cut));
            }
        }
    }

    @Test
    void everyTruncationOfAPayloadIsRefused() {
        RandomMessages messages = new RandomMessages(new Random(5));
        for (int type = 0; type < messages.types(); type++) {
            byte[] payload = payload(messages.ofType(type));
            for (int length = 0; length < payload.length; length++) {
                ByteBuffer cut = ByteBuffer.wrap(payload, 0, length);
                assertThrows(ProtocolException.class, () -> BinaryCodec.decode(cut));
            }
        }
    }

    @Test
    void bytesBehindTheMessageAreRefused() {
        RandomMessages messages = new RandomMessages(new Random(6));
        for (int type = 0; type < messages.types(); type++) {
            byte[] payload = payload(messages.ofType(type));
            ByteBuffer longer = ByteBuffer.wrap(Arrays.copyOf(payload, payload.length + 1));
            assertThrows(ProtocolException.class, () -> BinaryCodec.decode(longer));
        }
    }

    @Test
    void everyFlippedBitOfAFrameIsNoticed() {
        RandomMessages messages = new RandomMessages(new Random(7));
        for (int type = 0; type < messages.types(); type++) {
            byte[] frame = frame(messages.ofType(type));
            for (int bit = 0; bit < frame.length * 8; bit++) {
                frame[bit / 8] ^= (byte) (1 << bit % 8);
                ByteBuffer damaged = ByteBuffer.wrap(frame);
                assertThrows(ProtocolException.class, () -> BinaryCodec.decodeFrame(damaged));
                frame[bit / 8] ^= (byte) (1 << bit % 8);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ff, unknown message type",
        "0f, unknown message type",
        "0107007f, unknown command",
        "010702, 1 or 0",
        "01070001ffffffff0f, a length of",
        "010700020200, unknown Table",
        "01070003ffffffff07, a list of",
        "0107000301080161, unknown flags",
        "0107010001000001026b, a client name has",
        "010701ffffffffffffffffffff01, more than 64 bits",
        "01070101610000000101, number must be 1 or more",
        "020704ffffffffffffffffff01, a negative number",
        "020705ff, unknown ErrorCode",
        "0207050002c328, not UTF-8",
        "01070007, the message ends",
        "01070007016100, a port is a number",
        "010700, the message ends",
        "10, the message ends",
        "350101, the message ends",
        "3501010102, a list of 1",
        "350101010201, not a range",
    })
    void aBrokenPayloadIsRefusedWithAReason(String hex, String reason) {
        ByteBuffer payload = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
        ProtocolException refused = assertThrows(ProtocolException.class, () -> BinaryCodec.decode(payload));
        assertTrue(refused.getMessage().contains(reason), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"-1", "0", "-2147483648", "2147483647", "101"})
    void aFrameLengthBeyondTheLimitIsRefusedFromItsHeader(int length) {
        ByteBuffer header = ByteBuffer.allocate(8).putInt(0, length);
        assertThrows(ProtocolException.class, () -> BinaryCodec.frameLength(header, 108));
    }

    @Test
    void aFrameOfTheLongestLengthIsAccepted() throws ProtocolException {
        assertEquals(108, BinaryCodec.frameLength(ByteBuffer.allocate(4).putInt(0, 100), 108));
    }

    @Test
    void aValueOfTheLargestSizeFitsIntoAFrame() throws ProtocolException {
        Bytes key = Bytes.wrap(new byte[Limits.MAX_KEY_BYTES]);
        Bytes value = Bytes.wrap(new byte[Limits.DEFAULT_MAX_VALUE_BYTES]);
        Message message = new Request(1, Command.Transact.of(Write.put(key, value)), null);
        FrameWriter out = new FrameWriter();
        BinaryCodec.encode(message, out);
        assertTrue(out.length() <= MAX_FRAME);
        assertEquals(message, BinaryCodec.decodeFrame(out.toByteBuffer()));
        out.clear();
        assertTrue(out.array().length < Limits.DEFAULT_MAX_VALUE_BYTES, "one huge value must not leave its buffer");
    }

    @Test
    void aMovesProgressOutsideZeroToOneIsRefused() {
        for (double wrong : new double[] {Double.NaN, -0.1, 1.1, Double.POSITIVE_INFINITY}) {
            ByteBuffer payload = ByteBuffer.wrap(payload(new MoveProgress(1, 2, 3, wrong)));
            assertThrows(ProtocolException.class, () -> BinaryCodec.decode(payload));
        }
    }

    @Test
    void aViewWhoseArcsDoNotCoverTheRingIsNotSent() {
        View broken = view(List.of(new Arc(0, 9, List.of(), false), new Arc(11, 30, List.of(), false)));
        FrameWriter out = new FrameWriter();
        BinaryCodec.encode(new Response(1, Result.Ack.WHOLE), out);
        int before = out.length();
        assertThrows(IllegalArgumentException.class, () -> BinaryCodec.encode(new NewView(broken), out));
        assertEquals(before, out.length(), "what was written before stays, the broken frame goes");
    }

    @Test
    void aViewWithACopyOnAnUnknownMemberIsNotSent() {
        Copy stray = new Copy(2, Table.OWN, Copy.Sync.IN_SYNC);
        View broken = view(List.of(new Arc(0, 30, List.of(stray), false)));
        assertThrows(IllegalArgumentException.class, () -> BinaryCodec.encode(new NewView(broken), new FrameWriter()));
    }

    @Test
    void aViewOfTenServersWith256PointsEachIsCompact() throws ProtocolException {
        TreeMap<Integer, Member> members = new TreeMap<>();
        HashRing ring = HashRing.empty(Integer.MAX_VALUE);
        Random random = new Random(8);
        for (int id = 1; id <= 10; id++) {
            ServerNode address = new ServerNode("10.0.0." + id, 8081);
            members.put(id, new Member(id, address, random.nextLong(), true, false));
            for (int i = 0; i < 256; i++) {
                ring = ring.insert(ring.freePosition(random.nextInt(Integer.MAX_VALUE)), address);
            }
        }
        List<Arc> arcs = List.of(new Arc(0, Integer.MAX_VALUE - 1, List.of(), false));
        View view = new View(5, 9, 256, ring, members, arcs, 11);
        byte[] frame = frame(new NewView(view));
        assertTrue(frame.length < 2560 * 6 + 1000, frame.length + " bytes");
        assertEquals(new NewView(view), BinaryCodec.decodeFrame(ByteBuffer.wrap(frame)));
    }

    @Test
    void anOrdinaryAckIsTheSharedOne() throws ProtocolException {
        Message decoded = BinaryCodec.decode(ByteBuffer.wrap(payload(new Response(3, Result.Ack.WHOLE))));
        assertTrue(((Response) decoded).result() == Result.Ack.WHOLE);
    }

    @Test
    void versionsKeepAllTheirBits() throws ProtocolException {
        Result value = new Result.Value(Bytes.EMPTY, new Version(Long.MAX_VALUE, 0));
        Message message = new Response(Long.MIN_VALUE, value);
        assertEquals(message, BinaryCodec.decode(ByteBuffer.wrap(payload(message))));
    }

    private static View view(List<Arc> arcs) {
        ServerNode address = new ServerNode("127.0.0.1", 8081);
        TreeMap<Integer, Member> members = new TreeMap<>();
        members.put(1, new Member(1, address, 5, false, false));
        return new View(5, 9, 1, HashRing.empty(31).insert(1, address), members, arcs, 2);
    }

    static byte[] frame(Message message) {
        FrameWriter out = new FrameWriter();
        BinaryCodec.encode(message, out);
        return out.toByteArray();
    }

    static byte[] payload(Message message) {
        byte[] frame = frame(message);
        return Arrays.copyOfRange(frame, BinaryCodec.HEADER_BYTES, frame.length);
    }
}
