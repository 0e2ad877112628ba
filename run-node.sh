#!/usr/bin/env bash
# Starts one peer of a group without a coordinator.
#
#   ./run-node.sh NODE_ID CONFIG_FILE [options]
#
# CONFIG_FILE is the group file, the same for all peers: a line "protocol NAME" and a line "ID HOST PORT" for each peer.
# Examples with comments are in examples/. Builds the jar first if it is absent or older than the sources. Further
# options to the virtual machine stand in KVSTORE_JAVA_OPTS.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

build_if_stale slave
# The banner is no part of the help.
if [[ " $* " != *" --help "* ]]; then
    echo "Starting Peer"
    if (($# >= 2)) && [[ "$1" != -* && "$2" != -* ]]; then
        echo "ID: $1"
        echo "Group: $2"
    fi
fi
# A data node's jar has everything that a peer needs.
exec_server slave:com.kvstore.app.NodeMain "$@"
