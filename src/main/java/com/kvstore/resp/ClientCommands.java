package com.kvstore.resp;

import com.kvstore.resp.ClientState.Replies;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** CLIENT: what the server knows of its clients, and how to be rid of them. Threading: the event loop only. */
final class ClientCommands {
    private static final int NAME_LIMIT = 1_024;
    private static final Set<String> TYPES = Set.of("normal", "master", "replica", "slave", "pubsub");

    private final RespClients clients;
    private final ClientState state;

    ClientCommands(RespClients clients, ClientState state) {
        this.clients = clients;
        this.state = state;
    }

    /** The number of words has been checked. */
    Reply answer(Arguments words) throws RespException {
        return switch (words.lower(1)) {
            case "id" -> Reply.of(state.id());
            case "info" -> new Reply.Verbatim(state.line() + "\n");
            case "list" -> list(words);
            case "getname" -> state.name().isEmpty() ? Reply.NULL : Reply.bulk(state.name());
            case "setname" -> {
                state.name(checkedName(words, 2));
                yield Reply.OK;
            }
            case "setinfo" -> setInfo(words);
            case "kill" -> kill(words);
            case "reply" -> replies(words);
            default -> {
                // NO-EVICT and NO-TOUCH: there is no eviction to spare anybody.
                if (!words.is(2, "on") && !words.is(2, "off")) {
                    throw new RespException(RespException.SYNTAX);
                }
                yield Reply.OK;
            }
        };
    }

    static String checkedName(Arguments words, int i) throws RespException {
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

    private Reply replies(Arguments words) throws RespException {
        switch (words.lower(2)) {
            case "on" -> state.replies(Replies.ON);
            case "off" -> state.replies(Replies.OFF);
            case "skip" -> state.replies(Replies.SKIP_NEXT);
            default -> throw new RespException(RespException.SYNTAX);
        }
        return Reply.OK;
    }

    /** CLIENT LIST, of a type, or of those with some ids. */
    private Reply list(Arguments words) throws RespException {
        List<Long> ids = null;
        String type = "normal";
        if (words.is(2, "type") && words.count() == 4) {
            type = type(words, 3);
        } else if (words.is(2, "id") && words.count() > 3) {
            ids = new ArrayList<>();
            for (int i = 3; i < words.count(); i++) {
                ids.add(id(words, i, "ERR Invalid client ID"));
            }
        } else if (words.count() > 2) {
            throw new RespException(RespException.SYNTAX);
        }
        StringBuilder lines = new StringBuilder();
        for (ClientState each : clients.all()) {
            if (type.equals("normal") && (ids == null || ids.contains(each.id()))) {
                lines.append(each.line()).append('\n');
            }
        }
        return new Reply.Verbatim(lines.toString());
    }

    private static String type(Arguments words, int i) throws RespException {
        if (!TYPES.contains(words.lower(i))) {
            throw new RespException("ERR Unknown client type '" + words.text(i) + "'");
        }
        return words.lower(i);
    }

    private static long id(Arguments words, int i, String complaint) throws RespException {
        try {
            long id = words.number(i);
            if (id > 0) {
                return id;
            }
        } catch (RespException notANumber) {
            // The same complaint.
        }
        throw new RespException(complaint);
    }

    /** CLIENT KILL ADDRESS, or pairs of a property and its value. */
    private Reply kill(Arguments words) throws RespException {
        boolean old = words.count() == 3;
        Filter filter = old ? Filter.NONE.withAddress(words.text(2)) : filter(words);
        boolean skipMe = !old && filter.skipMe();
        int killed = 0;
        for (ClientState each : new ArrayList<>(clients.all())) {
            if (filter.matches(each) && !(skipMe && each == state)) {
                killed++;
                each.end();
            }
        }
        if (old && killed == 0) {
            throw new RespException("ERR No such client");
        }
        return old ? Reply.OK : Reply.of(killed);
    }

    private static Filter filter(Arguments words) throws RespException {
        Filter filter = Filter.NONE;
        for (int i = 2; i < words.count(); i += 2) {
            if (i + 1 == words.count()) {
                throw new RespException(RespException.SYNTAX);
            }
            String value = words.text(i + 1);
            switch (words.lower(i)) {
                case "id" -> filter = filter.withId(id(words, i + 1, "ERR client-id should be greater than 0"));
                case "addr" -> filter = filter.withAddress(value);
                case "laddr" -> filter = filter.withLocalAddress(value);
                case "type" -> filter = filter.withType(type(words, i + 1));
                case "user" -> {
                    if (!value.equals("default")) {
                        throw new RespException("ERR No such user '" + value + "'");
                    }
                }
                case "skipme" -> {
                    if (!words.is(i + 1, "yes") && !words.is(i + 1, "no")) {
                        throw new RespException(RespException.SYNTAX);
                    }
                    filter = filter.withSkipMe(words.is(i + 1, "yes"));
                }
                default -> throw new RespException(RespException.SYNTAX);
            }
        }
        return filter;
    }

    /** Which clients are meant; null: any. */
    private record Filter(
            @Nullable Long id,
            @Nullable String address,
            @Nullable String localAddress,
            String type,
            boolean skipMe) {
        static final Filter NONE = new Filter(null, null, null, "normal", true);

        Filter withId(long wanted) {
            return new Filter(wanted, address, localAddress, type, skipMe);
        }

        Filter withAddress(String wanted) {
            return new Filter(id, wanted, localAddress, type, skipMe);
        }

        Filter withLocalAddress(String wanted) {
            return new Filter(id, address, wanted, type, skipMe);
        }

        Filter withType(String wanted) {
            return new Filter(id, address, localAddress, wanted, skipMe);
        }

        Filter withSkipMe(boolean wanted) {
            return new Filter(id, address, localAddress, type, wanted);
        }

        boolean matches(ClientState client) {
            return type.equals("normal")
                    && (id == null || client.id() == id)
                    && (address == null || client.address().equals(address))
                    && (localAddress == null || client.localAddress().equals(localAddress));
        }
    }
}
