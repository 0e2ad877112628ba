package com.kvstore.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an earlier life left in the files of a {@link Journal}: the chain of batches that the tables may lack, where it ends,
 * and the files that are free.
 *
 * <p>Threading: one thread's.
 */
final class JournalRecovery {
    /** A file whose first record is whole. */
    private record Begun(Segment segment, JournalRecord first) {}

    private final Path directory;
    private final long applied;
    private final List<Segment> chain = new ArrayList<>();
    private final List<Segment> spare = new ArrayList<>();
    /** Files without a whole record at their beginning: never used, or damaged. */
    private final List<Segment> blank = new ArrayList<>();

    private int files;
    /** Files are numbered from 1 and never deleted. */
    private int highest;

    private int life;
    private long sequence;
    private @Nullable JournalRecord newest;

    private JournalRecovery(Path directory, long applied) {
        this.directory = directory;
        this.applied = applied;
        this.sequence = applied;
    }

    /** Reads all files; see {@link Journal#open}. */
    static JournalRecovery of(Path directory, long applied, Journal.Opener opener) throws IOException {
        JournalRecovery recovery = new JournalRecovery(directory, applied);
        List<Begun> begun = recovery.open(opener);
        try {
            recovery.follow(begun);
        } catch (IOException failed) {
            for (Begun each : begun) {
                each.segment.close();
            }
            for (Segment each : recovery.blank) {
                each.close();
            }
            throw failed;
        }
        return recovery;
    }

    /** Files whose batches the tables may lack, oldest first. */
    List<Segment> chain() {
        return chain;
    }

    List<Segment> spare() {
        return spare;
    }

    long applied() {
        return applied;
    }

    int files() {
        return files;
    }

    /** The newest life there was. */
    int life() {
        return life;
    }

    /** The newest batch: of the journal, or of the tables if these have a newer one. */
    long sequence() {
        return sequence;
    }

    static DamagedDataException damaged(Path file, long at) {
        return damaged("the journal file " + file + " is damaged at byte " + at);
    }

    private static DamagedDataException damaged(String what) {
        return new DamagedDataException(what, new IOException());
    }

    private List<Begun> open(Journal.Opener opener) throws IOException {
        List<Begun> begun = new ArrayList<>();
        try (Stream<Path> paths = Files.list(directory)) {
            for (Path path : paths.filter(JournalRecovery::isNumbered).toList()) {
                highest = Math.max(highest, Integer.parseInt(path.getFileName().toString()));
                Segment segment = opener.open(path);
                files++;
                JournalRecord first = segment.read(0);
                if (first == null) {
                    blank.add(segment);
                } else {
                    begun.add(new Begun(segment, first));
                    life = Math.max(life, first.life());
                }
            }
        }
        begun.sort(Comparator.comparingLong(each -> each.first.sequence()));
        return begun;
    }

    private static boolean isNumbered(Path file) {
        return file.getFileName().toString().matches("[0-9]{1,9}");
    }

    private void follow(List<Begun> begun) throws IOException {
        int next = 0;
        while (next + 1 < begun.size() && begun.get(next + 1).first.sequence() <= applied + 1) {
            spare.add(begun.get(next++).segment);
        }
        long at = 0;
        long expected = 0;
        Segment last = null;
        List<Begun> beyond = new ArrayList<>();
        for (Begun each : begun.subList(next, begun.size())) {
            long first = each.first.sequence();
            if (expected == 0 ? first <= applied + 1 : first == expected) {
                last = each.segment;
                chain.add(last);
                at = read(last);
                expected = last.last() + 1;
            } else {
                beyond.add(each);
            }
        }
        sequence = Math.max(applied, expected - 1);
        refuseLater(last, at, beyond, expected == 0 ? applied + 1 : expected);
        JournalRecord newestRead = newest;
        int expectedFiles = Math.max(highest, newestRead == null ? 0 : newestRead.files());
        if (files == 0 && applied > 0) {
            throw damaged("the journal " + directory + " is missing");
        } else if (expectedFiles > files) {
            throw damaged("of the " + expectedFiles + " files of the journal in " + directory + " only " + files
                    + " are there");
        }
        for (Begun each : beyond) {
            each.segment.wipe();
            spare.add(each.segment);
        }
        spare.addAll(blank);
    }

    /** Reads whole records up to the first that is not; @return where that would be. */
    private long read(Segment segment) throws IOException {
        while (true) {
            JournalRecord record = segment.read(segment.endBytes());
            JournalRecord before = newest;
            boolean follows = record != null
                    && (before == null
                            || (record.sequence() == before.sequence() + 1 && record.life() >= before.life()));
            if (record == null || !follows) {
                return segment.endBytes();
            }
            segment.appended(record.sequence(), record.payload().length());
            newest = record;
            life = Math.max(life, record.life());
        }
    }

    /** A record that says that {@code missing} was synced: then that is no torn tail. */
    private void refuseLater(@Nullable Segment last, long at, List<Begun> beyond, long missing) throws IOException {
        JournalRecord read = newest;
        int lifeThen = read == null ? 0 : read.life();
        if (last != null && last.findLater(at, missing, lifeThen) != null) {
            throw damaged(last.file(), at);
        }
        List<Segment> others = new ArrayList<>(blank);
        beyond.forEach(each -> others.add(each.segment));
        for (Segment other : others) {
            if (other.findLater(0, missing, lifeThen) != null) {
                throw last == null
                        ? damaged("batch " + missing + " of the journal in " + directory + " is missing")
                        : damaged(last.file(), at);
            }
        }
    }
}
