#!/usr/bin/env bash
# Measures groups of three peers, each a process, in slices that take turns, and in the same run what they are compared with:
# in memory a Redis primary with one replica, with WAIT 1 and without; on disk an etcd of three nodes, if it is installed.
#
# Usage: bench/groups.sh [--protocols P,P...] [--disk] [--rounds N] [--slice MS]
#
#   --protocols  primary-backup,total-order,eventual by default
#   --disk       all keep their data on disk
#   --rounds     slices of each that count, 3 by default; twenty more before them do not, as a JVM needs them
#   --slice      2000 by default
#
# Run nothing else beside it.
set -euo pipefail
source "$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/scripts/common.sh"

protocols=primary-backup,total-order,eventual
rounds=3
slice=2000
where=memory
while (($# > 0)); do
    case $1 in
        --help | -h)
            print_help "${BASH_SOURCE[0]}"
            exit 0
            ;;
        --disk)
            where=disk
            shift
            ;;
        --protocols | --rounds | --slice)
            (($# > 1)) || usage_error "$1 needs a value"
            case $1 in
                --protocols) protocols=$2 ;;
                --rounds) rounds=$2 ;;
                --slice) slice=$2 ;;
            esac
            shift 2
            ;;
        *) usage_error "unknown option $1" ;;
    esac
done

exec_bench -XX:+UseParallelGC com.kvstore.bench.GroupBenchMain "$KVSTORE_HOME" "$protocols" "$rounds" "$slice" "$where"
