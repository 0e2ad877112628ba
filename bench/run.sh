#!/usr/bin/env bash
# Measures a cluster (a coordinator and three data nodes, each a process) against what the sockets alone cost, and against
# Redis where it is installed: the same load, in one run; the ratios are the result. Takes about 15 minutes.
#
# Usage: bench/run.sh [--warm-up SECONDS] [--measured SECONDS] [--only PART_OF_A_LOADS_NAME]
#
#   --warm-up   how long each program is under load before anything is measured, 60 by default: a JVM needs it
#   --measured  10 by default
#   --only      such as "PUT 50 x 16"
#
# Run nothing else beside it.
set -euo pipefail
source "$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/scripts/common.sh"

warm_up=60
measured=10
only=""
while (($# > 0)); do
    case $1 in
        --help | -h)
            print_help "${BASH_SOURCE[0]}"
            exit 0
            ;;
        --warm-up | --measured | --only)
            (($# > 1)) || usage_error "$1 needs a value"
            case $1 in
                --warm-up) warm_up=$2 ;;
                --measured) measured=$2 ;;
                --only) only=$2 ;;
            esac
            shift 2
            ;;
        *) usage_error "unknown option $1" ;;
    esac
done

exec_bench -XX:+UseParallelGC com.kvstore.bench.BenchMain "$KVSTORE_HOME" "$warm_up" "$measured" "$only"
