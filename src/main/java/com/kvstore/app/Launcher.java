package com.kvstore.app;

import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Ending;
import com.kvstore.runtime.NodeDriver;
import com.kvstore.runtime.ProcessEnding;
import com.kvstore.runtime.StopSignals;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.ToLongFunction;

/** From {@code main} to a running node: reads the command line, starts the server, handles signals. */
final class Launcher<S> {
    static final int CANNOT_START = 1;
    static final int WRONG_USAGE = 2;
    /** How long a node may take to end, beyond what its settings grant it. */
    private static final long STOP_GRACE_MS = 5_000;

    /** Makes settings out of a command line. */
    interface Reader<S> {
        S read(CommandLineForm.Arguments arguments) throws UsageException;
    }

    /** Starts a server. */
    interface Starter<S> {
        NodeDriver start(S settings, Console console, Ending ending) throws CannotStartException;
    }

    private final CommandLineForm form;
    private final Reader<S> reader;
    private final Starter<S> starter;
    private final ToLongFunction<S> stopTimeoutMs;

    /** @param stopTimeoutMs how long a node with these settings may take to end when asked to */
    Launcher(CommandLineForm form, Reader<S> reader, Starter<S> starter, ToLongFunction<S> stopTimeoutMs) {
        this.form = form;
        this.reader = reader;
        this.starter = starter;
        this.stopTimeoutMs = stopTimeoutMs;
    }

    /** Returns when the node runs; ends the process when it cannot, or when only help was asked for. */
    void launch(String[] arguments) {
        PrintStream out = utf8(FileDescriptor.out);
        PrintStream err = utf8(FileDescriptor.err);
        int status;
        try {
            CommandLineForm.Arguments read = form.parse(arguments, 2);
            if (read.wantsHelp()) {
                out.print(form.usage());
                status = 0;
            } else {
                start(reader.read(read));
                return;
            }
        } catch (UsageException wrong) {
            err.println(wrong.getMessage());
            err.print(form.usage());
            status = WRONG_USAGE;
        } catch (CannotStartException cannot) {
            err.println("[ERROR] " + cannot.getMessage());
            status = CANNOT_START;
        }
        out.flush();
        err.flush();
        Runtime.getRuntime().halt(status);
    }

    private void start(S settings) throws CannotStartException {
        Console console = new Console(new FileOutputStream(FileDescriptor.out));
        Ending ending = new ProcessEnding(console);
        NodeDriver driver;
        try {
            driver = starter.start(settings, console, ending);
        } catch (CannotStartException cannot) {
            console.close(STOP_GRACE_MS);
            throw cannot;
        }
        StopSignals.handle(driver, stopTimeoutMs.applyAsLong(settings) + STOP_GRACE_MS, ending);
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }
}
