#!/usr/bin/env bash
# Starts a data node.
#
#   ./run-slave.sh IP PORT [options]
#
# It finds its coordinator in cs_config.txt of the working directory; without that file, at 127.0.0.1 8080. Builds the
# jar first if it is absent or older than the sources. Further options to the virtual machine stand in
# KVSTORE_JAVA_OPTS.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

build_if_stale slave
# The banner is no part of the help.
if [[ " $* " != *" --help "* ]]; then
    echo "Starting Slave Server"
    if (($# >= 2)) && [[ "$1" != -* && "$2" != -* ]]; then
        echo "IP: $1"
        echo "Port: $2"
    fi
fi
exec_server slave "$@"
