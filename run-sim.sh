#!/usr/bin/env bash
# Runs simulated clusters, one for each seed: everything breaks, then all heals, and nothing may be lost.
#
#   ./run-sim.sh [--seeds N] [--from S] [--seed S] [--trace] [--help]
#
# Exit status 0: all seeds passed; 1: one failed, and the command that replays it stands in the output. Builds the jar
# first if it is absent or older than the sources.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

build_if_stale coordinator
read_java_opts
# The coordinator's jar has all classes and libraries that the simulator needs.
exec "$JAVA_DIR/bin/java" -XX:+UseParallelGC -XX:-UsePerfData -Xshare:auto ${JAVA_OPTS_ARRAY[@]+"${JAVA_OPTS_ARRAY[@]}"} \
    -cp "$KVSTORE_TARGET/coordinator.jar" com.kvstore.sim.SimMain "$@"
