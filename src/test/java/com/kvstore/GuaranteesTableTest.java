package com.kvstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps the table of docs/guarantees.md true: all cases are there, and every test it names. */
class GuaranteesTableTest {
    private static final int CASES = 40;
    private static final Pattern ROW = Pattern.compile("^\\| (\\d+) \\|");
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)#(\\w+)`");

    private static List<String> rows() throws IOException {
        return Files.readAllLines(Path.of("docs/guarantees.md")).stream()
                .filter(line -> ROW.matcher(line).find())
                .toList();
    }

    @Test
    void everyCaseStandsThereOnceWithATestOrWhatIsMissing() throws IOException {
        List<Integer> numbers = new ArrayList<>();
        for (String row : rows()) {
            Matcher number = ROW.matcher(row);
            assertTrue(number.find());
            numbers.add(Integer.parseInt(number.group(1)));
            assertTrue(TEST.matcher(row).find() || row.contains("**Open**"), row);
        }
        assertEquals(IntStream.rangeClosed(1, CASES).boxed().toList(), numbers);
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith("Test.java")).toList()) {
                String name = file.getFileName().toString();
                sources.merge(
                        name.substring(0, name.length() - ".java".length()), Files.readString(file), String::concat);
            }
        }
        List<String> missing = new ArrayList<>();
        Matcher named = TEST.matcher(Files.readString(Path.of("docs/guarantees.md")));
        int count = 0;
        while (named.find()) {
            count++;
            if (!sources.getOrDefault(named.group(1), "").contains("void " + named.group(2) + "(")) {
                missing.add(named.group());
            }
        }
        assertEquals(List.of(), missing);
        assertTrue(count > CASES, "the table names only " + count + " tests");
    }
}
