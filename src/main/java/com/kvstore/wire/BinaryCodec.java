package com.kvstore.wire;

import com.kvstore.common.ClientMessage;
import com.kvstore.common.Limits;
import com.kvstore.common.Message;
import com.kvstore.protocol.eventual.EventualMessage;
import com.kvstore.protocol.membership.MembershipMessage;
import com.kvstore.protocol.movement.MoveMessage;
import com.kvstore.protocol.parts.PeerMessage;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage;
import com.kvstore.protocol.snapshot.SnapshotMessage;
import com.kvstore.protocol.totalorder.TotalOrderMessage;
import com.kvstore.protocol.twophase.TwoPhaseMessage;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Messages as binary frames.
 *
 * <p>A connection begins with a preamble of four bytes, {@code B5 'K' 'V' version}; no JSON line, RESP command or HTTP
 * request begins with B5, which begins no UTF-8 text at all. Then come frames:
 *
 * <pre>
 * int32  length of the payload, big-endian
 * int32  CRC-32C (RFC 3720) of the payload
 * bytes  payload: one byte for the message's type, then its fields
 * </pre>
 *
 * <p>A datagram is the preamble and one frame. Type bytes by family: 01 client, 10 membership, 20 two-phase commit, 30
 * moves, 40 peers of a group, 50 primary-backup, A0 snapshots. Enums travel as their ordinals: a change of an enum's order, or of any field, needs another protocol version.
 *
 * <p>Thread-safe: no state; a {@link FrameWriter} belongs to its caller.
 */
public final class BinaryCodec {
    /** Length and checksum in front of a payload. */
    public static final int HEADER_BYTES = 8;

    public static final int PREAMBLE_BYTES = 4;
    /** The first byte of a connection that speaks frames. */
    public static final byte FIRST_BYTE = (byte) 0xB5;

    public static final byte PROTOCOL_VERSION = 1;

    private static final byte[] PREAMBLE = {FIRST_BYTE, 'K', 'V', PROTOCOL_VERSION};
    private static final int FAMILY_SHIFT = 4;

    private BinaryCodec() {}

    /** What a connection begins with, as a new array. */
    public static byte[] preamble() {
        return PREAMBLE.clone();
    }

    /** How long a frame, header included, may be where values have up to {@code maxValueBytes}. */
    public static int maxFrameBytes(int maxValueBytes) {
        return (int) Math.min(Integer.MAX_VALUE, (long) maxValueBytes + Limits.FRAME_OVERHEAD_BYTES);
    }

    /**
     * Appends {@code message} as a whole frame. What was written before stays, also when this throws.
     *
     * @return the frame's length in bytes; the caller compares it with what the receiver accepts
     * @throws IllegalArgumentException when the message breaks an invariant of its own: a bug of the sender
     */
    public static int encode(Message message, FrameWriter out) {
        int start = out.openFrame();
        boolean whole = false;
        try {
            writePayload(message, out);
            out.sealFrame(start);
            whole = true;
        } finally {
            if (!whole) {
                out.truncate(start);
            }
        }
        return out.length() - start;
    }

    /** Appends preamble and frame: the whole content of one datagram. */
    public static void encodeDatagram(Message message, FrameWriter out) {
        out.raw(PREAMBLE);
        encode(message, out);
    }

    /**
     * Checks what a connection begins with.
     *
     * @param start at least {@link #PREAMBLE_BYTES} from its position on; the position does not move
     */
    public static void checkPreamble(ByteBuffer start) throws ProtocolException {
        int at = start.position();
        if (start.remaining() < PREAMBLE_BYTES
                || start.get(at) != PREAMBLE[0]
                || start.get(at + 1) != PREAMBLE[1]
                || start.get(at + 2) != PREAMBLE[2]) {
            throw new ProtocolException("this is not the beginning of a connection between kvstore nodes");
        }
        byte version = start.get(at + 3);
        if (version != PROTOCOL_VERSION) {
            throw new ProtocolException("the other side speaks protocol version " + version + ", this one "
                    + PROTOCOL_VERSION + ": run the same release on every node");
        }
    }

    /**
     * How long the frame at the buffer's position is, header included: what a transport needs to cut frames.
     *
     * @param header at least 4 bytes from its position on; the position does not move
     * @param maxFrameBytes longer ones are refused, see {@link #maxFrameBytes}
     */
    public static int frameLength(ByteBuffer header, int maxFrameBytes) throws ProtocolException {
        int payload = new FrameReader(header).fixed32();
        if (payload < 1) {
            throw new ProtocolException("a frame cannot have a length of " + payload + " bytes");
        }
        if (payload > maxFrameBytes - HEADER_BYTES) {
            throw new ProtocolException(
                    "a frame of " + payload + " bytes is longer than the limit of " + maxFrameBytes + " bytes");
        }
        return HEADER_BYTES + payload;
    }

    /**
     * Decodes one whole frame.
     *
     * @param frame header and payload, exactly, from its position to its limit; the position does not move
     */
    public static Message decodeFrame(ByteBuffer frame) throws ProtocolException {
        FrameReader header = new FrameReader(frame);
        int length = header.fixed32();
        int checksum = header.fixed32();
        if (length != header.remaining()) {
            throw new ProtocolException(
                    "a frame says it has " + length + " bytes, and " + header.remaining() + " bytes came");
        }
        ByteBuffer payload = frame.slice().position(HEADER_BYTES);
        CRC32C crc = new CRC32C();
        crc.update(payload.duplicate());
        if ((int) crc.getValue() != checksum) {
            throw new ProtocolException("a frame was damaged on its way: its checksum does not match");
        }
        return decode(payload);
    }

    /**
     * Decodes one whole datagram.
     *
     * @param datagram from its position to its limit; the position does not move
     */
    public static Message decodeDatagram(ByteBuffer datagram) throws ProtocolException {
        checkPreamble(datagram);
        return decodeFrame(datagram.slice().position(PREAMBLE_BYTES));
    }

    /**
     * Decodes a payload whose checksum has been seen to.
     *
     * @param payload from its position to its limit; the position does not move
     */
    public static Message decode(ByteBuffer payload) throws ProtocolException {
        FrameReader in = new FrameReader(payload);
        try {
            Message message = readPayload(in);
            in.end();
            return message;
        } catch (IllegalArgumentException broken) {
            throw new ProtocolException("a message breaks a rule: " + broken.getMessage(), broken);
        }
    }

    private static void writePayload(Message message, FrameWriter out) {
        if (message instanceof TwoPhaseMessage twoPhase) {
            TwoPhaseBinary.write(twoPhase, out);
        } else if (message instanceof PrimaryBackupMessage primaryBackup) {
            PrimaryBackupBinary.write(primaryBackup, out);
        } else if (message instanceof ClientMessage client) {
            ClientBinary.write(client, out);
        } else if (message instanceof MoveMessage move) {
            MoveBinary.write(move, out);
        } else if (message instanceof SnapshotMessage snapshot) {
            SnapshotBinary.write(snapshot, out);
        } else if (message instanceof PeerMessage peer) {
            PeerBinary.write(peer, out);
        } else if (message instanceof TotalOrderMessage ordered) {
            TotalOrderBinary.write(ordered, out);
        } else if (message instanceof EventualMessage eventual) {
            EventualBinary.write(eventual, out);
        } else if (message instanceof MembershipMessage membership) {
            MembershipBinary.write(membership, out);
        } else {
            throw new IllegalArgumentException(
                    "no binary form of " + message.getClass().getName());
        }
    }

    private static Message readPayload(FrameReader in) throws ProtocolException {
        int type = in.u8();
        return switch (type >>> FAMILY_SHIFT) {
            case ClientBinary.FAMILY -> ClientBinary.read(type, in);
            case MembershipBinary.FAMILY -> MembershipBinary.read(type, in);
            case TwoPhaseBinary.FAMILY -> TwoPhaseBinary.read(type, in);
            case SnapshotBinary.FAMILY -> SnapshotBinary.read(type, in);
            case MoveBinary.FAMILY -> MoveBinary.read(type, in);
            case PeerBinary.FAMILY -> PeerBinary.read(type, in);
            case PrimaryBackupBinary.FAMILY -> PrimaryBackupBinary.read(type, in);
            case TotalOrderBinary.FAMILY -> TotalOrderBinary.read(type, in);
            case EventualBinary.FAMILY -> EventualBinary.read(type, in);
            default -> throw unknownType(type);
        };
    }

    static ProtocolException unknownType(int type) {
        return new ProtocolException("unknown message type " + type);
    }
}
