package com.kvstore;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Where classes come from, however the tests were started: the class path property may name one jar that names the rest. */
public final class ClassPaths {
    private ClassPaths() {}

    /** The places of these classes, as a class path. */
    public static String of(Class<?>... classes) {
        return Arrays.stream(classes)
                .map(ClassPaths::placeOf)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String placeOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(type + " comes from a place without a path", e);
        }
    }
}
