package com.kvstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No file over 400 lines, no method over about 60. Reads the sources, and leans on their format: members stand four
 * spaces deeper than their type.
 */
class SourceSizeTest {
    private static final int MAX_FILE_LINES = 400;
    private static final int MAX_METHOD_LINES = 62;
    private static final int INDENT = 4;
    private static final Pattern TYPE = Pattern.compile("\\b(class|interface|enum|record)\\b[^=;(]*[({]?.*");

    private record Member(String name, int lines) {}

    @Test
    void classesAndMethodsStaySmall() throws IOException {
        List<String> tooLong = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(file -> {
                List<String> lines = read(file);
                if (lines.size() > MAX_FILE_LINES) {
                    tooLong.add(file + " has " + lines.size() + " lines");
                }
                for (Member method : methods(lines, INDENT)) {
                    if (method.lines() > MAX_METHOD_LINES) {
                        tooLong.add(file + ": '" + method.name() + "' has " + method.lines() + " lines");
                    }
                }
            });
        }
        assertEquals(List.of(), tooLong);
    }

    @Test
    void longMethodsAreFoundInNestedTypesToo() {
        List<String> source = new ArrayList<>(
                List.of("final class A {", "    private int field;", "    void b(", "            int c) {"));
        source.addAll(java.util.Collections.nCopies(70, "        c();"));
        source.addAll(List.of("    }", "    private static final class D {", "        void e() {"));
        source.addAll(java.util.Collections.nCopies(80, "            c();"));
        source.addAll(List.of("        }", "    }", "}"));
        assertEquals(
                List.of(new Member("void b(", 73), new Member("void e() {", 82)),
                methods(source, INDENT).stream()
                        .filter(method -> method.lines() > MAX_METHOD_LINES)
                        .toList());
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** The members at {@code indent} that have a body, and those of the types among them. */
    private static List<Member> methods(List<String> lines, int indent) {
        List<Member> found = new ArrayList<>();
        int start = -1;
        for (int i = 0; i < lines.size(); i++) {
            String text = lines.get(i).strip();
            if (text.isEmpty() || lines.get(i).indexOf(text) != indent || text.matches("[@/*].*")) {
                continue;
            }
            if (!text.startsWith("}")) {
                start = i;
            } else if (start >= 0) {
                String name = lines.get(start).strip();
                if (TYPE.matcher(name).find() && !name.startsWith("return")) {
                    found.addAll(methods(lines.subList(start + 1, i), indent + INDENT));
                } else {
                    found.add(new Member(name, i - start + 1));
                }
                start = -1;
            }
        }
        return found;
    }

    @Test
    void theSourcesAreWhereThisTestLooks() {
        assertTrue(Files.isRegularFile(Path.of("src/main/java/com/kvstore/common/HashRing.java")));
    }
}
