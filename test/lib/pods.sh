# SPDX-License-Identifier: Apache-2.0
#
# kzsync in the pods of a node cluster: its images, the git server that pods reach, who leads, what its limit counts, and
# how it is killed from outside. Sourced after platform.sh; $KZSYNC is the program that asks, $own the namespace.

# start_pods VERSION...: $images, a folder with an image for each VERSION (kzsync-images), which the node has; a git server
# in $shared/git. Both end with the script.
start_pods() {
    local version
    shared=$(mktemp -d)
    trap '"$top/test/lib/git-server" stop "$shared/git"; rm -rf "$shared" "$KZ_AUDIT_DIR"' EXIT
    images=$("$top/test/lib/kzsync-images" "$@" | tail -n 1)
    [ -d "$images" ] || { echo "FAIL images: not built"; exit 1; }
    for version; do
        "$top/test/lib/cluster" load "$KZ_CLUSTER" "$images/$version.tar" >/dev/null || exit 1
    done
    "$top/test/lib/git-server" start "$shared/git" "$KZ_HOST_ADDRESS" || exit 1
    . "$shared/git/env"
}

program() { echo "$images/$1/engine/cli/kzsync-cluster"; }

# credential FOLDER [FILE VALUE]...
credential() {
    local folder=$1
    mkdir -p "$folder"
    shift
    while [ $# -gt 0 ]; do
        printf '%s\n' "$2" >"$folder/$1"
        shift 2
    done
}

status_json() { "$KZSYNC" status -n "$own" -o json; }
leader() { status_json | jq -r '.leader | sub("_[^_]*$"; "")'; }
in_sync_at() { [ "$(status_json | jq -r '"\(.settled) \(.revision) \([.modules[].state] | unique | join(" "))"')" = "true $1 ok" ]; }
pods() { kubectl -n "$own" get pods -l app.kubernetes.io/name=kzsync -o "$@"; }
no_pods() { [ -z "$(pods name)" ]; }
images_of_pods() { pods 'jsonpath={range .items[*]}{.spec.containers[0].image}{"\n"}{end}' | sort -u; }
pods_run() { [ "$(images_of_pods)" = "kubezero/kzsync:$1" ]; } # VERSION, and no other
now() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); } # ms

# cgroup_of POD: its memory cgroup, of version 1 or 2.
cgroup_of() {
    local uid
    uid=$(kubectl -n "$own" get pod "$1" -o 'jsonpath={.metadata.uid}')
    find /sys/fs/cgroup -type d -path "*pod$uid" \( -path '*/memory/*' -o -exec test -e {}/memory.current \; \) -print -quit
}

pids_of() { find "$(cgroup_of "$1")" -name cgroup.procs -exec cat {} + | sort -u; }

# first_of FOLDER FILE...: what the first of these files that is there says.
first_of() {
    local file
    for file in "${@:2}"; do
        [ ! -r "$1/$file" ] || { cat "$1/$file"; return; }
    done
    return 1
}

# memory_now POD, memory_peak POD: what its limit counts, in bytes, now and at most.
memory_now() { first_of "$(cgroup_of "$1")" memory.usage_in_bytes memory.current; }
memory_peak() { first_of "$(cgroup_of "$1")" memory.max_usage_in_bytes memory.peak; }

# memory POD: what its limit counts, now and at most, and what its processes have in memory.
memory() {
    local pid sum=0
    for pid in $(pids_of "$1"); do
        grep -qs kzsync "/proc/$pid/comm" || continue
        sum=$((sum + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")))
    done
    echo "$(($(memory_now "$1") >> 20)) MiB counted, $(($(memory_peak "$1") >> 20)) MiB at most; processes $((sum / 1024)) MiB with their share of libraries"
}

# kill_leader: kill -9 of the processes of its pod, from outside. Sets $killed, the moment.
kill_leader() {
    local pids
    pids=$(pids_of "$(leader)")
    [ -n "$pids" ] || fail "no process of the leader was found"
    killed=$(now)
    # shellcheck disable=SC2086
    kill -9 $pids
}
