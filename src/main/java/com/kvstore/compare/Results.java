package com.kvstore.compare;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that was measured in one run.
 *
 * @param machine processors, memory, Java: for people
 * @param when the day
 * @param command what was typed
 */
record Results(
        CompareSettings settings,
        String machine,
        String when,
        String command,
        List<Point> points,
        List<KillResult> kills) {
    Results {
        points = List.copyOf(points);
        kills = List.copyOf(kills);
    }

    /** In the order of the number of servers. */
    List<Point> of(Protocol protocol) {
        List<Point> found = new ArrayList<>();
        for (Point point : points) {
            if (point.protocol() == protocol) {
                found.add(point);
            }
        }
        return found;
    }

    @Nullable KillResult killOf(Protocol protocol) {
        for (KillResult kill : kills) {
            if (kill.protocol() == protocol) {
                return kill;
            }
        }
        return null;
    }

    /** Whether all histories are as promised, and nothing acknowledged was lost where that is promised. */
    boolean correct() {
        for (KillResult kill : kills) {
            boolean mayLose = kill.protocol() == Protocol.EVENTUAL;
            if (!kill.verdict().correct()
                    || (!mayLose && kill.audit().lost() > 0)
                    || kill.audit().appeared() > 0) {
                return false;
            }
        }
        return true;
    }
}
