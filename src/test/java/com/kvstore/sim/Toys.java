package com.kvstore.sim;

import com.kvstore.common.ClientMessage.Request;
import com.kvstore.common.Command;
import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.kernel.TimerId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Small machines, messages and networks for tests of the simulator itself. */
final class Toys {
    static final long MS = 1_000_000;
    static final long SECOND = 1_000_000_000;

    private Toys() {}

    /** A message that is a number. */
    static Message number(long n) {
        return new Request(n, new Command.Ping(), null);
    }

    static long number(Message message) {
        return ((Request) message).tag();
    }

    static ServerNode address(int i) {
        return new ServerNode("10.0.0." + i, 9000 + i);
    }

    /** A durable state that is a text. */
    record Text(String text) implements Persistent {}

    /** Numbers as eight bytes. */
    static final MessageCodec CODEC = new MessageCodec() {
        @Override
        public byte[] encode(Message message) {
            return ByteBuffer.allocate(8).putLong(number(message)).array();
        }

        @Override
        public Message decode(byte[] bytes) {
            return number(ByteBuffer.wrap(bytes).getLong());
        }
    };

    /** Does what a test says, and keeps what it was given. */
    static class Recorder implements Machine {
        final List<Input> inputs = new ArrayList<>();
        final List<Integer> turns = new ArrayList<>();
        final @Nullable Persistent recovered;
        private boolean inside;
        private int inputsOfTurn;

        Recorder(@Nullable Persistent recovered) {
            this.recovered = recovered;
        }

        @Override
        public void on(Input input, long nowNs, Effects effects) {
            if (inside) {
                throw new IllegalStateException("entered again");
            }
            inside = true;
            inputs.add(input);
            inputsOfTurn++;
            react(input, nowNs, effects);
            inside = false;
        }

        @Override
        public void turnEnded(long nowNs, Effects effects) {
            turns.add(inputsOfTurn);
            inputsOfTurn = 0;
        }

        void react(Input input, long nowNs, Effects effects) {}

        <T extends Input> List<T> all(Class<T> kind) {
            return inputs.stream().filter(kind::isInstance).map(kind::cast).toList();
        }

        List<Long> numbers() {
            return all(Input.Received.class).stream()
                    .map(received -> number(received.message()))
                    .toList();
        }
    }

    /** Connects to {@code peer} at its start, again whenever the link is gone, and counts upwards on it. */
    static final class Counter extends Recorder {
        private final ServerNode peer;
        private final int perSecond;
        private long link = -1;
        private long next;

        Counter(ServerNode peer, int perSecond) {
            super(null);
            this.peer = peer;
            this.perSecond = perSecond;
        }

        @Override
        void react(Input input, long nowNs, Effects effects) {
            if (input instanceof Input.Started || input instanceof Input.ConnectFailed) {
                effects.connect(peer);
            } else if (input instanceof Input.LinkClosed) {
                link = -1;
                effects.connect(peer);
            } else if (input instanceof Input.LinkOpened opened) {
                link = opened.link();
                tick(nowNs, effects);
            } else if (input instanceof Input.TimerFired && link >= 0) {
                tick(nowNs, effects);
            }
        }

        private void tick(long nowNs, Effects effects) {
            effects.send(link, number(next++));
            effects.setTimer(new TimerId("tick", 0), nowNs + SECOND / perSecond);
        }
    }

    /** Two nodes on a network; the last machine each has started is at hand. */
    static final class Pair {
        final SimWorld world;
        final SimNetwork network;
        final SimNode one;
        final SimNode two;
        private final List<Recorder> ofTwo = new ArrayList<>();
        private final List<Recorder> ofOne = new ArrayList<>();

        interface NewMachine {
            Recorder create(@Nullable Persistent recovered);
        }

        Pair(long seed, NetworkOptions options, NewMachine first, NewMachine second) {
            this(SimWorld.create(seed, Trace.silent(), CODEC), options, first, second);
        }

        Pair(SimWorld world, NetworkOptions options, NewMachine first, NewMachine second) {
            this.world = world;
            this.network = new SimNetwork(world, options);
            this.one = network.add("one", address(1), (random, recovered) -> keep(ofOne, first.create(recovered)));
            this.two = network.add("two", address(2), (random, recovered) -> keep(ofTwo, second.create(recovered)));
        }

        private static Recorder keep(List<Recorder> list, Recorder machine) {
            list.add(machine);
            return machine;
        }

        Recorder first() {
            return ofOne.get(ofOne.size() - 1);
        }

        Recorder second() {
            return ofTwo.get(ofTwo.size() - 1);
        }

        void start() {
            one.start();
            two.start();
        }

        void pass(long ns) {
            world.scheduler().runUntil(world.scheduler().nowNs() + ns);
        }
    }
}
