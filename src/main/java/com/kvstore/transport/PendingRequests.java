package com.kvstore.transport;

import org.jspecify.annotations.Nullable;

/**
 * The requests that have no answer yet, by their numbers.
 *
 * <p>Numbers rise one by one and are answered in about that order, so a request's place is its number modulo the size of an
 * array, which grows when a place is still taken: a hash table would pay for every removal from the long runs that such
 * numbers make.
 *
 * <p>Threading: the event loop only.
 */
final class PendingRequests {
    private static final int FIRST_SIZE = 1_024;

    private @Nullable ClientRequest[] places = new ClientRequest[FIRST_SIZE];
    private long[] numbers = new long[FIRST_SIZE];
    private long last;

    /** Takes a request on. @return its number, from 1 */
    long add(ClientRequest request) {
        long number = ++last;
        while (places[place(number)] != null) {
            grow();
        }
        places[place(number)] = request;
        numbers[place(number)] = number;
        return number;
    }

    /** Takes a request out; null if it is not there. */
    @Nullable ClientRequest remove(long number) {
        int place = place(number);
        if (numbers[place] != number) {
            return null;
        }
        ClientRequest request = places[place];
        places[place] = null;
        return request;
    }

    private int place(long number) {
        return (int) number & (places.length - 1);
    }

    private void grow() {
        @Nullable ClientRequest[] oldPlaces = places;
        long[] oldNumbers = numbers;
        places = new ClientRequest[oldPlaces.length * 2];
        numbers = new long[places.length];
        for (int i = 0; i < oldPlaces.length; i++) {
            if (oldPlaces[i] != null) {
                places[place(oldNumbers[i])] = oldPlaces[i];
                numbers[place(oldNumbers[i])] = oldNumbers[i];
            }
        }
    }
}
