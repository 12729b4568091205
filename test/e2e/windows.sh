#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Windows, approvals and pauses on a real API server: what is held and what is not, what is repaired meanwhile, and
# that it goes on by itself. One control plane for all tests; see test/lib/platform.sh. `windows.sh NAME...` runs single
# tests. No pod ever runs here, so Deployments have no replicas.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# with_deployment NAME [FIELDS]: a platform with one module `base`: namespace, ConfigMaps a and b, Deployment web.
with_deployment() {
    new_platform "$1"
    module base "${2:-}"
    namespace base
    config_map base a
    config_map base b
    deployment base web
}

# schedule MINUTE: window `soon` is open in that minute of every hour, for restarts.
schedule() {
    put kubezero.yaml <<END
apiVersion: kubezero.com/v1beta1
kind: Platform
metadata: {name: $platform}
spec:
  schedule:
    windows: [{name: soon, allow: "$1 * * * *", duration: 1m}]
    default: {restart: [soon]}
END
}

new_image() { sed -i "s/web:v[0-9]*/web:v$1/" "$repo/modules/base/web.yaml"; }
image_is() { field_is deployment web '{.spec.template.spec.containers[0].image}' "registry.local/web:v$1"; }
is_repaired() { field_is cm a '{.data.key}' 1; }

# drifts: an edit of ConfigMap a is undone.
drifts() {
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"edited"}}' >/dev/null
    check_soon 10 "the edit is undone $1" is_repaired
}

detail() { "$KZSYNC" status -n "$own" -o json | jq -c --arg m base ".modules[] | select(.name == \$m) | $1"; }

test_a_restart_waits_for_its_window() {
    with_deployment window
    local opens
    opens=$((($(date +%s) / 60 + 2) * 60)) # in one to two minutes
    schedule "$(date -u -d "@$opens" +%-M)"
    commit
    daemon
    synced
    config_map base b 2
    commit routine
    synced
    new_image 2
    config_map base b 3
    commit restart
    check_soon 10 "it waits" has_state base held
    check_contains "why" "$(note_of base)" "restart class, window soon opens in "
    check_equal "what it waits for" "$(detail '[.class, .heldBy, .opens, .target]')" \
        "[\"restart\",[\"window\"],\"$(date -u -d "@$opens" +%FT%TZ)\",\"$(head_of)\"]"
    check_equal "b" "$(field cm b '{.data.key}')" 2
    drifts "while it waits"
    kill -9 "$daemon"
    wait "$daemon" 2>/dev/null || true
    daemon
    check_soon 40 "it waits after a restart" has_state base held
    drifts "while it waits after a restart"
    [ "$(date +%s)" -lt "$opens" ] || fail "the machine is too slow for this test"
    image_is 1 || fail "it did not wait"
    check_soon 130 "it goes on" image_is 2
    [ "$(date +%s)" -ge "$opens" ] || fail "it went on too early"
    synced
    end_daemon
}

# The API server says what a change comes to.
test_what_restarts_nothing_does_not_wait() {
    with_deployment same
    schedule "$((($(date +%-M) + 30) % 60))"
    commit
    daemon
    synced
    sed -i 's/image: registry.local.web:v1/&, imagePullPolicy: IfNotPresent/' "$repo/modules/base/web.yaml" # as it is by default
    commit default
    synced
    check_contains "owned" "$(kubectl -n "$ns" get deployment web -o json --show-managed-fields |
        jq -c '.metadata.managedFields[] | select(.manager == "kzsync")')" imagePullPolicy
    end_daemon
}

test_a_pause_ends_by_itself() {
    with_deployment pause
    commit
    daemon
    synced
    module base "paused: {reason: es upgrade, until: $(date -u -d "+25 seconds" +%FT%TZ)}"
    new_image 2
    commit paused
    check_soon 10 "it is paused" has_state base paused
    check_contains "why" "$(note_of base)" "es upgrade, until "
    drifts "in a pause"
    image_is 1 || fail "something was begun in a pause"
    check_soon 40 "it goes on" image_is 2
    synced
    end_daemon
}

test_only_removals_wait_for_approval() {
    with_deployment removal 'approve: destructive'
    local i
    for i in 1 2 3 4 5 6 7 8; do config_map base "m$i"; done
    commit
    daemon
    synced
    rm "$repo/modules/base/m1.yaml"
    new_image 2
    commit removal
    check_soon 15 "the rest is applied" image_is 2
    check_soon 15 "the removal waits" has_state base held
    check_equal "why" "$(note_of base)" "delete of 1 object needs approval: kzsync approve base"
    check_equal "what it waits for" "$(detail '[.class, .heldBy]')" '["destructive",["approval","prune"]]'
    exists cm m1 || fail "m1 was deleted"
    end_daemon
}

test_a_plan_says_what_would_wait() {
    with_deployment plan 'approve: restart'
    apply
    new_image 2
    kz plan "$repo"
    check_contains "plan" "$(cat "$scratch/out")" "restart class needs approval: kzsync approve base"
    kz apply "$repo" --progress none
    check_equal "status of an apply that waits" "$status" 4
    image_is 1 || fail "it did not wait"
}

cluster_of_all
run_tests "$@"
