#!/usr/bin/env bash
# Starts the coordination server: it keeps the ring of data nodes and answers clients.
#
#   ./run-coordinator.sh [IP] [PORT] [options]      default 127.0.0.1 8080
#
# It writes cs_config.txt and cs_state/ into the working directory; slaves and clients read the first to find it.
# Builds the jar first if it is absent or older than the sources. Further options to the virtual machine stand in
# KVSTORE_JAVA_OPTS.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

build_if_stale coordinator
# The banner is no part of the help.
if [[ " $* " != *" --help "* ]]; then
    echo "Starting Coordination Server"
fi
exec_server coordinator "$@"
