#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Hooks against a real API server and its Job controller. No node: a test ends a Job's pod by its status.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# hook MODULE NAME PHASE [COMMAND] [ANNOTATIONS]: a Job of one pod.
hook() {
    put "modules/$1/$2.yaml" <<END
apiVersion: batch/v1
kind: Job
metadata:
  name: $2
  annotations: {argocd.argoproj.io/hook: $3${5:+, $5}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "registry.local/job:v1", command: [${4:-run}]}]
END
}

# end_pod JOB Succeeded|Failed
end_pod() {
    check_soon 15 "the pod of $1" pod_of "$1"
    kubectl -n "$ns" patch "$(pod_of "$1")" --subresource status --type merge -p "{\"status\":{\"phase\":\"$2\"}}" >/dev/null
}
pod_of() { kubectl -n "$ns" get pods -l "job-name=$1" -o name --field-selector status.phase=Pending | grep .; }

test_a_sync_runs_its_hooks_in_their_order() {
    new_platform order
    module app
    config_map app data 1
    hook app before PreSync
    hook app after PostSync
    commit
    daemon
    check_soon 20 "the first hook" exists job before
    is_gone cm data || fail "data was applied before its hook ended"
    is_gone job after || fail "the last hook came first"
    end_pod before Succeeded
    check_soon 15 "data" exists cm data
    check_soon 15 "the last hook" exists job after
    has_state app run || fail "the module does not wait for its last hook"
    end_pod after Succeeded
    synced
    local uid
    uid=$(field job before '{.metadata.uid}')
    config_map app data 2
    commit "data only"
    synced
    check_equal data "$(field cm data '{.data.key}')" 2
    check_equal "a hook that did not change" "$(field job before '{.metadata.uid}')" "$uid"
    hook app before PreSync migrate
    config_map app data 3
    commit "another migration"
    check_soon 15 "the new hook" field_is job before '{.spec.template.spec.containers[0].command[0]}' migrate
    check_equal data "$(field cm data '{.data.key}')" 2
    end_pod before Succeeded
    synced
    check_equal data "$(field cm data '{.data.key}')" 3
    check_no_orphans
    end_daemon
}

test_a_hook_that_fails_stops_the_sync() {
    new_platform broken
    module app "sync: {onFailure: hold, retry: {limit: 0}}"
    config_map app data 1
    commit
    daemon
    synced
    config_map app data 2
    hook app before PreSync
    hook app cleanup SyncFail
    commit "with a hook"
    end_pod before Failed
    check_soon 15 "the hook of failures" exists job cleanup
    check_equal data "$(field cm data '{.data.key}')" 1
    end_pod cleanup Succeeded
    check_soon 15 "the module fails" has_state app fail
    check_contains note "$(note_of app)" "PreSync hook Job $ns/before failed"
    rm "$repo/modules/app/before.yaml"
    commit "without it"
    synced
    check_equal data "$(field cm data '{.data.key}')" 2
    end_daemon
}

test_kill_9_while_a_hook_runs_does_not_repeat_it() {
    new_platform killed
    module app
    config_map app data 1
    hook app before PreSync run "argocd.argoproj.io/hook-delete-policy: HookSucceeded"
    commit
    daemon
    check_soon 20 "the hook" exists job before
    local uid
    uid=$(field job before '{.metadata.uid}')
    kill -9 "$daemon"; wait "$daemon" 2>/dev/null || true
    daemon
    sleep 2
    check_equal "the hook under way" "$(field job before '{.metadata.uid}')" "$uid"
    end_pod before Succeeded
    synced
    check_soon 10 "the hook goes" is_gone job before
    kill -9 "$daemon"; wait "$daemon" 2>/dev/null || true
    daemon
    synced
    config_map app data 2
    commit "data only"
    synced
    is_gone job before || fail "the hook runs again"
    end_daemon
}

# chart VERSION VALUE
chart() {
    put modules/app/Chart.yaml <<<"{apiVersion: v2, name: app, version: $1}"
    put modules/app/templates/all.yaml <<END
apiVersion: v1
kind: ConfigMap
metadata: {name: data}
data: {key: "$2"}
$(for event in pre-install post-install pre-upgrade post-upgrade test; do
        printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, annotations: {helm.sh/hook: %s}}\n' "$event" "$event"
    done)
END
}

test_helms_hooks_know_installing_from_upgrading() {
    new_platform helm
    module app
    chart 1.0.0 one
    commit
    daemon
    synced
    exists cm pre-install || fail "pre-install did not run"
    exists cm post-install || fail "post-install did not run"
    is_gone cm pre-upgrade || fail "pre-upgrade ran on installing"
    kubectl -n "$ns" delete cm data >/dev/null
    check_soon 10 "data is back" exists cm data
    synced
    is_gone cm post-upgrade || fail "post-upgrade ran on a repair"
    chart 1.0.1 two
    commit upgrade
    synced
    exists cm pre-upgrade || fail "pre-upgrade did not run"
    exists cm post-upgrade || fail "post-upgrade did not run"
    is_gone cm "test" || fail "a test ran"
    end_daemon
}

test_plan_names_the_hooks_that_will_run() {
    new_platform plan
    module app
    config_map app data 1
    hook app before PreSync
    commit
    kz plan "$repo" --details --color never
    check_contains plan "$(cat "$scratch/out")" "runs as PreSync hook"
    check_contains plan "$(cat "$scratch/out")" "1 hook to run"
}

test_hooks_of_a_removed_module_run_around_its_end() {
    new_platform removed
    module keep
    for i in 1 2 3 4 5 6 7 8 9; do config_map keep "k$i"; done
    module app
    config_map app data 1
    hook app before PreDelete
    hook app after PostDelete
    commit
    daemon
    synced
    is_gone job before || fail "a hook of deleting ran on installing"
    commit "another cycle"
    synced
    rm -r "$repo/modules/app" "$repo/modules/app.yaml"
    commit "without app"
    check_soon 20 "the first hook" exists job before
    exists cm data || fail "data went before the hook ended"
    end_pod before Succeeded
    check_soon 15 "data goes" is_gone cm data
    check_soon 15 "the last hook" exists job after
    end_pod after Succeeded
    check_soon 15 "the hooks go" is_gone job before after
    synced
    check_no_orphans
    end_daemon
}

# The definition is gone, and so is the process that knew it: the history has the hooks.
test_hooks_of_a_module_removed_while_kzsync_was_away() {
    new_platform away
    module keep
    for i in 1 2 3 4 5 6 7 8 9; do config_map keep "k$i"; done
    module app
    config_map app data 1
    hook app before PreDelete
    commit
    daemon
    synced
    end_daemon
    rm -r "$repo/modules/app" "$repo/modules/app.yaml"
    commit "without app"
    daemon
    check_soon 20 "the hook" exists job before
    exists cm data || fail "data went before the hook ended"
    end_pod before Succeeded
    check_soon 15 "data goes" is_gone cm data
    check_soon 15 "the hook goes" is_gone job before
    synced
    check_no_orphans
    end_daemon
}

cluster_of_all
run_tests "$@"
