package com.kvstore.app;

import com.kvstore.common.Group;
import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a group file: a line {@code protocol NAME}, a line {@code ID HOST PORT} for each peer, {@code #} for comments.
 * Thread-safe: no state.
 */
final class GroupFile {
    private static final String FORM = "a line is 'protocol NAME' or 'ID HOST PORT', such as '1 127.0.0.1 6100'";

    private GroupFile() {}

    /** @throws IllegalArgumentException with a message for people, when the file cannot be read or is wrong */
    static Group read(Path file) {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(
                    "The group file " + file + " cannot be read. Examples are in examples/, such as"
                            + " examples/primary-backup.conf.",
                    unreadable);
        }
        try {
            return parse(text);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("Group file " + file + ": " + wrong.getMessage(), wrong);
        }
    }

    static Group parse(String text) {
        String protocol = null;
        List<Group.Member> members = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\r?\n", -1)) {
            number++;
            String[] words = line.replaceFirst("#.*", "").trim().split("\\s+", -1);
            if (words[0].isEmpty()) {
                continue;
            }
            try {
                if (words[0].equals("protocol")) {
                    protocol = protocol(words, protocol);
                } else {
                    members.add(member(words));
                }
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException("line " + number + ": " + wrong.getMessage(), wrong);
            }
        }
        if (protocol == null) {
            throw new IllegalArgumentException("there is no line 'protocol NAME', such as 'protocol primary-backup'");
        }
        if (members.isEmpty()) {
            throw new IllegalArgumentException("there is no peer: " + FORM);
        }
        return new Group(protocol, members);
    }

    private static String protocol(String[] words, @Nullable String before) {
        if (words.length != 2 || before != null) {
            throw new IllegalArgumentException(before != null ? "there is a protocol already" : FORM);
        }
        return words[1];
    }

    private static Group.Member member(String[] words) {
        if (words.length != 3) {
            throw new IllegalArgumentException(FORM);
        }
        try {
            return new Group.Member(Integer.parseInt(words[0]), new ServerNode(words[1], Integer.parseInt(words[2])));
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(FORM + ", not '" + String.join(" ", words) + "'", notANumber);
        }
    }
}
