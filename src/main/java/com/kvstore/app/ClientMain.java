package com.kvstore.app;

import com.kvstore.client.Client;
import com.kvstore.client.ClientSettings;
import com.kvstore.client.Help;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * {@code java -jar client.jar}, {@code run-client.sh}: the prompt, commands from a pipe, or one command and out.
 *
 * <p>Exit status: 0 all worked, 1 a key was not found, 2 an error.
 */
public final class ClientMain {
    private static final int WRONG_USAGE = 2;

    private ClientMain() {}

    public static void main(String[] arguments) {
        // The descriptors themselves: System.out would encode for the locale, and the answers are UTF-8.
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        OutputStream err = new FileOutputStream(FileDescriptor.err);
        int status;
        try {
            ClientSettings settings = ClientOptions.parse(ExactArguments.of(arguments));
            if (settings == null) {
                print(out, Help.COMMAND_LINE);
                status = 0;
            } else {
                status = new Client(settings, new FileInputStream(FileDescriptor.in), out, err).run();
            }
        } catch (IllegalArgumentException wrong) {
            print(err, wrong.getMessage() + "\n" + Help.USAGE + " (--help says more)");
            status = WRONG_USAGE;
        }
        System.exit(status);
    }

    private static void print(OutputStream to, String text) {
        try {
            to.write((text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException nobodyReads) {
            // There is nobody to tell.
            return;
        }
    }
}
