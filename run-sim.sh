#!/usr/bin/env bash
# Runs simulated clusters, one for each seed: everything breaks, then all heals, and nothing may be lost.
#
#   ./run-sim.sh [--seeds N] [--from S] [--time 10m] [--jobs J] [--keep-going]     many seeds, fresh ones unless --from is given
#   ./run-sim.sh --seed S [--trace]                                              one of them again, event by event
#   ./run-sim.sh … --slaves N --clients N --keys N --operations N --only FAULT,FAULT     set by hand
#   ./run-sim.sh check HISTORY.jsonl     judges a history that ./run-client.sh record made on a real cluster
#
# --help lists everything. A failing seed prints the command that replays it, then the smallest run that was found to fail
# in the same way. Exit status 0: all seeds passed; 1: one failed; 2: a wrong command line. Builds the jar first if it is
# absent or older than the sources.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

build_if_stale coordinator
read_java_opts
# The coordinator's jar has all classes and libraries that the simulator needs.
exec "$JAVA_DIR/bin/java" -XX:+UseParallelGC -XX:-UsePerfData -Xshare:auto ${JAVA_OPTS_ARRAY[@]+"${JAVA_OPTS_ARRAY[@]}"} \
    -cp "$KVSTORE_TARGET/coordinator.jar" com.kvstore.sim.SimMain "$@"
