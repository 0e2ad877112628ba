#!/usr/bin/env bash
# Opens the prompt, or runs one command and ends.
#
#   ./run-client.sh [options]                       the prompt; commands may also be piped to standard input
#   ./run-client.sh [options] [PORT] COMMAND…       ./run-client.sh put name Apurv
#   ./run-client.sh bench [options]                 compares the replication protocols, with charts; bench --help
#
# It finds the coordinator in cs_config.txt of the working directory; without that file, at 127.0.0.1 8080. Ends with
# 0 if all worked, 1 if a key was not found, 2 on an error. Builds the jar first if it is absent or older than the
# sources. Further options to the virtual machine stand in KVSTORE_JAVA_OPTS.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

# names_a_command ARGUMENT...: whether there is more than options and a port.
names_a_command() {
    local argument takes_value=""
    for argument in "$@"; do
        if [[ -n "$takes_value" ]]; then
            takes_value=""
        elif [[ "$argument" == --help ]]; then
            return 0
        elif [[ "$argument" == --*=* || "$argument" == --raw || "$argument" == --json ]]; then
            continue
        elif [[ "$argument" == -* ]]; then
            takes_value=yes
        elif [[ ! "$argument" =~ ^[0-9]+$ ]]; then
            return 0
        fi
    done
    return 1
}

build_if_stale client
# The banner is for people at a prompt; answers to commands stand alone.
if [[ -t 0 && -t 1 ]] && ! names_a_command "$@"; then
    echo "Starting Client"
fi
if [[ "${1:-}" == bench ]]; then
    # It runs for minutes and loads the servers: worth the second compiler.
    CLIENT_FLAGS=("${CLIENT_FLAGS[@]/-XX:TieredStopAtLevel=1/-XX:+TieredCompilation}")
fi
exec_client "$@"
