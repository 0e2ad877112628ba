#!/usr/bin/env bash
# Compares the replies of this store with Redis' own, command by command, in both versions of the protocol.
#
#   scripts/compare-with-redis.sh [REDIS_PORT OUR_PORT]
#
# Without ports it starts both: a redis-server (Debian's package redis-server) and ./run-cluster.sh. The commands are in
# compare-with-redis.txt beside it; a line there that begins with ! is expected to differ. Ends with 1 if a reply differs
# that should not, or one does not that should.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")

case "${1:-}" in
    -h | --help)
        sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 0
        ;;
esac
for tool in redis-cli redis-server; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is not installed: apt-get install redis-server redis-tools" >&2
        exit 2
    fi
done

work=$(mktemp -d "${TMPDIR:-/tmp}/compare.XXXXXX")
started=()
cleanup() {
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

# Until the server at a port answers a PING.
await() {
    for ((i = 0; i < 300; i++)); do
        [[ $(redis-cli -p "$1" ping 2>/dev/null) == PONG ]] && return
        sleep 0.1
    done
    echo "Nobody answers on port $1." >&2
    exit 2
}

if (($# >= 2)); then
    theirs=$1
    ours=$2
else
    theirs=17379
    ours=17380
    redis-server --port "$theirs" --save '' --dir "$work" >"$work/redis.log" 2>&1 &
    started+=($!)
    "$here/../run-cluster.sh" --no-prompt --port "$ours" --dir "$work/cluster" >"$work/cluster.log" 2>&1 &
    started+=($!)
    await "$theirs"
    for ((i = 0; i < 600; i++)); do
        grep -q 'Cluster ready' "$work/cluster.log" && break
        sleep 0.1
    done
fi
await "$ours"

# Each command follows an ECHO of its number, so that its reply can be told from the others.
grep -vE '^(#|$)' "$here/compare-with-redis.txt" >"$work/list"
sed 's/^!//' "$work/list" | awk '{ print "ECHO >>" NR; print }' >"$work/commands"
replies() { # port, option
    redis-cli -p "$1" flushall >/dev/null
    redis-cli -p "$1" ${2:+"$2"} --no-raw <"$work/commands" 2>&1 |
        awk '/^">>[0-9]+"$/ { gsub(/[">]/, ""); n = $0; next } { print n "\t" $0 }'
}

wrong=0
for version in '' -3; do
    replies "$theirs" "$version" >"$work/theirs"
    replies "$ours" "$version" >"$work/ours"
    awk -F '\t' -v version="${version:--2}" '
        FILENAME == ARGV[1] { command[++n] = $0; next }
        { text = $0; sub(/^[0-9]*\t/, "", text) }
        FILENAME == ARGV[2] { theirs[$1] = theirs[$1] text "\n"; next }
        { ours[$1] = ours[$1] text "\n" }
        END {
            for (i = 1; i <= n; i++) {
                expected = command[i] ~ /^!/
                if ((theirs[i] != ours[i]) == expected) continue
                bad++
                printf "%s (protocol %s)\n  Redis: %s  ours:  %s", command[i], version, theirs[i], ours[i]
            }
            printf "Protocol %s: %d commands compared, %d replies not as expected.\n", version, n, bad
            exit bad > 0
        }' "$work/list" "$work/theirs" "$work/ours" || wrong=1
done
exit "$wrong"
