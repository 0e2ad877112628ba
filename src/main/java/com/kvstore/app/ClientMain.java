package com.kvstore.app;

import com.kvstore.client.Client;
import com.kvstore.client.ClientSettings;
import com.kvstore.client.Help;
import com.kvstore.client.RecordSettings;
import com.kvstore.compare.CompareSettings;
import com.kvstore.compare.Comparison;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * {@code java -jar client.jar}, {@code run-client.sh}: the prompt, commands from a pipe, or one command and out.
 *
 * <p>Exit status: 0 all worked, 1 a key was not found, 2 an error.
 */
public final class ClientMain {
    private static final int WRONG_USAGE = 2;

    private ClientMain() {}

    public static void main(String[] arguments) {
        int status = 0;
        try {
            ClientSettings settings = ClientOptions.parse(ExactArguments.of(arguments));
            if (settings == null) {
                print(FileDescriptor.out, Help.COMMAND_LINE);
            } else if (!settings.words().isEmpty() && settings.words().get(0).equalsIgnoreCase("record")) {
                status = record(settings);
            } else if (!settings.words().isEmpty() && settings.words().get(0).equalsIgnoreCase("bench")) {
                status = compare(settings.words(), arguments);
            } else {
                status = Client.ofProcess(settings).run();
            }
        } catch (IllegalArgumentException wrong) {
            print(FileDescriptor.err, wrong.getMessage() + "\n" + Help.USAGE + " (--help says more)");
            status = WRONG_USAGE;
        }
        System.exit(status);
    }

    private static int record(ClientSettings settings) {
        List<String> words = settings.words();
        RecordSettings what = RecordCommandLine.parse(words.subList(1, words.size()));
        if (what == null) {
            print(FileDescriptor.out, RecordCommandLine.usage());
            return 0;
        }
        return Client.ofProcess(settings).record(what);
    }

    private static int compare(List<String> words, String[] arguments) {
        CompareSettings what = CompareCommandLine.parse(words.subList(1, words.size()));
        if (what == null) {
            print(FileDescriptor.out, CompareCommandLine.usage());
            return 0;
        }
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        return new Comparison(what, out, err).run("./run-client.sh " + String.join(" ", arguments));
    }

    private static void print(FileDescriptor descriptor, String text) {
        try {
            new FileOutputStream(descriptor).write((text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException nobodyReads) {
            // There is nobody to tell.
            return;
        }
    }
}
