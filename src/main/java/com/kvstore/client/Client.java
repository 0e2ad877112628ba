package com.kvstore.client;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.ServerNode;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The prompt: one command and out, commands from a pipe, or a person at a terminal.
 *
 * <p>Threading: used from one thread, once.
 *
 * <p>Failure: everything that goes wrong is said in one line and in the exit status: 1 a key was not found, 2 an error.
 */
public final class Client {
    /** The answer to exit. */
    static final String FAREWELL = "TATA!!!!";

    private final ClientSettings settings;
    private final InputStream in;
    private final Output out;
    private final Output err;
    private final boolean terminal;

    /**
     * @param out answers
     * @param err everything else
     * @param terminal whether a person types what comes from {@code in}
     */
    Client(ClientSettings settings, InputStream in, OutputStream out, OutputStream err, boolean terminal) {
        this.settings = settings;
        this.in = in;
        this.out = new Output(out);
        this.err = new Output(err);
        this.terminal = terminal;
    }

    /** A prompt on this process's standard streams. */
    public static Client ofProcess(ClientSettings settings) {
        // The descriptors themselves: System.out would encode for the locale, and the answers are UTF-8.
        return new Client(
                settings,
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                settings.words().isEmpty() && Terminals.is(Terminals.STDIN));
    }

    /** @return the status to end the process with */
    public int run() {
        try {
            return settings.words().isEmpty() ? session() : oneShot();
        } catch (UncheckedIOException nobodyReads) {
            return Answer.ERROR;
        }
    }

    /**
     * Records a history instead; an interrupt of the process ends it early, with what was recorded.
     *
     * @return the status to end the process with
     */
    public int record(RecordSettings what) {
        Answers answers = new Answers(settings.format(), false);
        Addresses addresses;
        try {
            addresses = new Addresses(settings);
        } catch (IllegalArgumentException wrongFile) {
            return refuse(answers, String.valueOf(wrongFile.getMessage()));
        }
        KvClientConfig config = config(addresses);
        try (KvClient probe = KvClient.connect(config, addresses, ConnectionListener.NONE)) {
            if (reach(probe, addresses, answers) == null) {
                return Answer.ERROR;
            }
        }
        Progress progress = new Progress(err, Terminals.is(Terminals.STDERR));
        return print(new RecordCommand(what, config, addresses, answers, progress).run());
    }

    private int oneShot() {
        PromptCommand command = CommandParser.parse(settings.words());
        Answers answers = new Answers(settings.format(), false, settings.reads());
        if (command instanceof PromptCommand.Bad bad) {
            if (settings.format() == Format.JSON) {
                return print(answers.failed(ErrorCode.BAD_REQUEST, bad.message()));
            }
            err.line("✗ " + bad.message());
            err.line(Help.USAGE + " (--help says more)");
            err.flush();
            return Answer.ERROR;
        }
        if (command instanceof PromptCommand.Help) {
            return print(Answers.said(Help.COMMANDS));
        }
        if (command instanceof PromptCommand.Exit || command instanceof PromptCommand.Blank) {
            return print(Answers.said(FAREWELL));
        }
        Addresses addresses;
        try {
            addresses = new Addresses(settings);
        } catch (IllegalArgumentException wrongFile) {
            return refuse(answers, String.valueOf(wrongFile.getMessage()));
        }
        KvClientConfig config = config(addresses);
        KvClient client = KvClient.connect(config, addresses, ConnectionListener.NONE);
        try {
            if (reach(client, addresses, answers) == null) {
                return Answer.ERROR;
            }
            Progress progress = new Progress(err, Terminals.is(Terminals.STDERR));
            SessionFile session = SessionFile.open(settings.sessionFile(), client);
            Answer answer = new Session(client, answers, progress, config).run(command);
            session.save();
            return print(answer);
        } catch (IllegalArgumentException | IOException brokenSession) {
            return refuse(answers, String.valueOf(brokenSession.getMessage()));
        } finally {
            // A thread that sits in the selector would hold up the end of the process for 0.3 s.
            client.close();
        }
    }

    private int session() {
        Answers answers = new Answers(settings.format(), !terminal, settings.reads());
        Addresses addresses;
        try {
            addresses = new Addresses(settings);
        } catch (IllegalArgumentException wrongFile) {
            return refuse(answers, String.valueOf(wrongFile.getMessage()));
        }
        KvClientConfig config = config(addresses);
        Notices notices = new Notices();
        KvClient client = KvClient.connect(config, addresses, notices);
        ServerNode node = reach(client, addresses, answers);
        if (node == null) {
            return Answer.ERROR;
        }
        Progress progress = new Progress(err, Terminals.is(Terminals.STDERR));
        Session session = new Session(client, answers, progress, config);
        try {
            SessionFile kept = SessionFile.open(settings.sessionFile(), client);
            int status = terminal
                    ? Shell.run(session, node, notices, greeting())
                    : new PipedSession(client, session, answers, out).run(in);
            kept.save();
            return status;
        } catch (IllegalArgumentException brokenSession) {
            return refuse(answers, String.valueOf(brokenSession.getMessage()));
        } catch (IOException broken) {
            return refuse(answers, "Standard input or the session's file broke: " + broken.getMessage());
        } finally {
            client.close();
        }
    }

    private KvClientConfig config(Addresses addresses) {
        KvClientConfig defaults = KvClientConfig.of(addresses.get().toArray(new ServerNode[0]));
        return defaults.withPassword(settings.password())
                .withReads(settings.reads())
                .withRequestTimeoutMs(settings.timeoutMs())
                .withConnectTimeoutMs(Math.min(settings.timeoutMs(), defaults.connectTimeoutMs()));
    }

    /** Waits for the first connection; null: there is none, and it has been said. */
    private @Nullable ServerNode reach(KvClient client, Addresses addresses, Answers answers) {
        String why;
        try {
            return client.firstConnection().get();
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            why = cause == null ? "Cannot reach the coordinator" : String.valueOf(cause.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            why = "Interrupted while connecting";
        }
        refuse(
                answers,
                settings.group().isEmpty()
                        ? why + " [" + addresses.source()
                                + "]. Is it running? Start it with ./run-coordinator.sh, or name another"
                                + " address with --server IP:PORT."
                        : why.replace(
                                        "Cannot reach the coordinator at",
                                        "None of the group's peers can be reached, at last")
                                + ". Are they running? Start each with ./run-node.sh NODE_ID GROUP_FILE.");
        return null;
    }

    /** Whom the prompt is connected to. */
    private String greeting() {
        return settings.group().isEmpty() ? "Connected to CS at " : "Connected to peer at ";
    }

    /** An error before any command could be carried out. */
    private int refuse(Answers answers, String message) {
        Answer answer = answers.failed(ErrorCode.UNAVAILABLE, message);
        Output to = settings.format() == Format.JSON ? out : err;
        to.line(answer.body());
        to.flush();
        return Answer.ERROR;
    }

    private int print(Answer answer) {
        if (answer.bare()) {
            out.bytes(answer.body());
        } else if (settings.format() == Format.RAW && answer.status() != Answer.DONE) {
            // Whoever asks for bare bytes takes everything on standard output for the value.
            err.line(answer.body());
        } else {
            out.line(answer.body());
        }
        out.flush();
        err.flush();
        return answer.status();
    }
}
