#!/usr/bin/env bash
# Measures two data nodes with disks: writing so many keys of 100 bytes, reading and comparing all of them, a backup, filling one
# data node anew from the other after kill -9 and the loss of its data, and a restart after kill -9 of every process. Two minutes
# for 1,000,000 keys.
#
# Usage: bench/data.sh [--without-reads] [KEYS]
#
# More data than memory: KVSTORE_JAVA_OPTS=-Xmx56m bench/data.sh gives every process a heap of half the data's size.
set -euo pipefail
source "$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/scripts/common.sh"

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    print_help "${BASH_SOURCE[0]}"
    exit 0
fi
reads=yes
if [[ ${1:-} == --without-reads ]]; then
    reads=no
    shift
fi
[[ ${1:-1} =~ ^[0-9]+$ ]] || usage_error "$1 is no number of keys"

exec_bench com.kvstore.bench.DataBenchMain "$KVSTORE_HOME" "${1:-1000000}" "$reads"
