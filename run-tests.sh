#!/usr/bin/env bash
# Runs the tests: what CI runs too. It sets up what is missing (JDK, Maven, a list of words), builds, and runs every
# test but the slow suites, the end-to-end tests with real processes among them, and the check of the formatting.
#
#   ./run-tests.sh [arguments to Maven]             ./run-tests.sh -Dtest='HashRing*'
#   ./run-tests.sh --chaos [arguments to Maven]     the chaos suite alone: real processes are killed, paused, restarted,
#                                                   added and drained under recorded load, 20 rounds of two plans each;
#                                                   the same of each protocol for groups of peers; and the network
#                                                   between processes is cut, where the system has namespaces for it;
#                                                   -Dkvstore.chaos.rounds=N, -Dkvstore.chaos.seed=S to replay plans
#
# The last line is the summary: Tests run: …, Failures: …, Errors: …, Skipped: …
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

case "${1:-}" in
    -h | --help)
        print_help "${BASH_SOURCE[0]}"
        exit 0
        ;;
    --chaos)
        shift
        set -- -DexcludedGroups= -Dgroups=chaos -Dtest="ChaosE2ETest,NetworkCutsE2ETest,GroupChaosE2ETest" -DtrimStackTrace=true "$@"
        ;;
esac

require_jdk17
require_maven
# The end-to-end tests store real words; without the package they make up a list of the same size.
if [[ ! -e /usr/share/dict/words ]] && is_root && has_apt; then
    apt_install wamerican || note "No word list could be installed; the tests make one up."
fi

# The end-to-end tests run the scripts, and those the jars: build them once, before the clock of a test runs.
build_if_stale coordinator slave client

mkdir -p "$KVSTORE_TARGET"
log="$KVSTORE_TARGET/run-tests.log"
status=0
run_maven verify "$@" 2>&1 | tee "$log" || status=$?

summary=$(sed $'s/\x1b\\[[0-9;]*m//g' "$log" | grep -E 'Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+$' |
    tail -n 1 | sed 's/^.*Tests run:/Tests run:/' || true)
echo
if ((status != 0)); then
    echo "Failed; everything above is also in $log"
fi
echo "${summary:-No test was run.}"
exit "$status"
