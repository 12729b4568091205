#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kzsync at work on a real API server: order, idempotence, plan, drift, prune and its guards, kill -9, an API
# server that goes away. One control plane for all tests; see test/lib/platform.sh. `sync.sh NAME...` runs
# single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

custom() { # MODULE KIND NAME
    put "modules/$1/$3.yaml" <<END
apiVersion: test.kubezero.com/v1
kind: $2
metadata: {name: $3}
spec: {size: 1}
END
}

# simple NAME: a platform with one module `base`: namespace and ConfigMaps a and b.
simple() {
    new_platform "$1"
    module base
    namespace base
    config_map base a
    config_map base b
}

# ---- first sync ----------------------------------------------------------------------------------------

# first URI-part: the audit line of kzsync's first successful write that matches.
first_write() {
    tail -n "+$mark" "$KZ_AUDIT" | jq -r 'select(.userAgent | startswith("kzsync/")) |
        select((.verb == "patch" or .verb == "create") and .responseStatus.code < 300) | .stageTimestamp + " " + .requestURI' |
        grep -v dryRun | grep -m 1 -- "$1" | cut -d' ' -f1
}

check_before() {
    local a b
    a=$(first_write "$1") b=$(first_write "$2")
    [ -n "$a" ] && [ -n "$b" ] || fail "no write of $1 ($a) or $2 ($b)"
    [[ $a < $b ]] || fail "$1 was written at $a, $2 at $b"
}

test_the_first_sync_keeps_the_order() {
    new_platform order
    module alpha 'dependsOn: [zeta]' # by name it would come first
    config_map alpha late
    custom alpha Widget first
    module types
    crd types widgets Widget
    module zeta
    namespace zeta
    config_map zeta early
    deployment zeta main
    mark=$(audit_mark)
    apply
    check_before /customresourcedefinitions/widgets /namespaces/order/widgets/first
    check_before '/namespaces/order?' /configmaps/early
    check_before /configmaps/early /deployments/main
    check_before /deployments/main /configmaps/late
    check_before /namespaces/kz-order/configmaps '/namespaces/order?'
    check_equal "the custom resource" "$(field widget first '{.spec.size}')" 1
    check_no_orphans
}

test_a_second_apply_writes_nothing() {
    simple again
    deployment base main
    apply
    everything >"$scratch/before"
    local mark
    mark=$(audit_mark)
    apply
    check_contains "last line" "$(cat "$scratch/out")" "Apply: 0 applied, 0 deleted; 1 of 1 modules ok."
    everything >"$scratch/after"
    check_no_diff "the objects" "$scratch/before" "$scratch/after"
    check_equal "writes" "$(requests "$mark" | grep -vE '^(get|list) ' || true)" ""
}

# ---- plan ----------------------------------------------------------------------------------------------

test_plan_names_every_change_and_writes_nothing() {
    simple plan
    put modules/base/secret.yaml <<END
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: canary-one-3381}
END
    local mark
    mark=$(audit_mark)
    kz plan "$repo" --exit-code
    check_equal "status of plan before the first sync" "$status" 10
    check_contains "the first plan" "$(cat "$scratch/out")" "Plan: 4 to add, 0 to change, 0 to delete"
    apply
    kz plan "$repo" --exit-code
    check_equal "status of plan with nothing to do: $(cat "$scratch/out")" "$status" 0
    sed -i s/canary-one-3381/canary-two-9942/ "$repo/modules/base/secret.yaml"
    config_map base a 2
    config_map base c
    rm "$repo/modules/base/b.yaml"
    everything >"$scratch/before"
    mark=$(audit_mark)
    kz plan "$repo" --exit-code --details
    check_equal "status of plan" "$status" 10
    check_contains plan "$(cat "$scratch/out")" "Plan: 1 to add, 2 to change, 1 to delete"
    check_contains plan "$(cat "$scratch/out")" "data.key"
    ! grep -q 'canary\|Y2FuYXJ5' "$scratch/out" "$scratch/err" || fail "plan shows a Secret: $(grep canary "$scratch/out")"
    kz plan "$repo" -o json
    check_equal "status of plan without --exit-code" "$status" 0
    ! grep -q 'canary\|Y2FuYXJ5' "$scratch/out" || fail "plan -o json shows a Secret"
    check_equal "plans in JSON" "$(jq '.modules | length' "$scratch/out")" 1
    everything >"$scratch/after"
    check_no_diff "the objects" "$scratch/before" "$scratch/after"
    check_equal "real writes of plan" \
        "$(requests "$mark" | grep -vE '^(get|list) ' | grep -v 'dryRun=All' || true)" ""
}

# ---- run -----------------------------------------------------------------------------------------------

test_run_applies_new_commits() {
    simple commits
    commit
    daemon
    synced
    config_map base a 2
    commit second
    synced
    check_equal "a" "$(field cm a '{.data.key}')" 2
    module more
    config_map more x
    commit third
    synced
    exists cm x || fail "the new module's object is not there"
    end_daemon
}

test_drift_is_repaired() {
    simple drift
    commit
    daemon
    synced
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"edited"}}' >/dev/null
    check_soon 10 "the edit is undone" field_is cm a '{.data.key}' 1
    kubectl -n "$ns" delete cm b >/dev/null
    check_soon 10 "the deleted object is back" exists cm b
    kubectl -n "$ns" label cm a kubezero.com/platform- >/dev/null
    check_soon 10 "the platform label is back" field_is cm a '{.metadata.labels.kubezero\.com/platform}' drift
    kubectl -n "$ns" label cm a kubezero.com/module- >/dev/null
    check_soon 10 "the module label is back" field_is cm a '{.metadata.labels.kubezero\.com/module}' base
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"other":"theirs"}}' >/dev/null
    sleep 1.5
    check_equal "a field that git does not name" "$(field cm a '{.data.other}')" theirs
    check_no_orphans
    end_daemon
}

test_a_fight_is_named_and_not_fought_on() {
    simple fight
    commit
    daemon
    synced
    for i in 1 2 3; do
        kubectl -n "$ns" patch cm a --type merge --field-manager operator -p "{\"data\":{\"key\":\"x$i\"}}" >/dev/null
        check_soon 5 "repair $i" field_is cm a '{.data.key}' 1
    done
    kubectl -n "$ns" patch cm a --type merge --field-manager operator -p '{"data":{"key":"x4"}}' >/dev/null
    check_soon 5 "the fight is named" grep -q 'fight .*manager=operator field=.data.key' "$scratch/log"
    sleep 2
    check_equal "a fourth repair" "$(field cm a '{.data.key}')" x4
    check_soon 5 state has_state base drift
    check_contains note "$(note_of base)" "operator sets .data.key again and again"
    kubectl -n "$ns" patch cm b --type merge -p '{"data":{"key":"edited"}}' >/dev/null
    check_soon 5 "another object is repaired" field_is cm b '{.data.key}' 1
    config_map base a 2
    commit "a new value"
    check_soon 10 "a new commit" field_is cm a '{.data.key}' 2
    end_daemon
}

test_what_an_autoscaler_scales_is_left_to_it() {
    simple scale
    deployment base main
    sed -i 's/replicas: 0/replicas: 0\n  paused: true/' "$repo/modules/base/main.yaml"
    commit
    daemon
    synced
    kubectl -n "$ns" patch deployment main --subresource scale --type merge -p '{"spec":{"replicas":3}}' \
        --field-manager kube-controller-manager >/dev/null
    sleep 3
    check_equal replicas "$(field deployment main '{.spec.replicas}')" 3
    sed -i s/web:v1/web:v2/ "$repo/modules/base/main.yaml"
    commit image
    check_soon 15 "the new image" field_is deployment main '{.spec.template.spec.containers[0].image}' registry.local/web:v2
    check_equal "replicas after a new image" "$(field deployment main '{.spec.replicas}')" 3
    end_daemon
}

# ---- prune and its guards ------------------------------------------------------------------------------

test_removed_objects_and_modules_are_pruned() {
    simple prune
    module extra
    config_map extra x
    config_map extra z
    commit
    daemon
    synced
    rm "$repo/modules/base/b.yaml"
    commit "without b"
    synced
    check_soon 10 "b goes" is_gone cm b
    exists cm a || fail "a went too"
    rm -r "$repo/modules/extra" "$repo/modules/extra.yaml"
    commit "without extra"
    check_soon 20 "x goes" is_gone cm x
    check_soon 5 "z goes" is_gone cm z
    exists cm a || fail "a went with module extra"
    synced
    check_soon 5 "the inventory forgets them" check_no_orphans
    end_daemon
}

test_a_module_removed_while_kzsync_was_away_is_pruned() {
    simple away
    module extra
    config_map extra x
    commit
    daemon
    synced
    end_daemon
    rm -r "$repo/modules/extra" "$repo/modules/extra.yaml"
    commit "without extra"
    daemon
    check_soon 20 "x goes" is_gone cm x
    exists cm a || fail "a went too"
    end_daemon
}

test_removed_modules_go_in_reverse_order() {
    simple reverse
    for i in 1 2 3 4 5 6 7 8 9; do config_map base "k$i"; done
    module below
    config_map below low
    module above "dependsOn: [below]"
    config_map above high
    commit
    daemon
    synced
    end_daemon # whose successor knows of the order by the inventory only
    kubectl -n "$ns" patch cm high --type merge -p '{"metadata":{"finalizers":["test.kubezero.com/slow"]}}' >/dev/null
    rm -r "$repo/modules/below" "$repo/modules/below.yaml" "$repo/modules/above" "$repo/modules/above.yaml"
    commit "without both"
    daemon
    check_soon 20 "the upper one is being deleted" has_deletion cm high
    sleep 2
    exists cm low || fail "the lower module went before the upper one"
    kz status -n "$own" --platform reverse
    check_contains "what is waited for" "$(cat "$scratch/out")" "after above, which is not gone yet and depended on it"
    kubectl -n "$ns" patch cm high --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null
    check_soon 20 "the lower one goes" is_gone cm low
    synced
    check_soon 5 "the inventory forgets them" check_no_orphans
    end_daemon
}
has_deletion() { [ -n "$(field "$1" "$2" '{.metadata.deletionTimestamp}')" ]; }

test_a_controller_stays_while_custom_resources_need_it() {
    simple controller
    for i in 1 2 3 4 5 6 7 8 9; do config_map base "k$i"; done
    module operator
    crd operator relics Relic
    config_map operator controller
    commit
    daemon
    synced
    kubectl -n "$ns" apply -f - >/dev/null <<END
apiVersion: test.kubezero.com/v1
kind: Relic
metadata: {name: old}
END
    rm -r "$repo/modules/operator" "$repo/modules/operator.yaml"
    commit "without the operator"
    check_soon 20 "its removal is held" is_in_log "Relic $ns/old stays, and may need what would go here"
    exists cm controller || fail "the controller went before its custom resource"
    kubectl -n "$ns" delete relic old >/dev/null
    end_daemon
    kz apply "$repo" --progress none --confirm-delete # the daemon looks again after a minute
    check_equal "status: $(tail -n 3 "$scratch/err")" "$status" 0
    is_gone cm controller || fail "the controller stayed"
    kubectl get crd relics.test.kubezero.com >/dev/null 2>&1 && fail "the CRD stayed"
    check_no_orphans
}

test_precious_kinds_are_held() {
    simple precious
    crd base gems Gem
    put modules/base/claim.yaml <<END
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}
END
    # A claim without a volume never gets bound: it is no part of the gate here.
    sed -i 's/^spec:$/spec:\n  health: {timeout: 2s, grace: 0s}\n  sync: {onFailure: hold}/' "$repo/modules/base.yaml"
    apply_once() { kz apply "$repo" --progress none; }
    apply_once
    exists pvc data || fail "the claim was not made"
    rm "$repo/modules/base/"{claim,namespace,crd}.yaml
    apply_once
    check_equal "status of an apply that held removals" "$status" 4
    check_contains "why" "$(cat "$scratch/err")" "needs approval"
    exists pvc data || fail "the claim was deleted"
    exists namespace "$ns" || fail "the namespace was deleted"
    kubectl get crd gems.test.kubezero.com >/dev/null || fail "the CRD was deleted"
    check_no_orphans
}

test_many_removals_are_held() {
    simple blast
    local i
    for i in 1 2 3 4 5 6 7 8; do config_map base "m$i"; done
    apply
    rm "$repo"/modules/base/m[1-6].yaml
    kz apply "$repo" --progress none
    check_equal "status when 6 of 11 would go" "$status" 4
    exists cm m1 || fail "m1 was deleted"
    check_equal "objects" "$(kubectl -n "$ns" get cm -l kubezero.com/platform=blast -o name | wc -l)" 10
    kz apply "$repo" --progress none --confirm-delete
    check_equal "status with --confirm-delete" "$status" 0
    check_soon 5 "m1 to m6 go" is_gone cm m1 m2 m3 m4 m5 m6
    exists cm m7 || fail "m7 went too"
    check_no_orphans
}

test_a_module_that_renders_nothing_prunes_nothing() {
    simple nothing
    module extra
    config_map extra x
    apply
    rm "$repo/modules/extra/x.yaml"
    echo '# nothing here' >"$repo/modules/extra/empty.yaml"
    kz apply "$repo" --progress none
    [ "$status" = 3 ] || [ "$status" = 4 ] || fail "status $status: $(cat "$scratch/err")"
    exists cm x || fail "x was deleted"
    rm -r "$repo/modules/extra"
    kz apply "$repo" --progress none
    [ "$status" != 0 ] || fail "a module without its folder was applied"
    exists cm x || fail "x was deleted with its folder"
}

test_annotations_protect() {
    simple protect
    sed -i 's/name: a/name: a, annotations: {kubezero.com\/prune: never}/' "$repo/modules/base/a.yaml"
    apply
    rm "$repo/modules/base/a.yaml" "$repo/modules/base/b.yaml"
    kz plan "$repo" -m base
    check_contains "the plan" "$(cat "$scratch/out")" "= ConfigMap protect/a"
    check_contains "the plan" "$(cat "$scratch/out")" "- ConfigMap protect/b"
    check_contains "the plan" "$(cat "$scratch/out")" "Kept:   base  1 object no longer wanted, but stays"
    apply --confirm-delete
    exists cm a || fail "a was deleted despite its annotation"
    check_soon 5 "b goes" is_gone cm b
    kubectl -n "$ns" annotate cm a kubezero.com/prune- >/dev/null
    apply --confirm-delete
    check_soon 5 "a goes when nothing protects it any more" is_gone cm a
}

test_an_object_that_moves_between_modules_stays() {
    simple move
    module other
    config_map other x
    commit
    daemon
    synced
    local uid
    uid=$(field cm a '{.metadata.uid}')
    mv "$repo/modules/base/a.yaml" "$repo/modules/other/"
    commit "a moves"
    synced
    check_soon 10 "the new owner's label" field_is cm a '{.metadata.labels.kubezero\.com/module}' other
    sleep 2
    check_equal "uid" "$(field cm a '{.metadata.uid}')" "$uid"
    check_equal "entries of a" "$(inventory | grep -c 'ConfigMap/move/a ')" 1
    check_no_orphans
    end_daemon
}

test_a_strangers_object_is_not_deleted() {
    simple stranger
    apply
    kubectl -n "$ns" delete cm a >/dev/null
    kubectl -n "$ns" create cm a --from-literal=key=theirs >/dev/null
    rm "$repo/modules/base/a.yaml"
    kz apply "$repo" --progress none
    check_equal "the stranger's value" "$(field cm a '{.data.key}')" theirs
    # With our labels on it, it is still another object than the one that was applied.
    kubectl -n "$ns" label cm a kubezero.com/platform=stranger kubezero.com/module=base >/dev/null
    kz apply "$repo" --progress none --confirm-delete
    check_equal "the stranger's value" "$(field cm a '{.data.key}')" theirs
}

# ---- the source goes away ------------------------------------------------------------------------------

source_is_stale() { "$KZSYNC" status -n "$own" 2>&1 | grep -q "$1"; }

test_a_source_that_goes_away_prunes_nothing() {
    simple source
    commit
    daemon --ref main
    synced
    everything | cut -d' ' -f1,2 >"$scratch/before"
    mv "$repo" "$repo.away"
    check_soon 15 "status says that the repository is away" source_is_stale 'No such file'
    # Drift is still repaired from what is known.
    kubectl -n "$ns" delete cm b >/dev/null
    check_soon 10 "the deleted object is back" exists cm b
    mv "$repo.away" "$repo"
    git -C "$repo" checkout -q -b work
    git -C "$repo" branch -q -D main
    check_soon 30 "status says that the branch is away" source_is_stale "branch.*main\|'main'"
    exists cm a || fail "a was deleted with the branch"
    git -C "$repo" checkout -q -b main
    rm -rf "$repo/modules/base/a.yaml" "$repo/kubezero.yaml"
    commit "without kubezero.yaml"
    check_soon 60 "status says that there is no platform" source_is_stale 'name changed'
    sleep 3
    source_is_stale 'name changed' || fail "a poll of the same commit cleared the error"
    exists cm a || fail "a was deleted with kubezero.yaml"
    end_daemon
}

test_a_rewritten_history_is_followed_and_said() {
    simple force
    commit one
    config_map base a 2
    commit two
    daemon --ref main
    synced
    git -C "$repo" reset -q --hard HEAD~1
    config_map base a 3
    commit "two, again"
    synced
    check_equal a "$(field cm a '{.data.key}')" 3
    check_contains "the log" "$(cat "$scratch/log")" history-rewritten
    exists cm b || fail "b was pruned"
    end_daemon
}

# ---- kill -9, and an API server that dies --------------------------------------------------------------

# big NAME: CRD and resource, namespace, 3 modules with 12 ConfigMaps each, in a chain.
big() {
    new_platform "$1"
    local i k
    for i in 1 2 3; do
        module "m$i" "$([ "$i" = 1 ] || echo "dependsOn: [m$((i - 1))]")"
        for k in $(seq 12); do config_map "m$i" "c$i-$k"; done
    done
    namespace m1
    commit
}

test_kill_9_at_any_moment_leaves_no_orphan() {
    big killed
    local round delay
    for round in $(seq 20); do
        daemon
        delay=$(printf '0.%03d' $((RANDOM % 700 + 20)))
        sleep "$delay"
        kill -9 "$daemon"
        wait "$daemon" 2>/dev/null || true
        # What carries our label was written into the inventory before.
        everything | cut -d' ' -f1 >"$scratch/labelled"
        inventory | cut -d' ' -f1 >"$scratch/known"
        check_equal "orphans after $delay s (round $round)" "$(comm -23 "$scratch/labelled" "$scratch/known")" ""
        if [ $((round % 3)) = 0 ]; then # begin again from nothing
            kubectl delete namespace "$ns" --ignore-not-found >/dev/null
            kubectl delete namespace "$own" --ignore-not-found >/dev/null
        fi
    done
    daemon
    synced
    check_equal "ConfigMaps" "$(kubectl -n "$ns" get cm -l kubezero.com/platform=killed -o name | wc -l)" 36
    check_no_orphans
    end_daemon
}

test_an_api_server_that_dies_in_mid_sync() {
    big midsync
    at_end "'$top/test/lib/cluster' start $KZ_CLUSTER kube-apiserver"
    daemon
    sleep 0.3
    "$top/test/lib/cluster" stop "$KZ_CLUSTER" kube-apiserver
    sleep 2
    kill -0 "$daemon" || fail "the daemon ended: $(tail -n 3 "$scratch/log")"
    "$top/test/lib/cluster" start "$KZ_CLUSTER" kube-apiserver
    check_soon 20 "the API server answers" kubectl get --raw /readyz
    synced 60
    check_equal "ConfigMaps" "$(kubectl -n "$ns" get cm -l kubezero.com/platform=midsync -o name | wc -l)" 36
    check_no_orphans
    end_daemon
}

test_an_api_server_that_dies_while_idle() {
    simple idledeath
    at_end "'$top/test/lib/cluster' start $KZ_CLUSTER kube-apiserver"
    commit
    daemon
    synced
    everything >"$scratch/before"
    "$top/test/lib/cluster" stop "$KZ_CLUSTER" kube-apiserver
    sleep 3
    kill -0 "$daemon" || fail "the daemon ended: $(tail -n 3 "$scratch/log")"
    "$top/test/lib/cluster" start "$KZ_CLUSTER" kube-apiserver
    check_soon 20 "the API server answers" kubectl get --raw /readyz
    config_map base a 2
    commit after
    synced 60
    check_equal a "$(field cm a '{.data.key}')" 2
    kubectl -n "$ns" delete cm b >/dev/null
    check_soon 15 "drift is seen again" exists cm b
    end_daemon
}

# ---- refusals ------------------------------------------------------------------------------------------

test_a_conflict_names_the_other_manager() {
    simple conflict
    sed -i 's/^spec:$/spec:\n  sync: {onConflict: fail}/' "$repo/modules/base.yaml"
    apply
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"theirs"}}' --field-manager other-tool >/dev/null
    config_map base a 2
    kz apply "$repo" --progress none
    check_equal status "$status" 3
    check_contains "the error" "$(cat "$scratch/err")" "other-tool"
    check_contains "the error" "$(cat "$scratch/err")" ".data.key"
    check_contains "the error" "$(cat "$scratch/err")" "modules/base/a.yaml:1"
    check_equal "their value" "$(field cm a '{.data.key}')" theirs
}

# What a tool applied before, from then on without it: field `drop` is in its manifest, not in git.
old_object() {
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old, namespace: %s}\ndata: {key: "1", drop: "1"}\n' "$ns"
}
managers_of() { field cm old '{range .metadata.managedFields[*]}{.manager} {end}'; }

test_an_object_is_taken_over_from_kubectl() {
    simple kubectl
    kubectl create namespace "$ns" >/dev/null
    old_object | kubectl apply -f - >/dev/null
    kubectl -n "$ns" patch cm old --type merge --field-manager hpa -p '{"data":{"theirs":"x"}}' >/dev/null
    config_map base old 1
    commit
    kz plan "$repo" --details --color never
    check_contains plan "$(cat "$scratch/out")" "taken over from kubectl-client-side-apply"
    apply
    check_equal "a field that git does not name any more" "$(field cm old '{.data.drop}')" ""
    check_equal "a stranger's field" "$(field cm old '{.data.theirs}')" x
    check_equal managers "$(managers_of | tr ' ' '\n' | grep . | sort -u | paste -sd' ')" "hpa kzsync"
    check_equal "kubectl's annotation" "$(field cm old '{.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}')" ""
    local mark
    mark=$(audit_mark)
    apply
    check_equal "writes of a second apply" "$(requests "$mark" | grep -vE '^(get|list) ' | grep -v 'dryRun=All' || true)" ""
}

test_an_object_is_taken_over_from_argo_cd_and_flux() {
    simple argo
    kubectl create namespace "$ns" >/dev/null
    old_object | kubectl apply --server-side --field-manager kustomize-controller -f - >/dev/null
    old_object | kubectl apply --server-side --field-manager argocd-controller -f - >/dev/null
    config_map base old 1
    commit
    apply
    check_equal "a field that git does not name any more" "$(field cm old '{.data.drop}')" ""
    check_equal managers "$(managers_of | tr -d ' ')" kzsync
}

test_an_immutable_field_is_refused_before_the_first_write() {
    simple immutable
    deployment base main
    apply
    everything >"$scratch/before"
    sed -i 's/app: main/app: other/' "$repo/modules/base/main.yaml"
    config_map base a 2
    kz apply "$repo" --progress none
    check_equal status "$status" 3
    check_contains "the error" "$(cat "$scratch/err")" "immutable"
    check_contains "the error" "$(cat "$scratch/err")" "nothing was changed"
    everything >"$scratch/after"
    check_no_diff "the objects" "$scratch/before" "$scratch/after"
}

test_an_object_is_made_anew_where_that_is_allowed() {
    simple anew
    deployment base main
    sed -i 's/^metadata:.*/metadata: {name: main, annotations: {kubezero.com\/recreate: allowed}}/' "$repo/modules/base/main.yaml"
    commit
    apply
    local uid
    uid=$(field deployment main '{.metadata.uid}')
    sed -i 's/app: main/app: other/g' "$repo/modules/base/main.yaml"
    commit selector
    apply
    check_equal selector "$(field deployment main '{.spec.selector.matchLabels.app}')" other
    [ "$(field deployment main '{.metadata.uid}')" != "$uid" ] || fail "it is the same object"
    kubectl -n "$ns" delete deployment main >/dev/null
    kubectl -n "$ns" create deployment main --image=x --replicas=0 >/dev/null
    kubectl -n "$ns" label deployment main "kubezero.com/platform=$platform" kubezero.com/module=base >/dev/null
    kz apply "$repo" --progress none
    check_equal "status with a stranger's object" "$status" 3
    check_contains error "$(cat "$scratch/err")" "kzsync did not create it"
    exists deployment main || fail "the stranger's object was deleted"
}

test_a_failure_stays_in_its_branch() {
    new_platform branch
    module base
    namespace base
    module bad 'dependsOn: [base]'
    put modules/bad/x.yaml <<END
apiVersion: v1
kind: Service
metadata: {name: x}
spec: {ports: [{port: 99999}]}
END
    sed -i 's/^spec:$/spec:\n  sync: {retry: {limit: 0}}/' "$repo/modules/bad.yaml"
    module after 'dependsOn: [bad]'
    config_map after late
    module beside 'dependsOn: [base]'
    config_map beside fine
    kz apply "$repo" --progress none
    check_equal status "$status" 3
    check_contains "last line" "$(cat "$scratch/out")" "2 of 4 modules ok, 1 fail, 1 skip"
    check_contains "the error" "$(cat "$scratch/err")" "error: bad: "
    exists cm fine || fail "the module beside was not applied"
    is_gone cm late || fail "the dependant was applied"
}

# ---- renderers -----------------------------------------------------------------------------------------

test_helm_and_kustomize_render_through_exec() {
    new_platform exec
    module chart 'renderer: exec:helm
values: {greeting: hello}'
    put modules/chart/Chart.yaml <<<'{apiVersion: v2, name: chart, version: 1.0.0}'
    put modules/chart/values.yaml <<<'greeting: none'
    put modules/chart/templates/cm.yaml <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-config}
data: {greeting: {{ .Values.greeting | quote }}, namespace: {{ .Release.Namespace }}}
END
    module overlay 'renderer: exec:kustomize'
    put modules/overlay/kustomization.yaml <<'END'
namePrefix: my-
resources: [cm.yaml]
END
    put modules/overlay/cm.yaml <<'END'
{apiVersion: v1, kind: ConfigMap, metadata: {name: plain}, data: {key: "1"}}
END
    module base
    namespace base
    apply
    check_equal "helm's value" "$(field cm chart-config '{.data.greeting}')" hello
    check_equal "helm's namespace" "$(field cm chart-config '{.data.namespace}')" "$ns"
    exists cm my-plain || fail "kustomize's object is not there"
}

# ---- secrets -------------------------------------------------------------------------------------------

# A Secret that the server refuses, and whose value it quotes.
secret_of_type() {
    put modules/base/secret.yaml <<END
apiVersion: v1
kind: Secret
metadata: {name: login}
type: $1
stringData: {password: canary-$2}
END
}

wrote_secret() { [ "$(field secret login '{.data.password}' | base64 -d)" = "canary-$1" ]; }

test_what_secrets_hold_is_in_secrets_only() {
    simple secrets
    secret_of_type Opaque one
    commit
    daemon -v
    synced
    secret_of_type Opaque two
    commit
    check_soon 20 "the second value is written" wrote_secret two
    secret_of_type kubernetes.io/tls three # lacks what the type needs, and a type cannot change
    commit
    check_soon 20 "the third is refused" grep -q ' failed module=base' "$scratch/log"
    kz status -o json
    kz plan "$repo" --details -o json -v
    kubectl -n "$own" get configmaps,events,leases -o json >"$scratch/own.json"
    cp "$scratch/out" "$scratch/plan.json"
    local where
    where=$(grep -rlE 'canary-|Y2FuYXJ5' "$scratch" --exclude-dir=repo --exclude-dir='*.git' --exclude-dir=mirrors || true)
    check_equal "files with what the Secret holds" "$where" ""
    # They are found where they are: in git, and in the cluster.
    grep -rq canary-three "$repo/modules" || fail "the canary is not even in git"
    wrote_secret two || fail "the canary is not in the cluster"
}

# A core file would hold the token. Without the limit this very shell writes one.
test_no_core_file_is_written() {
    simple core
    commit
    mkdir "$scratch/here"
    cd "$scratch/here"
    ulimit -c unlimited 2>/dev/null || true
    sleep 60 &
    kill -ABRT $!
    wait $! 2>/dev/null || true
    [ -n "$(ls -A)" ] || { echo "skipped: this system writes no core files here ($(cat /proc/sys/kernel/core_pattern))"; return 0; }
    rm -f -- *
    export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}disable_coredump=0
    daemon
    synced
    local pid
    for pid in "$daemon" $(pgrep -P "$daemon"); do
        check_contains "limits of $(tr '\0' ' ' <"/proc/$pid/cmdline")" "$(tr -s ' ' <"/proc/$pid/limits")" "Max core file size 0 0"
    done
    kill -ABRT "$daemon"
    wait "$daemon" 2>/dev/null || true
    check_equal "files after the end" "$(ls -A)" ""
}

# ---- nothing to do -------------------------------------------------------------------------------------

test_nothing_to_do_sends_nothing() {
    simple idle
    deployment base main
    commit
    daemon
    synced
    sleep 4
    local mark
    mark=$(audit_mark)
    sleep 15
    check_equal "requests in 15 s" "$(requests "$mark")" ""
    end_daemon
}

cluster_of_all
run_tests "$@"
