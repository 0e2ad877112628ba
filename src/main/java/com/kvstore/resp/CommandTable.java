package com.kvstore.resp;

import com.kvstore.common.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All commands there are. Immutable, thread-safe. */
final class CommandTable {
    /** May be sent before the password. */
    static final String NO_AUTH = "no_auth";
    /** Looks at all keys, or waits for what was written: begins when every write before it has ended. */
    static final String KEYSPACE = "keyspace";

    /** Changes how replies are written, its own among them. */
    static final String CHANGES_REPLIES = "changes_replies";

    private static final Set<String> OUR_FLAGS = Set.of(KEYSPACE, CHANGES_REPLIES);

    private static final Map<String, CommandSpec> ALL = new TreeMap<>();

    static {
        data("get", 2, "readonly fast", StringOperations::get);
        data("set", -3, "write denyoom", StringOperations::set);
        data("setnx", 3, "write denyoom fast", StringOperations::setnx);
        data("setex", 4, "write denyoom", StringOperations::setex);
        data("psetex", 4, "write denyoom", StringOperations::setex);
        data("getset", 3, "write denyoom fast", StringOperations::getset);
        data("getdel", 2, "write fast", StringOperations::getdel);
        data("getex", -2, "write fast", StringOperations::getex);
        data("append", 3, "write denyoom fast", StringOperations::append);
        data("strlen", 2, "readonly fast", StringOperations::strlen);
        data("getrange", 4, "readonly", StringOperations::getrange);
        data("substr", 4, "readonly", StringOperations::getrange);
        data("setrange", 4, "write denyoom", StringOperations::setrange);
        data("incr", 2, "write denyoom fast", CounterOperations::increment);
        data("decr", 2, "write denyoom fast", CounterOperations::increment);
        data("incrby", 3, "write denyoom fast", CounterOperations::increment);
        data("decrby", 3, "write denyoom fast", CounterOperations::increment);
        data("incrbyfloat", 3, "write denyoom fast", CounterOperations::incrbyfloat);
        data("expire", -3, "write fast", ExpiryOperations::expire);
        data("pexpire", -3, "write fast", ExpiryOperations::expire);
        data("expireat", -3, "write fast", ExpiryOperations::expire);
        data("pexpireat", -3, "write fast", ExpiryOperations::expire);
        data("ttl", 2, "readonly fast", ExpiryOperations::remaining);
        data("pttl", 2, "readonly fast", ExpiryOperations::remaining);
        data("expiretime", 2, "readonly fast", ExpiryOperations::remaining);
        data("pexpiretime", 2, "readonly fast", ExpiryOperations::remaining);
        data("persist", 2, "write fast", ExpiryOperations::persist);
        data("type", 2, "readonly fast", KeyOperations::type);
        severalKeys();
        others();
    }

    private static void severalKeys() {
        keys("mget", -2, "readonly fast", -1, 1, StringOperations::mget);
        keys("mset", -3, "write denyoom", -1, 2, StringOperations::mset);
        keys("msetnx", -3, "write denyoom", -1, 2, StringOperations::mset);
        keys("del", -2, "write", -1, 1, KeyOperations::del);
        keys("unlink", -2, "write fast", -1, 1, KeyOperations::del);
        keys("exists", -2, "readonly fast", -1, 1, KeyOperations::exists);
        keys("touch", -2, "readonly fast", -1, 1, KeyOperations::exists);
        keys("rename", 3, "write", 2, 1, KeyOperations::rename);
        keys("renamenx", 3, "write fast", 2, 1, KeyOperations::rename);
        keys("copy", -3, "write denyoom", 2, 1, KeyOperations::copy);
    }

    private static void others() {
        for (String name : List.of("randomkey", "dbsize")) {
            other(name, 1, "readonly " + KEYSPACE);
        }
        other("keys", 2, "readonly " + KEYSPACE);
        other("scan", -2, "readonly " + KEYSPACE);
        other("flushdb", -1, "write " + KEYSPACE);
        other("flushall", -1, "write " + KEYSPACE);
        other("wait", 3, "blocking " + KEYSPACE);
        other("watch", -2, "noscript fast");
        for (String name : List.of("unwatch", "multi", "exec", "discard")) {
            other(name, 1, "noscript fast");
        }
        other("ping", -1, "fast");
        other("echo", 2, "fast");
        other("quit", -1, "fast " + NO_AUTH);
        other("reset", 1, "fast " + NO_AUTH + " " + CHANGES_REPLIES);
        other("auth", -2, "fast " + NO_AUTH);
        other("hello", -1, "fast " + NO_AUTH + " " + CHANGES_REPLIES);
        other("select", 2, "fast");
        other("time", 1, "fast");
        for (String name : List.of("readonly", "readwrite")) {
            other(name, 1, "fast");
        }
        for (String name : List.of("client", "config", "cluster", "object", "memory")) {
            other(name, -2, "admin");
        }
        for (String name : List.of("info", "command")) {
            other(name, -1, "loading stale");
        }
    }

    private CommandTable() {}

    private static void data(String name, int arity, String flags, Operation.Parser parser) {
        keys(name, arity, flags, 1, 1, parser);
    }

    private static void keys(String name, int arity, String flags, int lastKey, int step, Operation.Parser parser) {
        ALL.put(name, new CommandSpec(name, arity, List.of(flags.split(" ", -1)), 1, lastKey, step, parser));
    }

    private static void other(String name, int arity, String flags) {
        ALL.put(name, new CommandSpec(name, arity, List.of(flags.split(" ", -1)), 0, 0, 0, null));
    }

    /** @param name lower case */
    static @Nullable CommandSpec find(String name) {
        return ALL.get(name);
    }

    static Collection<CommandSpec> all() {
        return ALL.values();
    }

    /** The answer to {@code COMMAND} and its sub-commands. */
    static Reply describe(Arguments words) throws RespException {
        if (words.count() == 1) {
            return infos(ALL.values());
        }
        return switch (words.lower(1)) {
            case "count" -> Reply.of(ALL.size());
            case "list" -> list(words);
            case "getkeys" -> keys(words);
            case "info" -> words.count() == 2 ? infos(ALL.values()) : infos(named(words));
            case "docs" -> docs(words.count() == 2 ? ALL.values() : named(words));
            default -> throw new RespException(RespException.SYNTAX);
        };
    }

    /** COMMAND LIST, all of it or by a pattern; there are no modules and no categories. */
    private static Reply list(Arguments words) throws RespException {
        boolean filtered = words.count() == 5 && words.is(2, "filterby");
        if (words.count() != 2 && !filtered) {
            throw new RespException(RespException.SYNTAX);
        }
        Glob pattern = Glob.ALL;
        boolean any = true;
        if (filtered) {
            switch (words.lower(3)) {
                case "pattern" -> pattern = new Glob(Bytes.of(words.lower(4)));
                case "module", "aclcat" -> any = false;
                default -> throw new RespException(RespException.SYNTAX);
            }
        }
        List<Reply> names = new ArrayList<>();
        for (String name : ALL.keySet()) {
            if (any && pattern.matches(Bytes.of(name))) {
                names.add(Reply.bulk(name));
            }
        }
        return new Reply.Array(names);
    }

    private static Reply keys(Arguments words) throws RespException {
        CommandSpec spec = find(words.lower(2));
        int count = words.count() - 2;
        if (spec == null) {
            throw new RespException("ERR Invalid command specified");
        }
        if (spec.firstKey() == 0) {
            throw new RespException("ERR The command has no key arguments");
        }
        if (!spec.accepts(count)) {
            throw new RespException("ERR Invalid number of arguments specified for command");
        }
        List<Bytes> keys = new ArrayList<>();
        int last = spec.lastKey() < 0 ? count + spec.lastKey() : spec.lastKey();
        for (int i = spec.firstKey(); i <= last; i += spec.step()) {
            keys.add(words.bytes(i + 2));
        }
        return Reply.bulks(keys);
    }

    private static List<@Nullable CommandSpec> named(Arguments words) {
        List<@Nullable CommandSpec> specs = new ArrayList<>();
        for (int i = 2; i < words.count(); i++) {
            specs.add(ALL.get(words.lower(i)));
        }
        return specs;
    }

    private static Reply infos(Collection<? extends @Nullable CommandSpec> specs) {
        List<Reply> infos = new ArrayList<>();
        for (CommandSpec spec : specs) {
            infos.add(spec == null ? new Reply.NullArray() : info(spec));
        }
        return new Reply.Array(infos);
    }

    private static Reply info(CommandSpec spec) {
        List<Reply> flags = new ArrayList<>();
        for (String flag : spec.flags()) {
            if (!OUR_FLAGS.contains(flag)) {
                flags.add(new Reply.Simple(flag));
            }
        }
        return Reply.array(
                Reply.bulk(spec.name()),
                Reply.of(spec.arity()),
                new Reply.Array(flags),
                Reply.of(spec.firstKey()),
                Reply.of(spec.lastKey()),
                Reply.of(spec.step()));
    }

    private static Reply docs(Collection<? extends @Nullable CommandSpec> specs) {
        List<Reply> docs = new ArrayList<>();
        for (CommandSpec spec : specs) {
            if (spec != null) {
                String group = spec.parser() != null ? "string" : "server";
                docs.add(Reply.bulk(spec.name()));
                docs.add(new Reply.Pairs(List.of(
                        Reply.bulk("summary"),
                        Reply.bulk("As Redis has it; differences are in docs/redis.md"),
                        Reply.bulk("group"),
                        Reply.bulk(group))));
            }
        }
        return new Reply.Pairs(docs);
    }
}
