#!/usr/bin/env bash
# Measures groups of three peers, each a process, in slices that take turns, and in the same run what they are compared with:
# in memory a Redis primary with one replica, with WAIT 1 and without; on disk an etcd of three nodes, if it is installed.
#
# Usage: bench/groups.sh [--protocols P,P...] [--disk] [--rounds N] [--slice MS]
#
#   --protocols  primary-backup,total-order,eventual by default
#   --disk       all keep their data on disk
#   --rounds     slices of each that count, 3 by default; three more before them do not, as a JVM needs them
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

require_jdk17
require_maven
cd -- "$KVSTORE_HOME"
./build-simple.sh >&2
class_path_file="$KVSTORE_TARGET/bench-classpath.txt"
run_maven -B -q test-compile dependency:build-classpath -Dmdep.outputFile="$class_path_file" -Dmdep.includeScope=test >&2
exec "$JAVA_DIR/bin/java" -XX:+UseParallelGC \
    -cp "$KVSTORE_TARGET/test-classes:$KVSTORE_TARGET/classes:$(cat "$class_path_file")" \
    com.kvstore.bench.GroupBenchMain "$KVSTORE_HOME" "$protocols" "$rounds" "$slice" "$where"
