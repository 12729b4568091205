#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Going back on a real API server: what is kept of healthy revisions, the way back after a failed gate and after
# kill -9, what releases a quarantine, what a rollback leaves alone, damage. One control plane for all tests; see
# test/lib/platform.sh. `rollback.sh NAME...` runs single tests. No pod ever runs here, so a Deployment with
# replicas is what fails a gate.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# shop NAME [FIELDS]: a platform with one module `web`: namespace, ConfigMap a, Secret login, a Deployment that is fine.
shop() {
    new_platform "$1"
    module web "health: {timeout: 2s, soak: 0s}${2:+$'\n'$2}"
    namespace web
    config_map web a one
    deployment web main 0
    put modules/web/login.yaml <<END
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: canary-7741-of-$1}
END
}

break_it() { # VALUE: a revision whose gate fails
    config_map web a "$1"
    deployment web main 1
    commit "broken: $1"
}

kept() { kubectl -n "$own" get secrets -l "kubezero.com/history=$platform" -o name; }
has_kept() { [ "$(kept | wc -l)" -ge "$1" ]; }
kept_revisions() { "$KZSYNC" history -n "$own" -o json "$@" | jq -r '.[].revision'; }
has_no_history() { [ -z "$(kept_revisions "$1")" ]; }
newest_kept_is() { [ "$(kept_revisions web | head -n 1)" = "$1" ]; }
value_of_a() { field cm a '{.data.key}'; }
a_is() { [ "$(value_of_a)" = "$1" ]; }

stays() { # WORDS COMMAND...: true for two seconds
    local what=$1 i
    shift
    for ((i = 0; i < 10; i++)); do
        "$@" || fail "$what: '$*' is not true any more"
        sleep 0.2
    done
}

# Nothing of a manifest's values in logs, and none in plain text in the history.
check_no_canary() {
    ! grep -q 'canary-7741' "$scratch/log" || fail "a Secret's value is in the log"
    ! kubectl -n "$own" get secrets -o yaml | grep -q 'canary-7741' || fail "a Secret's value is not compressed"
}

# went_back: good revision, then a broken one, and the daemon is back on the good one.
went_back() {
    shop "$@"
    commit good
    good=$(head_of)
    daemon
    synced
    check_soon 10 "the good revision is kept" newest_kept_is "$good"
    break_it two
    bad=$(head_of)
    check_soon 20 "the module goes back" has_state web back
    check_soon 5 "the old value" a_is one
    check_equal replicas "$(field deploy main '{.spec.replicas}')" 0
}

kill_daemon() {
    kill -9 "$daemon"
    wait "$daemon" 2>/dev/null || true
}

# ---- after a restart -----------------------------------------------------------------------------------

test_a_quarantined_module_is_kept_true_after_kill() {
    went_back quarantine
    kill_daemon
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"nine"}}' >/dev/null
    kubectl -n "$ns" delete secret login >/dev/null
    daemon
    check_soon 20 "the old set is made true again" a_is one
    check_soon 10 "what was deleted is back" exists secret login
    check_soon 10 "the word" has_state web back
    check_contains "the note" "$(note_of web)" "failed before and is set aside"
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"ten"}}' >/dev/null
    check_soon 10 "drift while it is back" a_is one
    stays "the broken revision is not tried again" field_is deploy main '{.spec.replicas}' 0
    config_map web a three
    deployment web main 0
    commit better
    synced
    check_equal "the newer commit" "$(value_of_a)" three
    check_soon 10 "the newer commit is kept" newest_kept_is "$(head_of)"
    check_equal "kept revisions" "$(kept_revisions web | paste -sd' ')" "$(head_of) $good"
    check_no_canary
    check_no_orphans
    end_daemon
}

# Good, killed; broken while it was away: the new process has never seen the good set but in the history.
test_a_new_process_goes_back_by_the_history() {
    shop amnesia
    commit good
    good=$(head_of)
    daemon
    synced
    check_soon 10 "the good revision is kept" newest_kept_is "$good"
    kill_daemon
    rm -rf "$scratch/cache"
    break_it two
    daemon
    check_soon 20 "the module goes back" has_state web back
    check_soon 5 "the old value" a_is one
    check_contains "the log" "$(cat "$scratch/log")" "rollback"
    end_daemon
}

# The quarantine is written, the way back is not finished.
test_killed_on_the_way_back() {
    shop midway
    commit good
    daemon
    synced
    check_soon 10 "the good revision is kept" newest_kept_is "$(head_of)"
    break_it two
    check_soon 20 "the rollback begins" is_in_log rollback
    kill_daemon
    daemon
    check_soon 30 "the module is back" has_state web back
    check_soon 5 "the old value" a_is one
    end_daemon
}

# ---- kzsync apply --------------------------------------------------------------------------------------

test_apply_goes_back_and_tries_again_only_when_told() {
    shop once
    apply
    check_equal "kept" "$(kept_revisions web | wc -l)" 1
    config_map web a two
    deployment web main 1
    kz apply "$repo" --progress none
    check_equal "status of the broken apply" "$status" 3
    check_equal "the old value" "$(value_of_a)" one
    kz apply "$repo" --progress none
    check_equal "status of the second" "$status" 3
    check_contains "what to do next" "$(cat "$scratch/err")" "--retry-quarantined"
    check_equal "the old value" "$(value_of_a)" one
    deployment web main 0
    sed -i 's/timeout: 2s/timeout: 3s/' "$repo/modules/web.yaml"
    apply
    check_equal "the new value" "$(value_of_a)" two
    deployment web main 1
    kz apply "$repo" --progress none
    check_equal "status when it is broken again" "$status" 3
    kz apply "$repo" --progress none --retry-quarantined
    check_equal "status when tried again" "$status" 3
    check_contains "it was tried" "$(cat "$scratch/err")" "is not healthy"
}

# ---- onFailure: continue -------------------------------------------------------------------------------

test_continue_tells_the_failure_and_goes_on() {
    shop goeson 'sync: {onFailure: continue}'
    module late 'dependsOn: [web]'
    config_map late after
    put modules/web/second.yaml <<END
apiVersion: v1
kind: ConfigMap
metadata: {name: second, annotations: {kubezero.com/wave: "5"}}
data: {key: "1"}
END
    apply
    check_equal "kept" "$(kept_revisions web | wc -l)" 1
    deployment web main 1
    config_map web a two
    sed -i 's/key: "1"/key: "2"/' "$repo/modules/web/second.yaml"
    config_map late after 2
    rm "$repo/modules/web/login.yaml"
    kz apply "$repo" --progress none -o json
    check_equal "status" "$status" 3
    check_equal "the failure is told" "$(jq -r '.modules[] | .name + " " + .state' "$scratch/out" | paste -sd' ')" "late ok web fail"
    check_equal "the failed wave stays as it is" "$(value_of_a)" two
    check_equal "the next wave" "$(field cm second '{.data.key}')" 2
    check_equal "who depends on it" "$(field cm after '{.data.key}')" 2
    exists secret login || fail "something was pruned although the module is not healthy"
}

# ---- what a rollback leaves alone ----------------------------------------------------------------------

test_crds_and_volume_claims_stay() {
    shop precious
    kubectl create -f - >/dev/null <<END
apiVersion: v1
kind: PersistentVolume
metadata: {name: precious}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  hostPath: {path: /srv/precious}
  claimRef: {namespace: precious, name: disk}
END
    at_end "kubectl delete pv precious --wait=false"
    put modules/web/disk.yaml <<END
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk, labels: {form: old}}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  volumeName: precious
  resources: {requests: {storage: 1Gi}}
END
    crd web jewels Jewel
    sed -i 's/{name: jewels.test.kubezero.com}/{name: jewels.test.kubezero.com, labels: {form: old}}/' "$repo/modules/web/crd.yaml"
    commit good
    daemon
    synced
    check_soon 10 "the good revision is kept" newest_kept_is "$(head_of)"
    sed -i 's/form: old/form: new/' "$repo/modules/web/disk.yaml" "$repo/modules/web/crd.yaml"
    break_it two
    check_soon 20 "the module goes back" has_state web back
    check_soon 5 "the old value" a_is one
    check_equal "the claim" "$(field pvc disk '{.metadata.labels.form}')" new
    check_equal "the CRD" "$(kubectl get crd jewels.test.kubezero.com -o 'jsonpath={.metadata.labels.form}')" new
    check_equal "the log names both" "$(grep -c 'rollback-leaves' "$scratch/log")" 2
    kill_daemon
    daemon
    check_soon 20 "the module is back again" has_state web back
    stays "the claim is left alone" field_is pvc disk '{.metadata.labels.form}' new
    end_daemon
    kubectl delete crd jewels.test.kubezero.com --wait=false >/dev/null
}

# ---- what is kept --------------------------------------------------------------------------------------

test_five_are_kept_and_a_removed_module_takes_its_own_along() {
    local i
    shop shelf
    module other
    config_map other b
    commit 0
    daemon
    synced
    for i in 1 2 3 4 5 6; do
        config_map web a "$i"
        commit "change $i"
        synced
        check_soon 10 "revision $i is kept" newest_kept_is "$(head_of)"
    done
    check_equal "revisions of web" "$(kept_revisions web | wc -l)" 5
    check_equal "revisions of other" "$(kept_revisions other | wc -l)" 1
    check_contains "the table" "$("$KZSYNC" history -n "$own" web)" "change 6"
    check_equal "type and immutability" "$(kubectl -n "$own" get secrets -l "kubezero.com/history=$platform" \
        -o 'jsonpath={range .items[*]}{.type} {.immutable}{"\n"}{end}' | sort -u)" "kubezero.com/history true"
    rm -r "$repo/modules/other" "$repo/modules/other.yaml"
    commit removed
    synced
    check_soon 15 "its history goes" has_no_history other
    check_equal "revisions of web" "$(kept_revisions web | wc -l)" 5
    end_daemon
    check_equal "one pack is left" "$(kept | wc -l)" 1
}

# What is not compressible needs several Secrets.
test_a_large_set_lies_in_several_secrets() {
    local i
    shop large
    for i in 1 2 3; do
        put "modules/web/blob$i.yaml" <<END
apiVersion: v1
kind: ConfigMap
metadata: {name: blob$i}
data: {blob: "$(head -c 450000 /dev/urandom | base64 -w 0)"}
END
    done
    commit good
    good=$(head_of)
    daemon
    synced
    check_soon 15 "the good revision is kept" newest_kept_is "$good"
    has_kept 2 || fail "it lies in $(kept | wc -l) Secrets"
    kill_daemon
    break_it two
    daemon
    check_soon 30 "the module goes back" has_state web back
    check_soon 5 "the old value" a_is one
    end_daemon
}

test_a_damaged_history_is_ignored_and_said_once() {
    shop damaged
    commit good
    daemon
    synced
    check_soon 10 "the good revision is kept" newest_kept_is "$(head_of)"
    kill_daemon
    kubectl -n "$own" annotate "$(kept)" kubezero.com/history-index='{"v":1}' --overwrite >/dev/null
    break_it two
    daemon
    check_soon 20 "the module fails" has_state web fail
    check_equal "nothing was made of it" "$(value_of_a)" two
    check_equal "said once" "$(grep -c history-ignored "$scratch/log")" 1
    config_map web a three
    deployment web main 0
    commit better
    synced
    check_soon 10 "a new one is kept beside it" newest_kept_is "$(head_of)"
    check_equal "the damaged one was left alone" "$(kept | wc -l)" 2
    end_daemon
}

# Without rights on Secrets everything works, but a restart forgets the way back.
test_without_rights_on_secrets_nothing_fails() {
    new_platform norights
    module web "health: {timeout: 2s, soak: 0s}"
    namespace web
    config_map web a one
    deployment web main 0
    commit good
    kubectl create namespace "$own" >/dev/null
    kubectl -n "$own" create serviceaccount limited >/dev/null
    kubectl create clusterrole kz-limited --verb='*' --resource=namespaces,configmaps,deployments.apps,pods,leases.coordination.k8s.io >/dev/null
    kubectl create clusterrolebinding kz-limited --clusterrole=kz-limited --serviceaccount="$own:limited" >/dev/null
    at_end "kubectl delete clusterrole,clusterrolebinding kz-limited"
    kubectl config view --raw --minify --flatten >"$scratch/limited"
    kubectl --kubeconfig "$scratch/limited" config set-credentials limited \
        --token="$(kubectl -n "$own" create token limited)" >/dev/null
    kubectl --kubeconfig "$scratch/limited" config set-context --current --user=limited >/dev/null
    daemon --kubeconfig "$scratch/limited"
    synced
    check_soon 10 "it is said" is_in_log 'warn  *history'
    break_it two
    check_soon 20 "the module goes back from memory" has_state web back
    check_soon 5 "the old value" a_is one
    kill_daemon
    daemon --kubeconfig "$scratch/limited"
    check_soon 20 "the module stays as it is" has_state web back
    check_equal "the old value" "$(value_of_a)" one
    config_map web a three
    deployment web main 0
    commit better
    synced
    check_equal "the newer commit" "$(value_of_a)" three
    check_equal "Secrets" "$(kept | wc -l)" 0
    check_equal "said once by each process" "$(grep -c 'warn  *history ' "$scratch/log")" 2
    end_daemon
}

cluster_of_all
run_tests "$@"
