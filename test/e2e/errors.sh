#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Wrong input of all kinds: one clear error, an exit status, and a cluster that is as it was. Each folder of
# test/cases/errors is a case:
#
#   platform/  laid over a platform that is at work already: module `keep`, namespace as the case
#   setup      bash, sourced in the folder of the platform: what is too large for git, what the cluster has
#   cmd        arguments of kzsync, as a line of bash; default: apply "$repo" --progress none
#   writes     if it is there: the case writes something before it fails; else nothing may be written
#   want.err   what stderr has to be
#   want.exit  the exit status
#
# In files {case} stands for the name of the case; in want.err {dir} is the scratch folder, {server} the API
# server, {port} a port. `errors.sh CASE...` runs single cases; KZ_UPDATE=1 rewrites want.err and want.exit.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"
cases=$here/../cases/errors

# fake_server WHAT: a server on loopback that behaves as WHAT says (see test/lib/fake_api.py); its
# kubeconfig is what kzsync gets.
fake_server() {
    python3 "$here/../lib/fake_api.py" "$1" "$scratch/port" 2>"$scratch/fake.err" &
    at_end "kill $!"
    check_soon 10 "the fake server listens" test -s "$scratch/port"
    kubeconfig "http://127.0.0.1:$(cat "$scratch/port")"
}

# kubeconfig URL: what kzsync uses in place of the cluster's.
kubeconfig() {
    cat >"$scratch/kubeconfig" <<END
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "$1"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: test}}]
current-context: c
END
    as=$scratch/kubeconfig
}

# as_account NAME: the same cluster as the service account NAME of this case's namespace.
as_account() {
    kubectl -n "$ns" create serviceaccount "$1" >/dev/null
    local token
    token=$(kubectl -n "$ns" create token "$1")
    kubectl config view --raw -o json | jq --arg t "$token" '.users[0].user = {token: $t}' >"$scratch/kubeconfig"
    as=$scratch/kubeconfig
}

plain_text() {
    local port=
    [ ! -s "$scratch/port" ] || port=$(cat "$scratch/port")
    sed -E -e "s#$scratch#{dir}#g" -e "s#$real#{kubeconfig}#g" -e "s#\\b$KZ_CLUSTER\\b#{cluster}#g" \
        -e 's#(pod [a-z]+)-[a-z0-9]+-[a-z0-9]+#\1-{pod}#g' -e "s#$KZ_API_SERVER#{server}#g" -e "s#127.0.0.1:${port:-none}#127.0.0.1:{port}#g" \
        -e '/ warn  *slow-callback /d' "$scratch/err"
}

# What the cluster holds of this case, and whether anything but dry-runs was written by kzsync.
state() { everything; kubectl get all,configmaps,secrets -n "$ns" -o name | sort; }

run_case() {
    local case=$cases/$1 file
    new_platform "$1"
    module keep
    config_map keep kept
    apply
    [ ! -d "$case/platform" ] || cp -r "$case/platform/." "$repo/"
    while read -r file; do sed -i "s/{case}/$1/g" "$file"; done < <(find "$repo" -name '*.yaml' -type f)
    as=$KUBECONFIG
    [ ! -e "$case/setup" ] || { cd "$repo" && . "$case/setup"; }
    state >"$scratch/before" 2>/dev/null || true
    local mark command='kz apply "$repo" --progress none'
    mark=$(audit_mark)
    [ ! -e "$case/cmd" ] || command="kz $(cat "$case/cmd")"
    real=$KUBECONFIG
    export KUBECONFIG=$as
    eval "$command"
    export KUBECONFIG=$real
    plain_text >"$scratch/got"
    if [ -n "${KZ_UPDATE:-}" ]; then
        cp "$scratch/got" "$case/want.err"
        echo "$status" >"$case/want.exit"
    fi
    check_no_diff stderr "$case/want.err" "$scratch/got"
    check_equal "exit status" "$status" "$(cat "$case/want.exit")"
    [ "$status" != 0 ] || fail "the status is 0"
    awk 'length($0) > 200 { exit 1 }' "$scratch/got" || fail "a line is longer than 200 characters"
    [ -e "$case/writes" ] || check_equal "writes" "$(requests "$mark" | grep -vE '^(get|list) ' |
        grep -v 'dryRun=All\|/kzsync-inventory-\|/namespaces/kz-\| [45][0-9][0-9]$' || true)" ""
    check_equal "deletes" "$(requests "$mark" | grep '^delete' || true)" ""
    exists cm kept || fail "module keep was pruned"
    [ -e "$case/writes" ] || { state >"$scratch/after"; check_no_diff "the cluster" "$scratch/before" "$scratch/after"; }
}

for case in "$cases"/*/; do
    name=$(basename "$case")
    eval "test_$name() { run_case '$name'; }"
done
cluster_of_all
run_tests "$@"
