package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Result;
import com.kvstore.transport.Connection;
import java.util.List;

/** Commands that the connection answers itself, or from the cluster's status. Threading: the event loop only. */
final class ConnectionCommands {
    private final Connection connection;
    private final ClientState state;
    private final Transactions transactions;
    private final ServerInfo server;
    private final ClientCommands client;

    ConnectionCommands(Connection connection, RespClients clients, ClientState state, Transactions transactions) {
        this.connection = connection;
        this.state = state;
        this.transactions = transactions;
        this.server = new ServerInfo(clients, state, connection.options());
        this.client = new ClientCommands(clients, state);
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
        Reply help = SubCommands.help(words);
        if (help != null) {
            return help;
        }
        return switch (words.name()) {
            case "ping" -> ping(words);
            case "echo" -> new Reply.Bulk(words.bytes(1));
            case "readonly", "readwrite" -> Reply.OK;
            case "unwatch" -> {
                transactions.unwatch();
                yield Reply.OK;
            }
            case "reset" -> reset();
            case "auth" -> auth(words);
            case "hello" -> hello(words);
            case "select" -> select(words);
            case "time" -> time();
            case "client" -> client.answer(words);
            case "command" -> CommandTable.describe(words);
            case "config" -> server.config(words);
            default -> throw new RespException("ERR '" + words.name() + "' cannot be used here");
        };
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
        if (words.count() == 2 && connection.options().password() == null) {
            throw new RespException("ERR AUTH <password> called without any password configured for the default user."
                    + " Are you sure your configuration is correct?");
        }
        enter(words.count() == 3 ? words.text(1) : "default", words.bytes(words.count() - 1));
        return Reply.OK;
    }

    /** Where there is no password, the default user's may be anything, as in Redis. */
    private void enter(String user, Bytes password) throws RespException {
        if (!user.equals("default") || !connection.authenticate(password)) {
            throw new RespException("WRONGPASS invalid username-password pair or user is disabled.");
        }
    }

    private Reply hello(Arguments words) throws RespException {
        int version = state.version();
        if (words.count() > 1) {
            long wanted = words.number(1, "ERR Protocol version is not an integer or out of range");
            if (wanted != 2 && wanted != 3) {
                throw new RespException("NOPROTO unsupported protocol version");
            }
            version = (int) wanted;
        }
        String name = null;
        for (int i = 2; i < words.count(); i++) {
            if (words.is(i, "auth") && i + 2 < words.count()) {
                enter(words.text(i + 1), words.bytes(i + 2));
                i += 2;
            } else if (words.is(i, "setname") && i + 1 < words.count()) {
                name = ClientCommands.checkedName(words, ++i);
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
}
