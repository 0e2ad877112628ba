#!/usr/bin/env bash
# Looks for inputs that break a decoder, with Jazzer: ten minutes for each of them.
#
#   scripts/fuzz.sh [TARGET…]          commands frames lines storedViews heartbeats (default: all)
#
#   commands     the Redis protocol, and what its commands do
#   frames       binary frames: nodes and KvClient
#   lines        JSON lines
#   storedViews  the coordinator's state file
#   heartbeats   datagrams
#
# What it finds it writes to the test's directory in src/test/resources, where the ordinary tests take it up; what it
# learnt about the way there to .cifuzz-corpus. Ends with 1 if anything was found.
set -euo pipefail
cd "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

case "${1:-}" in
    -h | --help)
        sed -n '2,14s/^# \{0,1\}//p' "scripts/fuzz.sh"
        exit 0
        ;;
esac
targets=("$@")
if ((${#targets[@]} == 0)); then
    targets=(commands frames lines storedViews heartbeats)
fi
mvn -B -q test-compile
status=0
for target in "${targets[@]}"; do
    case "$target" in
        commands) class=RespFuzzTest ;;
        frames | lines | storedViews) class=WireFuzzTest ;;
        heartbeats) class=DatagramFuzzTest ;;
        *)
            echo "unknown target: $target (--help lists them)" >&2
            exit 2
            ;;
    esac
    echo "== $class.$target"
    JAZZER_FUZZ=1 mvn -B surefire:test -Dtest="$class#$target" -DexcludedGroups= -Dgroups=fuzz || status=1
done
exit "$status"
