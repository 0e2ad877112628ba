package com.kvstore.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.client.PromptCommand.Bad;
import com.kvstore.client.PromptCommand.Word;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Write;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandParserTest {

    private static PromptCommand line(String line) {
        return CommandParser.parse(Bytes.of(line));
    }

    private static Write write(PromptCommand command) {
        Ask ask = assertInstanceOf(Ask.class, command, () -> command.toString());
        return assertInstanceOf(Command.Transact.class, ask.command()).writes().get(0);
    }

    private static void assertPut(String key, String value, PromptCommand command) {
        assertEquals(Write.put(Bytes.of(key), Bytes.of(value)), write(command));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "put:username:alice|username|alice",
                "PUT:username:alice|username|alice",
                "Put:url:http://x:80/|url|http://x:80/",
                "put:k: two  spaces |k| two  spaces ",
                "put:k:|k|``",
                "put:k::|k|:",
                "put: k :v| k |v",
                "put:my key:v|my key|v",
                "put:k:\"q\" \\n|k|\"q\" \\n",
                "  put:k:v|k|v",
                "set:k:v|k|v",
                "PUT key value|key|value",
                "set key value|key|value",
                "SeT   key\tvalue  |key|value",
                "PUT \"my key\" \"a value\"|my key|a value",
                "PUT k \"\"|k|``",
                "PUT a:b c:d|a:b|c:d",
                "PUT k a\"b c\"d|k|ab cd",
                "PUT k a\\ b|k|a b",
                "PUT k \\\\x|k|\\x",
                "PUT k \"say \\\"hi\\\"\"|k|say \"hi\"",
                "PUT -k --json|-k|--json",
            })
    void aPutIsUnderstoodInBothGrammars(String line, String key, String value) {
        assertPut(key, value, line(line));
    }

    @Test
    void escapesStandForOddBytes() {
        Write write = write(line("PUT k \\x00\\xFf\\n\\t\\r\\x41"));
        assertArrayEquals(
                new byte[] {0, (byte) 0xff, '\n', '\t', '\r', 'A'},
                write.value().array());
    }

    @Test
    void bytesThatAreNoTextComeThroughUnchanged() {
        byte[] line = {'p', 'u', 't', ':', (byte) 0xfe, ':', (byte) 0x80, 0, 13};
        Write write = write(CommandParser.parse(Bytes.wrap(line)));
        assertArrayEquals(new byte[] {(byte) 0xfe}, write.key().array());
        assertArrayEquals(new byte[] {(byte) 0x80, 0, 13}, write.value().array());
    }

    @Test
    void updatesAndDeletesAskForTheKeyToBeThere() {
        assertEquals(Write.update(Bytes.of("k"), Bytes.of("a:b")), write(line("update:k:a:b")));
        assertEquals(Write.update(Bytes.of("k"), Bytes.of("v")), write(line("UPDATE k v")));
        assertEquals(Write.delete(Bytes.of("k")), write(line("DELETE k")));
        assertEquals(Write.delete(Bytes.of("k")), write(line("del k")));
        assertEquals(Write.delete(Bytes.of("a:b ")), write(line("delete:a:b ")));
    }

    @Test
    void theRestOfAGetLineIsTheKey() {
        assertEquals(new Command.Get(Bytes.of(" my:key ")), ((Ask) line("get: my:key ")).command());
        assertEquals(new Command.Get(Bytes.of("my key")), ((Ask) line("GET \"my key\"")).command());
    }

    @Test
    void theOperatorsCommandsAreUnderstood() {
        ServerNode server = new ServerNode("127.0.0.1", 8081);
        assertEquals(new Command.Drain(server), ((Ask) line("drain 127.0.0.1:8081")).command());
        assertEquals(new Command.Forget(server), ((Ask) line("FORGET 127.0.0.1:8081")).command());
        assertEquals(new Command.Plan(true, server), ((Ask) line("plan add 127.0.0.1:8081")).command());
        assertEquals(new Command.Plan(false, server), ((Ask) line("plan Remove 127.0.0.1:8081")).command());
        assertEquals(new Command.AcceptLoss(), ((Ask) line("accept-loss")).command());
        assertEquals(Word.STATUS, ((Ask) line("status")).word());
        assertEquals(Word.RING, ((Ask) line("RING")).word());
        assertEquals(Bytes.of("a b"), ((Command.Describe) ((Ask) line("where \"a b\"")).command()).key());
        assertEquals(new PromptCommand.Load("words.txt"), line("load words.txt"));
        assertEquals(new PromptCommand.PutFile(Bytes.of("k"), "a b"), line("put-file k \"a b\""));
        assertEquals(new PromptCommand.GetFile(Bytes.of("k"), "/tmp/f"), line("get-file k /tmp/f"));
        assertEquals(new PromptCommand.Directory(true, Bytes.of("docs/"), "d"), line("put-dir docs/ d"));
        assertEquals(new PromptCommand.Directory(false, Bytes.of("docs/"), "d"), line("GET-DIR docs/ d"));
        assertEquals(new PromptCommand.Help(), line("help"));
        assertEquals(new PromptCommand.Exit(), line("exit"));
        assertEquals(new PromptCommand.Exit(), line(" QUIT "));
    }

    @Test
    void aFormatMayFollowACompleteCommand() {
        assertEquals(Format.JSON, ((Ask) line("status --json")).format());
        assertEquals(Format.RAW, ((Ask) line("get k --raw")).format());
        assertEquals(new Command.Get(Bytes.of("--raw")), ((Ask) line("get --raw")).command());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   ", "\t"})
    void anEmptyLineIsBlank(String line) {
        assertEquals(new PromptCommand.Blank(), line(line));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "put:key|A value is missing: put:key:value",
                "update:key|A value is missing: update:key:value",
                "put::value|The key is empty; it has 1 to 65,536 bytes.",
                "get:|The key is empty; it has 1 to 65,536 bytes.",
                "GET \"\"|The key is empty; it has 1 to 65,536 bytes.",
                "PUT k|PUT takes a key and a value: put KEY VALUE",
                "get|Wrong number of words. Expected: get KEY",
                "get a b|Wrong number of words. Expected: get KEY",
                "status now|Wrong number of words. Expected: status",
                "foo:bar|There is no command 'foo:bar'. Type help for the commands.",
                "drain here|an address is IP:PORT, not 'here'. Expected: drain IP:PORT",
                "plan swap 1.2.3.4:5|A plan is for add or remove, not 'swap'. Expected: plan add|remove IP:PORT",
                "PUT k \"v|A closing double quote is missing; \\\" stands for a quote itself.",
                "PUT k v\\|The line ends in a backslash; \\\\ stands for a backslash itself.",
                "PUT k \\x4|\\x takes two hexadecimal digits, as in \\x0a.",
                "PUT k \\xg0|\\x takes two hexadecimal digits, as in \\x0a.",
            })
    void badInputSaysWhatIsExpected(String line, String message) {
        // A message with the separator in it is cut there by the table; the beginning is what counts.
        Bad bad = assertInstanceOf(Bad.class, line(line));
        assertTrue(bad.message().startsWith(message), bad.message());
    }

    @Test
    void moreWordsThanAValueAreRefusedOnALine() {
        Bad bad = assertInstanceOf(Bad.class, line("PUT city New York"));
        assertTrue(bad.message().contains("double quotes"), bad.message());
    }

    @Test
    void anUnknownEscapeIsRefused() {
        assertInstanceOf(Bad.class, line("PUT k \\q"));
    }

    @Test
    void wordsOfACommandLineMeanThemselves() {
        assertPut("k", "a\\nb", CommandParser.parse(List.of("put", "k", "a\\nb")));
        assertPut("my key", "", CommandParser.parse(List.of("SET", "my key", "")));
        assertPut("city", "New York  City", CommandParser.parse(List.of("put", "city", "New York ", "City")));
        assertPut("k", "v --json", CommandParser.parse(List.of("put", "k", "v", "--json")));
        assertPut("k", "a:b c", CommandParser.parse(List.of("put:k:a:b", "c")));
        assertEquals(Format.JSON, ((Ask) CommandParser.parse(List.of("where", "k", "--json"))).format());
        assertEquals(new Command.Get(Bytes.of("-k")), ((Ask) CommandParser.parse(List.of("get", "-k"))).command());
    }
}
