#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# engine/kube against a real control plane: every call, then with servers that are killed meanwhile.
# KZ_BUILD: the build folder (default build/dev). `kube.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
cluster=$here/../lib/cluster
smoke=${KZ_BUILD:-$here/../../build/dev}/test/e2e/kube_smoke

up() {
    local out owner=$BASHPID
    out=$("$cluster" up --owner "$owner" "$@" 2>"$scratch/up.err") || fail "cluster up $*: $(tail -n 1 "$scratch/up.err")"
    eval "$out"
    at_end "'$cluster' down '$KZ_CLUSTER'"
}

# steady SECONDS: runs in the background; steady_ends waits for it and shows its last line.
steady() {
    "$smoke" steady "$1" >"$scratch/steady" 2>&1 &
    steady_pid=$!
    sleep 2
}
steady_ends() {
    wait "$steady_pid" || fail "$(tail -n 3 "$scratch/steady" | paste -sd' ')"
    tail -n 2 "$scratch/steady" | head -n 1 >&2
}

test_every_call() {
    up
    "$smoke" >"$scratch/out" 2>&1 || fail "$(grep -v '^ok' "$scratch/out" | tail -n 3 | paste -sd' ')"
}

test_api_server_killed_and_back() {
    up
    steady 14
    check_works "stop" "$cluster" stop "$KZ_CLUSTER" kube-apiserver
    sleep 3
    check_works "start" "$cluster" start "$KZ_CLUSTER" kube-apiserver
    steady_ends
}

test_api_server_restarts_in_order() {
    up
    steady 14
    check_works "stop" "$cluster" stop "$KZ_CLUSTER" kube-apiserver TERM
    sleep 1
    check_works "start" "$cluster" start "$KZ_CLUSTER" kube-apiserver
    steady_ends
}

# Reads are answered from the cache, writes hang until their timeout=15s.
test_etcd_away_for_a_while() {
    up
    steady 45
    check_works "stop" "$cluster" stop "$KZ_CLUSTER" etcd
    sleep 25
    check_works "start" "$cluster" start "$KZ_CLUSTER" etcd
    steady_ends
}

run_tests "$@"
