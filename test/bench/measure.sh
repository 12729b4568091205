# SPDX-License-Identifier: Apache-2.0
#
# What is read from the machine: times, processes, the API server. Sourced by `run`.

# stamp: copies stdin to stdout, each line after the time at which it came.
stamp() {
    local line
    while IFS= read -r line; do
        printf '%s %s\n' "$EPOCHREALTIME" "$line"
    done
}

# since START [END]: seconds between two stamps.
since() { awk -v a="$1" -v b="${2:-$EPOCHREALTIME}" 'BEGIN { printf "%.3f\n", b - a }'; }

# line_time FILE PATTERN SECONDS: waits for a stamped line that matches, prints its time.
line_time() {
    local line limit=$((SECONDS + $3))
    until line=$(grep -m 1 -E -- "$2" "$1"); do
        [ "$SECONDS" -lt "$limit" ] || die "no '$2' in $1 within $3 s: $(tail -n 2 "$1")"
        sleep 0.02
    done
    echo "${line%% *}"
}

# tree PID: the process and all below it.
tree() {
    local child
    [ -e "/proc/$1/stat" ] || return 0
    echo "$1"
    for child in $(cat "/proc/$1"/task/*/children 2>/dev/null); do
        tree "$child"
    done
}

# cpu_seconds PID...: user and system time of the processes and of the children that they waited for.
cpu_seconds() {
    local pid
    for pid in "$@"; do
        sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null || :
    done | awk -v hz="$(getconf CLK_TCK)" '{ t += $12 + $13 + $14 + $15 } END { printf "%.2f\n", t / hz }'
}

# memory_kib FIELD PID...: sum of a field of smaps_rollup (Rss, Pss) over the processes.
memory_kib() {
    local pid field=$1
    shift
    for pid in "$@"; do
        cat "/proc/$pid/smaps_rollup" 2>/dev/null || :
    done | awk -v field="$field:" '$1 == field { sum += $2 } END { print sum + 0 }'
}

# api PATH: GET as the cluster's administrator.
api() {
    curl -sf --max-time 10 --cacert "$KZ_CLUSTER_DIR/pki/ca.crt" --cert "$KZ_CLUSTER_DIR/pki/admin.crt" \
        --key "$KZ_CLUSTER_DIR/pki/admin.key" "$KZ_API_SERVER$1"
}

# requests FILE FROM-LINE AGENT: what an audit log says about one client from that line on, watches and the renewals
# of its lease aside.
requests() {
    tail -n "+$2" "$1" | jq -r --arg agent "$3" \
        'select((.userAgent | startswith($agent)) and .verb != "watch" and .objectRef.resource != "leases") | .verb' | wc -l
}

# server_cpu: seconds that API server, etcd and controllers of the cluster have used.
server_cpu() {
    local process pids=()
    for process in /proc/[0-9]*; do
        [[ $(readlink "$process/cwd") != "$KZ_CLUSTER_DIR" ]] || pids+=("${process#/proc/}")
    done 2>/dev/null
    cpu_seconds "${pids[@]}"
}
