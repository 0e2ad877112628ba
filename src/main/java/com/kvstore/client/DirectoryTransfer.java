package com.kvstore.client;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * Stores a directory, each file as one value, and back. A file's key is a prefix and its path below the directory, with
 * slashes. Empty directories, links' nature, times and permissions are not kept. Used from one thread, which waits.
 *
 * <p>Failure: a file too long for a value is found out before anything is written; what fails later leaves the files that
 * went before it, and doing it again is safe.
 */
final class DirectoryTransfer {
    private static final int KEYS_A_PAGE = 1_000;
    private static final long TIMEOUT_MS = 60_000;

    private final KvClient client;
    private final Answers answers;
    private final Progress progress;
    private final int maxValueBytes;

    DirectoryTransfer(KvClient client, Answers answers, Progress progress, int maxValueBytes) {
        this.client = client;
        this.answers = answers;
        this.progress = progress;
        this.maxValueBytes = maxValueBytes;
    }

    Answer run(PromptCommand.Directory command) {
        progress.begin(nowMs());
        try {
            Path directory = Path.of(command.directory());
            return command.put() ? put(command.prefix(), directory) : get(command.prefix(), directory);
        } catch (KvException failed) {
            return answers.failed(failed.code(), String.valueOf(failed.getMessage()));
        } catch (IOException | UncheckedIOException | InvalidPathException failed) {
            return answers.failed(ErrorCode.BAD_REQUEST, FileTransfer.unreadable(command.directory(), failed));
        } catch (InterruptedException stopped) {
            return answers.failed(ErrorCode.UNAVAILABLE, "Interrupted. What is stored so far stays.");
        } finally {
            progress.end();
        }
    }

    private Answer put(Bytes prefix, Path directory) throws IOException, InterruptedException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        long total = 0;
        for (Path file : files) {
            long bytes = Files.size(file);
            if (bytes > maxValueBytes) {
                return answers.failed(
                        ErrorCode.TOO_LARGE,
                        "'" + file + "' is longer than a value can be: " + Quantities.grouped(maxValueBytes)
                                + " bytes. Nothing was stored.");
            }
            total += bytes;
        }
        BulkWriter writer = new BulkWriter(client);
        long done = 0;
        for (Path file : files) {
            String path = directory.relativize(file).toString().replace('\\', '/');
            byte[] content = Files.readAllBytes(file);
            writer.write(Write.put(key(prefix, path), Bytes.wrap(content)));
            done += content.length;
            show(done, total);
        }
        writer.await();
        return answers.done("PUT-DIR successful: " + files(files.size()) + ", " + Quantities.bytes(done));
    }

    private Answer get(Bytes prefix, Path directory) throws IOException, InterruptedException {
        List<Bytes> keys = keys(prefix);
        if (keys.isEmpty()) {
            return answers.failed(
                    ErrorCode.NOT_FOUND, "There is no key that begins with '" + Printable.text(prefix) + "'");
        }
        Path root = directory.toAbsolutePath().normalize();
        List<Path> files = new ArrayList<>();
        for (Bytes key : keys) {
            String path = key.text().substring(prefix.text().length());
            Path file = root.resolve(path).normalize();
            if (path.isEmpty() || path.endsWith("/") || file.equals(root) || !file.startsWith(root)) {
                return answers.failed(
                        ErrorCode.BAD_REQUEST,
                        "The key '" + Printable.text(key) + "' is no name of a file below '" + directory
                                + "'. Nothing was written.");
            }
            files.add(file);
        }
        long bytes = 0;
        for (int i = 0; i < files.size(); i++) {
            Result result = ask(new Command.Get(keys.get(i)));
            if (result instanceof Result.Value value) {
                Files.createDirectories(files.get(i).getParent());
                FileTransfer.write(files.get(i), value.value());
                bytes += value.value().length();
            } else if (result instanceof Result.Failure failure && failure.code() != ErrorCode.NOT_FOUND) {
                throw KvException.of(failure);
            }
            show(i + 1L, files.size());
        }
        return answers.done("GET-DIR successful: " + files(files.size()) + ", " + Quantities.bytes(bytes));
    }

    private List<Bytes> keys(Bytes prefix) throws InterruptedException {
        List<Bytes> keys = new ArrayList<>();
        long cursor = 0;
        do {
            Result result = ask(new Command.Scan(cursor, KEYS_A_PAGE, prefix));
            if (!(result instanceof Result.Page page)) {
                throw KvException.of((Result.Failure) result);
            }
            keys.addAll(page.keys());
            cursor = page.cursor();
        } while (cursor != 0);
        return keys;
    }

    private Result ask(Command command) throws InterruptedException {
        try {
            return client.execute(command, TIMEOUT_MS, TIMEOUT_MS).get();
        } catch (ExecutionException broken) {
            throw new KvException(ErrorCode.UNAVAILABLE, "The client broke down: " + broken.getMessage());
        }
    }

    private static Bytes key(Bytes prefix, String path) {
        byte[] name = Bytes.of(path).array();
        byte[] key = Arrays.copyOf(prefix.array(), prefix.length() + name.length);
        System.arraycopy(name, 0, key, prefix.length(), name.length);
        return Bytes.wrap(key);
    }

    private static String files(int count) {
        return Quantities.grouped(count) + (count == 1 ? " file" : " files");
    }

    private void show(long done, long total) {
        if (total > 0) {
            progress.show(nowMs(), Progress.bar(done, total));
        }
    }

    private static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }
}
