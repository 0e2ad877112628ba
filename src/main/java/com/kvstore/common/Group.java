package com.kvstore.common;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A group of peers without a coordinator, as its group file lists it: the same on every peer. Immutable.
 *
 * @param protocol by which it replicates, such as {@code primary-backup}
 * @param members in the order of the file; the order counts where protocols take turns
 */
public record Group(String protocol, List<Member> members) {
    /** Some message formats name a set of peers by the bits of one number. */
    public static final int MAX_MEMBERS = 31;

    /**
     * One peer.
     *
     * @param id 1 or more; names the peer for good, also when its address changes
     */
    public record Member(int id, ServerNode address) {
        public Member {
            if (id < 1) {
                throw new IllegalArgumentException("a peer's ID is a number from 1 on, not " + id);
            }
        }
    }

    public Group {
        members = List.copyOf(members);
        if (members.isEmpty() || members.size() > MAX_MEMBERS) {
            throw new IllegalArgumentException("a group has 1 to " + MAX_MEMBERS + " peers, not " + members.size());
        }
        SortedSet<Integer> ids = new TreeSet<>();
        SortedSet<ServerNode> addresses = new TreeSet<>();
        for (Member member : members) {
            if (!ids.add(member.id())) {
                throw new IllegalArgumentException("two peers have the ID " + member.id());
            }
            if (!addresses.add(member.address())) {
                throw new IllegalArgumentException("two peers have the address " + member.address());
            }
        }
    }

    public int size() {
        return members.size();
    }

    /** So many peers that any two sets of them have a peer in common. */
    public int majority() {
        return members.size() / 2 + 1;
    }

    /** How many peers may be gone while a {@link #majority} is left. */
    public int tolerated() {
        return members.size() - majority();
    }

    /** Whether there is a peer of this id. */
    public boolean has(int id) {
        return members.stream().anyMatch(member -> member.id() == id);
    }

    /** @throws IllegalArgumentException if there is no peer of this id */
    public ServerNode address(int id) {
        return members.get(indexOf(id)).address();
    }

    /**
     * The place of a peer in the order of the file, from 0.
     *
     * @throws IllegalArgumentException if there is no peer of this id
     */
    public int indexOf(int id) {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).id() == id) {
                return i;
            }
        }
        throw new IllegalArgumentException("the group has no peer " + id);
    }

    /** The ids of all peers but {@code self}, in the order of the file. */
    public List<Integer> others(int self) {
        List<Integer> others = new ArrayList<>();
        for (Member member : members) {
            if (member.id() != self) {
                others.add(member.id());
            }
        }
        return others;
    }

    /** The same number on every peer whose file lists the same peers and protocol, and hardly anywhere else. */
    public long digest() {
        // 64-bit FNV-1a of the text: the file may be laid out as one likes.
        long hash = 0xCBF29CE484222325L;
        String text = protocol + members;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
        }
        return hash;
    }
}
