package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.History;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;

/**
 * The prompt for a person at a terminal: history kept between runs, Ctrl-R, completion, colours.
 *
 * <p>Threading: used from one thread; notices about the connection come from the client's.
 */
final class Shell {
    private static final String PROMPT = "command >> ";
    private static final String GREEN = "\u001b[32m";
    private static final String RED = "\u001b[31m";
    private static final String YELLOW = "\u001b[33m";
    private static final String PLAIN = "\u001b[0m";

    private final Session session;
    private final Terminal terminal;
    private final LineReader reader;
    private final KnownKeys keys = new KnownKeys();
    private final boolean colours;

    /** @param history where typed lines are kept */
    Shell(Session session, Terminal terminal, Path history, boolean colours) {
        this.session = session;
        this.terminal = terminal;
        this.colours = colours;
        this.reader = LineReaderBuilder.builder()
                .appName("kvstore")
                .terminal(terminal)
                .parser(new ShellParser())
                .completer(new ShellCompleter(keys))
                .variable(LineReader.HISTORY_FILE, history)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.CASE_INSENSITIVE, true)
                .option(LineReader.Option.INSERT_TAB, false)
                .build();
    }

    /** Talks with the person at this process's terminal. */
    static int run(Session session, ServerNode node, Notices notices, String greeting) throws IOException {
        Path history = Path.of(System.getProperty("user.home", "."), ".kvstore_history");
        String noColor = System.getenv("NO_COLOR");
        try (Terminal terminal = TerminalBuilder.builder()
                .system(true)
                .dumb(true)
                .encoding(StandardCharsets.UTF_8)
                .build()) {
            boolean colours = (noColor == null || noColor.isEmpty())
                    && !Terminal.TYPE_DUMB.equals(terminal.getType())
                    && !Terminal.TYPE_DUMB_COLOR.equals(terminal.getType());
            Shell shell = new Shell(session, terminal, history, colours);
            notices.to(shell.notices());
            return shell.run(greeting + node);
        }
    }

    /** Takes what is said between the lines. */
    Consumer<String> notices() {
        return text -> reader.printAbove(AttributedString.fromAnsi(coloured(YELLOW, text)));
    }

    /** @return the status to end the process with: a person has seen what went wrong, so 0 */
    int run(String greeting) {
        Thread person = Thread.currentThread();
        // While a command is under way Ctrl-C ends the waiting; while a line is edited the reader has its own handler.
        terminal.handle(Terminal.Signal.INT, signal -> person.interrupt());
        print(greeting);
        print("Enter commands (put:key:value, get:key, update:key:value, delete:key, exit)");
        rememberHistory();
        while (true) {
            String line;
            try {
                line = reader.readLine(PROMPT);
            } catch (UserInterruptException cleared) {
                continue;
            } catch (EndOfFileException end) {
                print(Client.FAREWELL);
                return Answer.DONE;
            }
            PromptCommand command = CommandParser.parse(Bytes.of(line));
            if (command instanceof PromptCommand.Exit) {
                print(Client.FAREWELL);
                return Answer.DONE;
            }
            remember(command);
            show(session.run(command));
            forgetInterrupt();
        }
    }

    /** A Ctrl-C that came when nobody waited any more must not end the next command's waiting. */
    @SuppressWarnings("ResultOfMethodCallIgnored") // clearing is what it is called for
    private static void forgetInterrupt() {
        Thread.interrupted();
    }

    private void rememberHistory() {
        for (History.Entry entry : reader.getHistory()) {
            remember(CommandParser.parse(Bytes.of(entry.line())));
        }
    }

    private void remember(PromptCommand command) {
        if (command instanceof Ask ask && ask.aboutKey()) {
            keys.used(ask.subject());
        } else if (command instanceof PromptCommand.PutFile put) {
            keys.used(put.key());
        } else if (command instanceof PromptCommand.GetFile get) {
            keys.used(get.key());
        }
    }

    private void show(Answer answer) {
        if (answer.empty()) {
            return;
        }
        String text =
                answer.bare() ? Printable.text(answer.body()) : answer.body().text();
        if (text.startsWith("✓")) {
            text = coloured(GREEN, "✓") + text.substring(1);
        } else if (text.startsWith("✗")) {
            text = coloured(RED, text);
        }
        print(text);
    }

    private String coloured(String colour, String text) {
        return colours ? colour + text + PLAIN : text;
    }

    private void print(String text) {
        terminal.writer().println(text);
        terminal.writer().flush();
    }
}
