package com.kvstore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * The inputs that a fuzz test begins with, and those that once broke something: files in {@code src/test/resources}, where
 * Jazzer looks for them too. Without Jazzer they are ordinary tests.
 */
public final class KeptInputs {
    private KeptInputs() {}

    /** Takes one input. */
    @FunctionalInterface
    public interface Taker {
        void take(byte[] input) throws Exception;
    }

    /** One test for each file in the directory of {@code method} of {@code fuzzTest}, and one for no bytes at all. */
    public static Stream<DynamicTest> of(Class<?> fuzzTest, String method, Taker taker) {
        Path directory = Path.of("src/test/resources", fuzzTest.getName().replace('.', '/') + "Inputs", method);
        List<Path> files;
        try (Stream<Path> found = Files.list(directory)) {
            files = found.sorted().toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        DynamicTest nothing = DynamicTest.dynamicTest(method + ": nothing", () -> taker.take(new byte[0]));
        return Stream.concat(
                Stream.of(nothing),
                files.stream()
                        .map(file -> DynamicTest.dynamicTest(
                                method + ": " + file.getFileName(), () -> taker.take(Files.readAllBytes(file)))));
    }
}
