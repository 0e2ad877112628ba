package com.kvstore.app;

import com.kvstore.common.Durations;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/**
 * What a program's command line looks like, and how it is read: names in front, then options.
 *
 * <p>Threading: one thread; used once, at the start.
 */
final class CommandLineForm {
    private static final int DESCRIPTION_COLUMN = 34;

    private final String usage;
    private final Options options = new Options();

    /** @param usage such as {@code run-slave.sh IP PORT [options]} */
    CommandLineForm(String usage) {
        this.usage = usage;
        options.addOption(
                Option.builder("h").longOpt("help").desc("show this and exit").get());
    }

    /** @param description with the default in parentheses */
    CommandLineForm option(String name, String argument, String description) {
        options.addOption(Option.builder()
                .longOpt(name)
                .hasArg()
                .argName(argument)
                .desc(description)
                .get());
        return this;
    }

    /** An option without a value. */
    CommandLineForm flag(String name, String description) {
        options.addOption(Option.builder().longOpt(name).desc(description).get());
        return this;
    }

    /** @param maxNames how many arguments may stand beside the options */
    Arguments parse(String[] arguments, int maxNames) throws UsageException {
        CommandLine line;
        try {
            line = DefaultParser.builder().setAllowPartialMatching(false).get().parse(options, arguments);
        } catch (ParseException wrong) {
            throw new UsageException(explain(wrong));
        }
        List<String> names = line.getArgList();
        if (names.size() > maxNames && !line.hasOption("help")) {
            throw new UsageException("unexpected argument '" + names.get(maxNames) + "'");
        }
        return new Arguments(line);
    }

    private static String explain(ParseException wrong) {
        String message = String.valueOf(wrong.getMessage());
        return message.isEmpty() ? message : Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }

    /** For {@code --help}, and below a complaint. */
    String usage() {
        StringBuilder text = new StringBuilder("Usage: ").append(usage).append("\n\nOptions:\n");
        for (Option option : options.getOptions()) {
            StringBuilder form = new StringBuilder("  ");
            if (option.getOpt() != null) {
                form.append('-').append(option.getOpt()).append(", ");
            }
            form.append("--").append(option.getLongOpt());
            if (option.hasArg()) {
                form.append(' ').append(option.getArgName());
            }
            while (form.length() < DESCRIPTION_COLUMN) {
                form.append(' ');
            }
            text.append(form).append(' ').append(option.getDescription()).append('\n');
        }
        return text.toString();
    }

    /** A command line, read. */
    static final class Arguments {
        private final CommandLine line;

        Arguments(CommandLine line) {
            this.line = line;
        }

        boolean wantsHelp() {
            return line.hasOption("help");
        }

        /** The argument at {@code index} beside the options; null if there are not so many. */
        @Nullable String name(int index) {
            List<String> names = line.getArgList();
            return index < names.size() ? names.get(index) : null;
        }

        boolean has(String option) {
            return line.hasOption(option);
        }

        String text(String option, String otherwise) {
            return line.getOptionValue(option, otherwise);
        }

        int number(String option, int otherwise, int min, int max) throws UsageException {
            String text = line.getOptionValue(option);
            return text == null ? otherwise : parseNumber("--" + option, text, min, max);
        }

        /** Milliseconds. */
        long durationMs(String option, String otherwise) throws UsageException {
            try {
                return Durations.parseMs(text(option, otherwise));
            } catch (IllegalArgumentException wrong) {
                throw new UsageException("--" + option + " needs " + wrong.getMessage());
            }
        }

        /** Bytes. */
        long size(String option, long otherwise, long min, long max) throws UsageException {
            String text = line.getOptionValue(option);
            return text == null ? otherwise : Sizes.parse("--" + option, text, min, max);
        }

        /** One of a few words. */
        String word(String option, String otherwise, List<String> words) throws UsageException {
            String text = text(option, otherwise);
            if (!words.contains(text)) {
                throw new UsageException(
                        "--" + option + " is one of " + String.join(", ", words) + ", not '" + text + "'");
            }
            return text;
        }
    }

    static int parseNumber(String what, String text, int min, int max) throws UsageException {
        try {
            long number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return (int) number;
            }
        } catch (NumberFormatException notANumber) {
            // The same complaint: it says what is allowed.
        }
        throw new UsageException(what + " is a number from " + min + " to " + max + ", not '" + text + "'");
    }
}
