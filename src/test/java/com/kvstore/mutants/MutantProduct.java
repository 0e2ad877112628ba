package com.kvstore.mutants;

import com.kvstore.ClassPaths;
import com.kvstore.common.ConsistentHash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * The product with one source file changed: that file is compiled anew, in memory, and a class loader of its own loads all
 * of the product's classes again, the changed ones among them. So the product has no hook for it, not even a private one.
 */
final class MutantProduct extends ClassLoader {
    private static final Path SOURCES = Path.of("src/main/java/com/kvstore");
    private static final String PRODUCT = "com.kvstore.";

    /** What the product's machines are compiled against: itself and its annotations. */
    private static final String CLASS_PATH = ClassPaths.of(ConsistentHash.class, Nullable.class);

    private final Map<String, byte[]> changed;
    private final Method run;

    private final String protocol;

    private MutantProduct(Map<String, byte[]> changed, String protocol) {
        super(MutantProduct.class.getClassLoader());
        this.protocol = protocol;
        this.changed = changed;
        try {
            run = loadClass(PRODUCT + "sim.SeedRun").getMethod("failureOf", String.class, long.class);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the simulator has no entry for one seed any more", e);
        }
    }

    /** @throws IllegalStateException if the source is not as the mutant expects: then write the mutant anew */
    static MutantProduct of(Mutant mutant) {
        return new MutantProduct(compile(mutant), mutant.protocol());
    }

    /** The product as it is, loaded in the same way. */
    static MutantProduct unbroken(String protocol) {
        return new MutantProduct(Map.of(), protocol);
    }

    /** Runs one seed. @return what was noticed; null if nothing was */
    @Nullable String failureOf(long seed) {
        try {
            return (String) run.invoke(null, protocol, seed);
        } catch (InvocationTargetException e) {
            return String.valueOf(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(PRODUCT)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        byte[] bytes = changed.get(name);
        if (bytes == null) {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                bytes = in.readAllBytes();
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
        return defineClass(name, bytes, 0, bytes.length);
    }

    private static Map<String, byte[]> compile(Mutant mutant) {
        String source = changedSource(mutant);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Map<String, ByteArrayOutputStream> classes = new HashMap<>();
        StringWriter complaints = new StringWriter();
        try (StandardJavaFileManager standard = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
                JavaFileManager inMemory = new ToMemory(standard, classes)) {
            List<String> options = List.of("-proc:none", "-classpath", CLASS_PATH);
            boolean compiled = compiler.getTask(
                            complaints, inMemory, null, options, null, List.of(new Source(mutant.file(), source)))
                    .call();
            if (!compiled) {
                throw new IllegalStateException("the mutant '" + mutant + "' does not compile: " + complaints);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, byte[]> bytes = new HashMap<>();
        classes.forEach((name, out) -> bytes.put(name, out.toByteArray()));
        return bytes;
    }

    private static String changedSource(Mutant mutant) {
        Path file = SOURCES.resolve(mutant.file());
        String source;
        try {
            source = Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("the mutant '" + mutant + "' changes a file that cannot be read", e);
        }
        // Where lines break is the formatter's business.
        String[] words = mutant.was().trim().split("\\s+");
        Pattern piece = Pattern.compile(Arrays.stream(words).map(Pattern::quote).collect(Collectors.joining("\\s+")));
        long places = piece.matcher(source).results().count();
        if (places != 1) {
            throw new IllegalStateException("the mutant '" + mutant + "' changes a piece of " + mutant.file()
                    + " that is there " + places + " times, not once. Write it anew after that file");
        }
        return piece.matcher(source).replaceFirst(Matcher.quoteReplacement(mutant.is()));
    }

    /** A source that is a text. */
    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String file, String text) {
            super(URI.create("string:///com/kvstore/" + file), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    /** Keeps the classes that are compiled. */
    private static final class ToMemory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> classes;

        ToMemory(JavaFileManager standard, Map<String, ByteArrayOutputStream> classes) {
            super(standard);
            this.classes = classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + className + ".class"), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return classes.computeIfAbsent(className, any -> new ByteArrayOutputStream());
                }
            };
        }
    }
}
