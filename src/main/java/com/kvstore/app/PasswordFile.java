package com.kvstore.app;

import com.kvstore.common.Bytes;
import com.kvstore.common.Password;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;

/** Reads the file that {@code --password-file} names: the password on one line, whose end does not count. */
final class PasswordFile {
    private static final int MAX_BYTES = 1_024;

    private PasswordFile() {}

    /** @throws IllegalArgumentException with a message for people, when the file is no good */
    static Password read(Path file) {
        byte[] content;
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IllegalArgumentException(
                        "--password-file: " + file + " has more than " + MAX_BYTES + " bytes; is it the right file?");
            }
            content = Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("--password-file: cannot read " + file + ": " + unreadable, unreadable);
        }
        int length = content.length;
        while (length > 0 && (content[length - 1] == '\n' || content[length - 1] == '\r')) {
            length--;
        }
        if (length == 0) {
            throw new IllegalArgumentException("--password-file: " + file + " is empty; write a password into it");
        }
        if (isReadableByOthers(file)) {
            System.err.println(
                    "[WARN] " + file + " can be read by every user of this machine. Type: chmod 600 " + file);
        }
        return new Password(Bytes.wrap(Arrays.copyOf(content, length)));
    }

    private static boolean isReadableByOthers(Path file) {
        try {
            return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException | UnsupportedOperationException notKnownHere) {
            return false;
        }
    }
}
