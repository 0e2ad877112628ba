package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Result;
import com.kvstore.resp.ClientState.Replies;
import com.kvstore.transport.Connection;
import java.util.ArrayList;
import java.util.List;

/** Commands that the connection answers itself, or from the cluster's status. Threading: the event loop only. */
final class ConnectionCommands {
    private static final int NAME_LIMIT = 1_024;

    private final Connection connection;
    private final RespClients clients;
    private final ClientState state;
    private final Transactions transactions;
    private final ServerInfo server;

    ConnectionCommands(Connection connection, RespClients clients, ClientState state, Transactions transactions) {
        this.connection = connection;
        this.clients = clients;
        this.state = state;
        this.transactions = transactions;
        this.server = new ServerInfo(clients, state, connection.options());
    }

    /**
     * INFO and CLUSTER.
     *
     * @param status the answer to a request for the state of the cluster
     */
    Reply aboutTheServer(Arguments words, Result status) {
        try {
            return words.is(0, "info") ? server.info(words, status) : server.cluster(words, status);
        } catch (RespException problem) {
            return new Reply.Problem(problem.error());
        }
    }

    Reply answer(Arguments words) throws RespException {
        return switch (words.name()) {
            case "ping" -> ping(words);
            case "echo" -> new Reply.Bulk(words.bytes(1));
            case "quit", "readonly", "readwrite" -> Reply.OK;
            case "reset" -> reset();
            case "auth" -> auth(words);
            case "hello" -> hello(words);
            case "select" -> select(words);
            case "time" -> time();
            case "client" -> client(words);
            case "command" -> CommandTable.describe(words);
            case "config" -> server.config(words);
            case "object", "memory" -> throw unknown(words);
            default -> throw new RespException("ERR '" + words.name() + "' cannot be used here");
        };
    }

    private static RespException unknown(Arguments words) {
        return new RespException("ERR unknown subcommand or wrong number of arguments for '" + words.text(1) + "'. Try "
                + words.text(0).toUpperCase(java.util.Locale.ROOT) + " HELP.");
    }

    private static Reply ping(Arguments words) throws RespException {
        if (words.count() > 2) {
            throw RespException.wrongNumber("ping");
        }
        return words.count() == 1 ? new Reply.Simple("PONG") : new Reply.Bulk(words.bytes(1));
    }

    private Reply reset() {
        transactions.reset();
        state.reset();
        return new Reply.Simple("RESET");
    }

    private Reply auth(Arguments words) throws RespException {
        if (words.count() > 3) {
            throw new RespException(RespException.SYNTAX);
        }
        enter(words.count() == 3 ? words.text(1) : "default", words.bytes(words.count() - 1));
        return Reply.OK;
    }

    private void enter(String user, Bytes password) throws RespException {
        if (connection.options().password() == null) {
            throw new RespException("ERR AUTH <password> called without any password configured for the default user."
                    + " Are you sure your configuration is correct?");
        }
        if (!user.equals("default") || !connection.authenticate(password)) {
            throw new RespException("WRONGPASS invalid username-password pair or user is disabled.");
        }
    }

    private Reply hello(Arguments words) throws RespException {
        int version = state.version();
        if (words.count() > 1) {
            if (!words.is(1, "2") && !words.is(1, "3")) {
                throw new RespException("NOPROTO unsupported protocol version");
            }
            version = words.is(1, "2") ? 2 : 3;
        }
        String name = null;
        for (int i = 2; i < words.count(); i++) {
            if (words.is(i, "auth") && i + 2 < words.count()) {
                enter(words.text(i + 1), words.bytes(i + 2));
                i += 2;
            } else if (words.is(i, "setname") && i + 1 < words.count()) {
                name = checkedName(words, ++i);
            } else {
                throw new RespException("ERR Syntax error in HELLO option '" + words.text(i) + "'");
            }
        }
        if (!connection.isAuthenticated()) {
            throw new RespException("NOAUTH HELLO must be called with the client already authenticated, otherwise the"
                    + " HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the"
                    + " RESP protocol version at the same time");
        }
        if (name != null) {
            state.name(name);
        }
        state.version(version);
        return new Reply.Pairs(List.of(
                Reply.bulk("server"),
                Reply.bulk("redis"),
                Reply.bulk("version"),
                Reply.bulk(ServerInfo.REDIS_VERSION),
                Reply.bulk("proto"),
                Reply.of(version),
                Reply.bulk("id"),
                Reply.of(state.id()),
                Reply.bulk("mode"),
                Reply.bulk("standalone"),
                Reply.bulk("role"),
                Reply.bulk("master"),
                Reply.bulk("modules"),
                Reply.array()));
    }

    private static Reply select(Arguments words) throws RespException {
        if (words.number(1) != 0) {
            throw new RespException("ERR DB index is out of range");
        }
        return Reply.OK;
    }

    private static Reply time() {
        long ms = System.currentTimeMillis();
        return Reply.array(Reply.bulk(Long.toString(ms / 1_000)), Reply.bulk(Long.toString(ms % 1_000 * 1_000)));
    }

    private Reply client(Arguments words) throws RespException {
        int count = words.count();
        return switch (words.lower(1)) {
            case "id" -> Reply.of(state.id());
            case "info" -> new Reply.Verbatim(state.line() + "\n");
            case "list" -> list();
            case "getname" -> state.name().isEmpty() ? Reply.NULL : Reply.bulk(state.name());
            case "setname" -> {
                require(count == 3, words);
                state.name(checkedName(words, 2));
                yield Reply.OK;
            }
            case "setinfo" -> {
                require(count == 4, words);
                yield setInfo(words);
            }
            case "kill" -> {
                require(count >= 3, words);
                yield kill(words);
            }
            case "no-evict", "no-touch" -> {
                require(count == 3 && (words.is(2, "on") || words.is(2, "off")), words);
                yield Reply.OK;
            }
            case "reply" -> {
                require(count == 3, words);
                yield replies(words);
            }
            default -> throw unknown(words);
        };
    }

    private static void require(boolean right, Arguments words) throws RespException {
        if (!right) {
            throw unknown(words);
        }
    }

    private Reply list() {
        StringBuilder lines = new StringBuilder();
        for (ClientState each : clients.all()) {
            lines.append(each.line()).append('\n');
        }
        return new Reply.Verbatim(lines.toString());
    }

    private static String checkedName(Arguments words, int i) throws RespException {
        String name = words.text(i);
        if (name.length() > NAME_LIMIT || name.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new RespException("ERR Client names cannot contain spaces, newlines or special characters.");
        }
        return name;
    }

    private Reply setInfo(Arguments words) throws RespException {
        String value = checkedName(words, 3);
        switch (words.lower(2)) {
            case "lib-name" -> state.library(value);
            case "lib-ver" -> state.libraryVersion(value);
            default -> throw new RespException("ERR Unrecognized option '" + words.text(2) + "'");
        }
        return Reply.OK;
    }

    /** CLIENT KILL ADDRESS, or KILL ID n, ADDR a, SKIPME yes or no. */
    private Reply kill(Arguments words) throws RespException {
        boolean old = words.count() == 3;
        boolean skipMe = !old;
        Long id = null;
        String address = old ? words.text(2) : null;
        for (int i = 2; !old && i < words.count(); i += 2) {
            require(i + 1 < words.count(), words);
            switch (words.lower(i)) {
                case "id" -> id = words.number(i + 1);
                case "addr" -> address = words.text(i + 1);
                case "skipme" -> skipMe = words.is(i + 1, "yes");
                default -> throw new RespException(RespException.SYNTAX);
            }
        }
        int killed = 0;
        for (ClientState each : new ArrayList<>(clients.all())) {
            boolean meant = (id == null || each.id() == id)
                    && (address == null || each.address().equals(address))
                    && !(skipMe && each == state);
            if (meant) {
                killed++;
                each.connection().close();
            }
        }
        if (old && killed == 0) {
            throw new RespException("ERR No such client");
        }
        return old ? Reply.OK : Reply.of(killed);
    }

    private Reply replies(Arguments words) throws RespException {
        switch (words.lower(2)) {
            case "on" -> state.replies(Replies.ON);
            case "off" -> state.replies(Replies.OFF);
            case "skip" -> state.replies(Replies.SKIP_NEXT);
            default -> throw new RespException(RespException.SYNTAX);
        }
        return Reply.OK;
    }
}
