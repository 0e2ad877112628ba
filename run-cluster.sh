#!/usr/bin/env bash
# Starts a coordinator and its data nodes on this host, or the peers of a group without a coordinator, waits until they
# are ready and opens the client's prompt. On exit it stops exactly the processes it started.
#
#   ./run-cluster.sh [options]
#
#   --slaves N        so many data nodes (default 3)
#   --protocol P      a group of peers instead: primary-backup, eventual or total-order
#   --nodes N         so many peers (default 3); with --protocol
#   --port P          the coordinator's port (default 8080), the data nodes take P+1, P+2, …; of a group, the first peer's
#                     (default 6100)
#   --dir DIR         keep logs and state in DIR (default: a fresh temporary directory, removed on exit)
#   --data-dir DIR    each data node, or peer, keeps its data in a directory of its own below DIR, and finds them there
#                     again; the coordinator's state is kept there too
#   --no-prompt       no prompt: stay in the foreground until Ctrl-C
#   --help            this text
#
# Handed on to the coordinator, each with its value: --heartbeat-port --heartbeat-timeout --health-check-interval
# --request-timeout --cache-size --min-copies --move-rate --profile --ring-size --virtual-nodes --redis-port; to the data
# nodes: --heartbeat-interval --drain-timeout --durability (also to peers); to all of them: --wire --max-value --max-connections
# --password-file.
#
# Commands piped to standard input run instead of the prompt: their answers alone go to standard output, and the script
# ends with the client's status (0 all worked, 1 a key was not found, 2 an error). Each node's console is in
# DIR/coordinator.log and DIR/slave-PORT.log, or DIR/peer-PORT.log. While the cluster runs, another terminal can kill a
# node or talk to it: ./run-client.sh --config DIR/cs_config.txt, or ./run-client.sh --group DIR/group.conf

# shellcheck disable=SC2317 # the traps call what looks unreachable
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts/common.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/scripts/common.sh"

readonly HOST=127.0.0.1
readonly READY_TIMEOUT_S=30

slaves=3
nodes=3
protocol=""
port=""
dir=""
data_dir=""
prompt=yes
coordinator_options=()
slave_options=()
peer_options=()
client_options=()

# number OPTION VALUE LOW HIGH: leaves the script if VALUE is none.
number() {
    if [[ ! "$2" =~ ^[0-9]{1,5}$ ]] || ((10#$2 < $3 || 10#$2 > $4)); then
        usage_error "$1 takes a number from $3 to $4, not '$2'"
    fi
}

while (($# > 0)); do
    option=$1
    shift
    case "$option" in
        -h | --help)
            print_help "${BASH_SOURCE[0]}"
            exit 0
            ;;
        --no-prompt)
            prompt=""
            continue
            ;;
        --*=*)
            value=${option#*=}
            option=${option%%=*}
            ;;
        --*)
            if (($# == 0)); then
                usage_error "$option: unknown option, or its value is missing"
            fi
            value=$1
            shift
            ;;
        *) usage_error "unexpected argument: $option" ;;
    esac
    case "$option" in
        --slaves)
            number "$option" "$value" 1 1000
            slaves=$((10#$value))
            ;;
        --protocol) protocol=$value ;;
        --nodes)
            number "$option" "$value" 1 31
            nodes=$((10#$value))
            ;;
        --port)
            number "$option" "$value" 1 65535
            port=$((10#$value))
            ;;
        --dir) dir=$value ;;
        --data-dir) data_dir=$value ;;
        --heartbeat-port | --heartbeat-timeout | --health-check-interval | --request-timeout | --cache-size | \
            --min-copies | --move-rate | --ring-size | --virtual-nodes | --redis-port)
            coordinator_options+=("$option" "$value")
            ;;
        --profile)
            coordinator_options+=("$option" "$value")
            slave_options+=("$option" "$value")
            ;;
        --heartbeat-interval | --drain-timeout) slave_options+=("$option" "$value") ;;
        --durability)
            slave_options+=("$option" "$value")
            peer_options+=("$option" "$value")
            ;;
        --wire | --max-value | --max-connections)
            coordinator_options+=("$option" "$value")
            slave_options+=("$option" "$value")
            peer_options+=("$option" "$value")
            ;;
        --password-file)
            if [[ ! -r "$value" ]]; then
                usage_error "$option: $value cannot be read"
            fi
            value=$(readlink -f -- "$value")
            coordinator_options+=("$option" "$value")
            slave_options+=("$option" "$value")
            peer_options+=("$option" "$value")
            client_options+=("$option" "$value")
            ;;
        *) usage_error "unknown option: $option" ;;
    esac
done
case "$protocol" in
    "") port=${port:-8080} last_port=$((port + slaves)) ;;
    primary-backup | eventual | total-order)
        if ((${#coordinator_options[@]} + ${#slave_options[@]} > 2 * ${#peer_options[@]})); then
            usage_error "--protocol $protocol: a group of peers takes no option of the coordinator or the data nodes"
        fi
        port=${port:-6100} last_port=$((port + nodes - 1))
        ;;
    *) usage_error "--protocol is primary-backup, eventual or total-order, not '$protocol'" ;;
esac
if ((last_port > 65535)); then
    usage_error "--port $port leaves no room for all nodes above it: ports end at 65535"
fi

build_if_stale coordinator slave client

# Everything below is undone by this, however the script ends.
pids=()
births=()
names=()
client_pid=""
temporary=""
what=""
files=""

# birth PID: when the process began, as the kernel counts; the same for all where there is no /proc.
birth() {
    local stat=""
    if [[ -r "/proc/$1/stat" ]]; then
        stat=$(cat "/proc/$1/stat" 2>/dev/null) || true
        # The second field, a name in parentheses, may hold anything.
        stat=${stat##*) }
        cut -d ' ' -f 20 <<<"$stat"
    fi
}

# is_running I: whether the process that was started as number I is. A node that was killed may have left its number to
# a process of somebody else's, which is then none of our business.
is_running() { kill -0 "${pids[$1]}" 2>/dev/null && [[ "$(birth "${pids[$1]}")" == "${births[$1]}" ]]; }

# still_running: whether any process that was started is.
still_running() {
    local i
    for ((i = 0; i < ${#pids[@]}; i++)); do
        if is_running "$i"; then
            return 0
        fi
    done
    return 1
}

signal_all() {
    local i
    for ((i = 0; i < ${#pids[@]}; i++)); do
        if is_running "$i"; then
            kill "-$1" "${pids[i]}" 2>/dev/null || true
        fi
    done
}

# wait_until_gone TENTHS: whether all were gone by then.
wait_until_gone() {
    local tenths
    for ((tenths = 0; tenths < $1; tenths++)); do
        still_running || return 0
        sleep 0.1
    done
    ! still_running
}

stop_everything() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    if [[ -n "$client_pid" ]]; then
        pids+=("$client_pid")
        births+=("$(birth "$client_pid")")
    fi
    # The second signal tells a data node not to wait for a better moment: all the others go as well. Who then still
    # runs, a paused one for instance, is killed.
    signal_all TERM
    if ! wait_until_gone 10; then
        signal_all TERM
        if ! wait_until_gone 20; then
            signal_all KILL
            wait_until_gone 20 || true
        fi
    fi
    if [[ -n "$temporary" ]]; then
        rm -rf -- "$temporary"
    fi
    exit "$status"
}
trap stop_everything EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [[ -z "$dir" ]]; then
    temporary=$(mktemp -d "${TMPDIR:-/tmp}/kvstore.XXXXXX")
    dir=$temporary
else
    mkdir -p -- "$dir"
    dir=$(cd -- "$dir" && pwd)
fi

# port_is_busy PORT: whether somebody listens there.
port_is_busy() { (exec 3<>"/dev/tcp/$HOST/$1") 2>/dev/null; }

for ((p = port; p <= last_port; p++)); do
    if port_is_busy "$p"; then
        note "Port $p on $HOST is in use. Stop who listens there, or choose another range with --port;"
        die 2 "this cluster needs $port to $last_port."
    fi
done

# start NAME SCRIPT ARGUMENT...: in DIR, its console in NAME.log. The scripts exec the server, so that the process id
# kept here is the server's own. Job control gives it a process group of its own: Ctrl-C at the prompt is not for it.
start() {
    local name=$1 script=$2
    shift 2
    set -m
    (cd -- "$dir" && exec "$KVSTORE_HOME/$script" "$@") </dev/null >"$dir/$name.log" 2>&1 &
    set +m
    # Who is killed on purpose is not reported by the shell.
    disown "$!" 2>/dev/null || true
    pids+=("$!")
    births+=("$(birth "$!")")
    names+=("$name")
}

# wait_for I TEXT: until the line stands in node I's console.
wait_for() {
    local name=${names[$1]} text=$2 tenths
    for ((tenths = 0; tenths < READY_TIMEOUT_S * 10; tenths++)); do
        if grep -qF -- "$text" "$dir/$name.log" 2>/dev/null; then
            return 0
        fi
        if ! is_running "$1"; then
            note "The $name did not start. It said:"
            tail -n 40 -- "$dir/$name.log" >&2
            exit 2
        fi
        sleep 0.1
    done
    note "The $name was not ready within $READY_TIMEOUT_S seconds. It said:"
    tail -n 40 -- "$dir/$name.log" >&2
    exit 2
}

# start_ring: a coordinator, then its data nodes.
start_ring() {
    local data_options=()
    if [[ -n "$data_dir" ]]; then
        mkdir -p -- "$data_dir"
        data_dir=$(cd -- "$data_dir" && pwd)
        coordinator_options+=(--state "$data_dir/cs_state")
    fi
    start coordinator run-coordinator.sh "$HOST" "$port" ${coordinator_options[@]+"${coordinator_options[@]}"}
    wait_for 0 "Ready to accept connections"
    for ((p = port + 1; p <= port + slaves; p++)); do
        data_options=()
        if [[ -n "$data_dir" ]]; then
            data_options=(--data-dir "$data_dir/$HOST-$p")
        fi
        start "slave-$p" run-slave.sh "$HOST" "$p" ${data_options[@]+"${data_options[@]}"} \
            ${slave_options[@]+"${slave_options[@]}"}
    done
    for ((i = 1; i <= slaves; i++)); do
        wait_for "$i" "Registration successful"
    done

    # With one data node there is one copy; with more, the first command should find two.
    if ((slaves > 1)); then
        for ((tenths = 0; tenths < 50; tenths++)); do
            if "$KVSTORE_HOME/run-client.sh" ${client_options[@]+"${client_options[@]}"} --config "$dir/cs_config.txt" status --json </dev/null 2>/dev/null |
                grep -q '"whole": *true'; then
                break
            fi
            sleep 0.1
        done
    fi
    client_options+=(--config "$dir/cs_config.txt")
    what="coordinator $HOST:$port, $slaves data nodes on ports $((port + 1)) to $last_port"
    files="Logs and cs_config.txt are in $dir"
}

# start_group: the peers, with a group file of their own.
start_group() {
    local file=$dir/group.conf id tenths
    local data_options=()
    echo "protocol $protocol" >"$file"
    for ((id = 1; id <= nodes; id++)); do
        echo "$id $HOST $((port + id - 1))" >>"$file"
    done
    for ((id = 1; id <= nodes; id++)); do
        data_options=()
        if [[ -n "$data_dir" ]]; then
            mkdir -p -- "$data_dir"
            data_options=(--data-dir "$(cd -- "$data_dir" && pwd)/$protocol-$id")
        fi
        start "peer-$((port + id - 1))" run-node.sh "$id" "$file" ${data_options[@]+"${data_options[@]}"} \
            ${peer_options[@]+"${peer_options[@]}"}
    done
    for ((id = 0; id < nodes; id++)); do
        wait_for "$id" "starting on $HOST"
    done
    client_options+=(--group "$file")
    # The first answer about a key, which is not there, shows that the group works.
    for ((tenths = 0; tenths < READY_TIMEOUT_S * 2; tenths++)); do
        local status=0
        "$KVSTORE_HOME/run-client.sh" "${client_options[@]}" --timeout 2s get "is the group ready?" \
            </dev/null >/dev/null 2>&1 || status=$?
        if ((status < 2)); then
            break
        fi
        sleep 0.2
    done
    what="$nodes peers on ports $port to $last_port, protocol $protocol"
    files="Logs and group.conf are in $dir"
}

if [[ -n "$protocol" ]]; then
    start_group
else
    start_ring
fi

if [[ -z "$prompt" ]]; then
    note "Cluster ready: $what."
    note "$files"
    note "Talk to it with: $KVSTORE_HOME/run-client.sh ${client_options[*]}"
    note "Ctrl-C stops it."
    trap 'exit 0' INT TERM
    gone=()
    # Whoever is killed meanwhile is named; the others go on, that is what they are for.
    while still_running; do
        for ((i = 0; i < ${#pids[@]}; i++)); do
            if [[ -z "${gone[i]:-}" ]] && ! is_running "$i"; then
                gone[i]=yes
                note "$(date +%H:%M:%S) ${names[i]} (process ${pids[i]}) has ended."
            fi
        done
        sleep 0.5 &
        wait "$!" || true
    done
    die 2 "No node is left."
elif [[ -t 0 ]]; then
    note "Cluster ready: $what."
    for ((i = 0; i < ${#pids[@]}; i++)); do
        note "  ${names[i]}: process ${pids[i]}, console in $dir/${names[i]}.log"
    done
    # Ctrl-C at the prompt is the prompt's business.
    trap ':' INT
    status=0
    "$KVSTORE_HOME/run-client.sh" ${client_options[@]+"${client_options[@]}"} || status=$?
    exit "$status"
else
    # In the background, so that a signal to this script is heard while the commands run.
    status=0
    "$KVSTORE_HOME/run-client.sh" ${client_options[@]+"${client_options[@]}"} <&0 &
    client_pid=$!
    wait "$client_pid" || status=$?
    client_pid=""
    exit "$status"
fi
