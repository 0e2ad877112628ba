package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.HashRing;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Copy.Sync;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.MembershipMessage.NewView;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViewJsonTest {
    private static final String SMALL = "{'epoch':4,'cluster':'000000000000000a','ring_size':31,'points_per_server':1,"
            + "'members':[{'id':1,'address':'127.0.0.1:8081','incarnation':'ffffffffffffffff','durable':true,"
            + "'leaving':false},{'id':3,'address':'127.0.0.1:8082','incarnation':'0000000000000005','durable':false,"
            + "'leaving':false}],"
            + "'points':[{'position':1,'server':'127.0.0.1:8081'},{'position':17,'server':'127.0.0.1:8082'}],"
            + "'arcs':[{'start':0,'end':1,'lost':false,'copies':[{'member':1,'table':'own','sync':'in-sync'},"
            + "{'member':3,'table':'prev','sync':'syncing'}]},{'start':2,'end':30,'lost':true,'copies':[]}],"
            + "'next_member_id':4";

    @Test
    void theStateFileIsReadable() {
        String text = ViewJson.toText(small());
        assertEquals(json(SMALL) + ",\"checksum\":", text.substring(0, text.indexOf("\"checksum\":") + 11));
        assertTrue(text.endsWith("\"}\n"), text);
    }

    @Test
    void everyViewComesBackFromItsText() throws ProtocolException {
        RandomMessages messages = new RandomMessages(new Random(1));
        for (int i = 0; i < 300; i++) {
            View view = messages.view();
            assertEquals(view, ViewJson.fromText(ViewJson.toText(view)));
        }
        View empty = View.create(5, 31, 1);
        assertEquals(empty, ViewJson.fromText(ViewJson.toText(empty)));
    }

    @Test
    void everyViewThatAClustersLifeBringsPassesBothCodecs() throws ProtocolException {
        Random random = new Random(2);
        View view = View.create(5, 31, 2);
        int replicated = 0;
        for (int step = 0; step < 300; step++) {
            view = step(view, random);
            replicated += view.arcs().get(0).copies().size() >= 2 ? 1 : 0;
            assertEquals(view, ViewJson.fromText(ViewJson.toText(view)));
            NewView message = new NewView(view);
            assertEquals(message, BinaryCodec.decodeFrame(ByteBuffer.wrap(BinaryCodecTest.frame(message))));
        }
        assertTrue(replicated > 100, "many views have copies to carry: " + replicated);
    }

    /** Something that happens to a cluster of up to five servers. */
    private static View step(View view, Random random) {
        List<Integer> ids = List.copyOf(view.members().keySet());
        ServerNode newcomer = new ServerNode("127.0.0.1", 8081 + random.nextInt(8));
        if (ids.size() < 2) {
            return view.memberAt(newcomer) == null ? ViewChanges.join(view, newcomer, random.nextLong(), true) : view;
        }
        int member = ids.get(random.nextInt(ids.size()));
        List<Range> everything = List.of(new Range(0, view.ringSize() - 1));
        return switch (random.nextInt(8)) {
            case 0 -> ViewChanges.markStale(view, Set.of(member));
            case 1 -> ViewChanges.announce(view, Set.copyOf(ids));
            case 2 -> ViewChanges.complete(view, member, everything);
            case 3 -> ids.size() > 2 && !view.members().get(member).leaving() ? ViewChanges.drain(view, member) : view;
            case 4 -> ids.size() > 2 ? ViewChanges.forget(view, member) : view;
            case 5 -> ViewChanges.reincarnate(view, member, random.nextLong(), false);
            default ->
                ids.size() < 5 && view.memberAt(newcomer) == null
                        ? ViewChanges.join(view, newcomer, random.nextLong(), random.nextBoolean())
                        : ViewChanges.newEpoch(view);
        };
    }

    @Test
    void everyTruncationOfAStateFileIsNoticed() {
        String text = ViewJson.toText(small()).strip();
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            ProtocolException refused = assertThrows(ProtocolException.class, () -> ViewJson.fromText(cut));
            assertTrue(refused.getMessage().startsWith("the stored view is damaged: "), refused.getMessage());
        }
    }

    @Test
    void everyOtherDigitInAStateFileIsNoticed() {
        String text = ViewJson.toText(small());
        int tried = 0;
        for (int at = 0; at < text.length(); at++) {
            if (Character.isDigit(text.charAt(at))) {
                char other = text.charAt(at) == '9' ? '1' : (char) (text.charAt(at) + 1);
                String changed = text.substring(0, at) + other + text.substring(at + 1);
                assertThrows(ProtocolException.class, () -> ViewJson.fromText(changed), changed);
                tried++;
            }
        }
        assertFalse(tried < 50, "the text has digits to change");
    }

    @Test
    void aChangedStateFileIsRefusedByItsChecksum() {
        String changed = ViewJson.toText(small()).replace("\"epoch\":4", "\"epoch\":5");
        ProtocolException refused = assertThrows(ProtocolException.class, () -> ViewJson.fromText(changed));
        assertTrue(refused.getMessage().contains("checksum"), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'epoch':4 | 'epoch':0 | epoch is 1 or more",
                "'cluster':'000000000000000a' | 'cluster':'0' | belongs to a cluster",
                "'ring_size':31 | 'ring_size':0 | one position or more",
                "'ring_size':31 | 'ring_size':32 | arcs end at position 30",
                "'points_per_server':1 | 'points_per_server':0 | one point or more",
                "'id':3 | 'id':1 | two members have the id 1",
                "'id':3 | 'id':4 | out of range",
                "'address':'127.0.0.1:8082' | 'address':'127.0.0.1:8081' | two members have the address",
                "'position':17 | 'position':1 | no position is taken twice",
                "'position':17 | 'position':31 | not on a ring of 31",
                "'server':'127.0.0.1:8082' | 'server':'127.0.0.1:8083' | is no staying member",
                "'server':'127.0.0.1:8082' | 'server':'127.0.0.1:8081' | has no place on the ring",
                "'start':2 | 'start':3 | gap or overlap at position 2",
                "'start':2 | 'start':1 | gap or overlap at position 2",
                "'end':30 | 'end':29 | arcs end at position 29",
                "'end':30 | 'end':1 | gap or overlap",
                "'member':3 | 'member':2 | unknown member 2",
                "'member':3 | 'member':1 | not in order",
                "'sync':'syncing' | 'sync':'fine' | must be \"in-sync\" or \"syncing\" or \"stale\", not 'fine'",
            })
    void aViewThatBreaksARuleIsRefused(String good, String bad, String reason) {
        String text = json(SMALL.replace(good, bad) + ",'checksum':'00000000'}");
        ProtocolException refused = assertThrows(ProtocolException.class, () -> ViewJson.fromText(text));
        assertTrue(refused.getMessage().contains(reason), refused.getMessage());
    }

    private static View small() {
        ServerNode first = new ServerNode("127.0.0.1", 8081);
        ServerNode second = new ServerNode("127.0.0.1", 8082);
        TreeMap<Integer, Member> members = new TreeMap<>();
        members.put(1, new Member(1, first, -1, true, false));
        members.put(3, new Member(3, second, 5, false, false));
        List<Copy> copies = List.of(new Copy(1, Table.OWN, Sync.IN_SYNC), new Copy(3, Table.PREV, Sync.SYNCING));
        List<Arc> arcs = List.of(new Arc(0, 1, copies, false), new Arc(2, 30, List.of(), true));
        HashRing ring = HashRing.empty(31).insert(1, first).insert(17, second);
        return new View(10, 4, 1, ring, members, arcs, 4);
    }

    private static String json(String singleQuoted) {
        return singleQuoted.replace('\'', '"');
    }
}
