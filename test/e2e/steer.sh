#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The Module and Platform objects of a real API server: what the daemon keeps in them, what other tools read there,
# the commands that people put into their annotations, and the commands of the program that do it for them.
# `steer.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# two NAME: a platform of two modules, `base` with namespace and ConfigMaps a and b, `web` with x, which comes after.
two() {
    new_platform "$1"
    module base
    namespace base
    config_map base a
    config_map base b
    module web 'dependsOn: [base]'
    config_map web x
}

crds() { "$KZSYNC" crds | kubectl apply --server-side --force-conflicts -f - >/dev/null; }
of() { kubectl -n "$own" get "$1" "$2" -o "jsonpath=$3"; }
of_is() { [ "$(of "$1" "$2" "$3")" = "$4" ]; }
has() { [[ $(of "$1" "$2" "$3") == *"$4"* ]]; }
ready() { kubectl -n "$own" wait --for=condition=Ready "$@"; }
annotate() { kubectl -n "$own" annotate --overwrite "$@" >/dev/null; }
has_annotation() { of "$1" "$2" '{.metadata.annotations}' | grep -q "$3"; }
lacks_annotation() { ! has_annotation "$@"; }
# answered KIND NAME COMMAND RESULT: its status.command says so.
answered() { of_is "$1" "$2" '{.status.command.name} {.status.command.result}' "$3 $4"; }
# event KIND NAME REASON [TEXT]
has_event() {
    kubectl -n "$own" get events.events.k8s.io -o json | jq -e --arg k "$1" --arg n "$2" --arg r "$3" --arg t "${4:-}" \
        '[.items[] | select(.regarding.kind == $k and .regarding.name == $n and .reason == $r and (.note | contains($t)))] | length > 0'
}

# ---- what is seen --------------------------------------------------------------------------------------

test_each_module_has_an_object() {
    two objects
    commit first
    daemon
    synced
    check_works "wait for the modules" ready --timeout 20s module/base module/web
    check_works "wait for the platform" ready --timeout 20s "platform/$platform"
    check_equal "revision" "$(of module web '{.status.revision}')" "$(head_of)"
    check_equal "state" "$(of module base '{.status.state}')" ok
    check_equal "what git says" "$(of module web '{.spec.dependsOn[0]}')" base
    check_contains "the table" "$(kubectl -n "$own" get modules | tr -s ' ')" "NAME STATE REVISION OBJECTS NOTE AGE"
    check_contains "the table" "$(kubectl -n "$own" get modules | tr -s ' ')" "base ok $(head_of | head -c 7) 3"
    check_contains "the wide table" "$(kubectl -n "$own" get modules -o wide | tr -s ' ')" "NOTE CLASS TARGET SINCE AGE"
    check_contains "the short name" "$(kubectl -n "$own" get kzm -o name | paste -sd' ')" module.kubezero.com/web
    check_contains "the category" "$(kubectl -n "$own" get kubezero -o name | paste -sd' ')" platform.kubezero.com/objects
    check_equal "where it is defined" "$(of module web '{.metadata.annotations.kubezero\.com/defined-at}')" modules/web.yaml:3
    check_equal "observed generation" "$(of module web '{.status.observedGeneration}')" "$(of module web '{.metadata.generation}')"
    check_equal "history" "$(of module web '{.status.history[*].revision}')" "$(head_of)"
    has_event Module web Synced || fail "no Event says that web is synced"
    config_map web x 2
    commit second
    synced
    check_soon 10 "the second revision" of_is module web '{.status.revision}' "$(head_of)"
    check_equal "history" "$(of module web '{.status.history[*].revision}' | wc -w)" 2
    rm -r "$repo/modules/web" "$repo/modules/web.yaml"
    commit "without web"
    check_soon 20 "the object goes with its module" lacks module web
    end_daemon
}
lacks() { [ -z "$(kubectl -n "$own" get "$1" "$2" --ignore-not-found -o name)" ]; }

test_a_module_edited_by_hand_is_put_right() {
    two edited
    commit
    daemon
    synced
    ready --timeout 20s module/web >/dev/null || fail "web is not ready"
    kubectl -n "$own" patch module web --type merge -p '{"spec":{"namespace":"elsewhere","sync":{"prune":false}}}' >/dev/null
    check_soon 10 "the edited field" of_is module web '{.spec.namespace}' "$ns"
    check_soon 10 "the added field" of_is module web '{.spec.sync}' ''
    check_soon 10 "the condition" of_is module web '{.status.conditions[?(@.type=="Edited")].status}' True
    check_contains "who did it" "$(of module web '{.status.conditions[?(@.type=="Edited")].message}')" "edited by kubectl-patch"
    check_soon 10 "observed generation" of_is module web '{.status.observedGeneration}' "$(of module web '{.metadata.generation}')"
    has_event Module web Edited || fail "no Event says that web was edited"
    kubectl -n "$own" delete module web >/dev/null
    check_soon 10 "a deleted object is made again" ready --timeout 1s module/web
    end_daemon
}

test_a_fight_has_an_event() {
    two fight
    commit
    daemon
    synced
    for i in 1 2 3 4; do
        kubectl -n "$ns" patch cm a --type merge --field-manager operator -p "{\"data\":{\"key\":\"x$i\"}}" >/dev/null
        [ "$i" = 4 ] || check_soon 5 "repair $i" field_is cm a '{.data.key}' 1
    done
    check_soon 10 "state" of_is module base '{.status.state}' drift
    check_soon 10 "an Event" has_event Module base Fight "operator sets .data.key again and again"
    end_daemon
}

# weak_user RULES...: a user who may do what a sync needs and what RULES (lines "VERBS RESOURCES") add; its kubeconfig
# is $weak. With leases= nothing to do with Leases.
weak_user() {
    local user=$platform-weak rule n=0
    weak=$scratch/weak
    sed "s/^  user:\$/  user:\n    as: $user/" "$KUBECONFIG" >"$weak"
    for rule in "* configmaps,namespaces,secrets${leases-,leases.coordination.k8s.io}" "$@"; do
        kubectl create clusterrole "$user-$n" --verb="${rule% *}" --resource="${rule#* }" >/dev/null
        kubectl create clusterrolebinding "$user-$n" --clusterrole "$user-$n" --user "$user" >/dev/null
        at_end "kubectl delete clusterrole,clusterrolebinding $user-$n"
        n=$((n + 1))
    done
}

warnings() { grep -c " warn  *objects reason=.*$1" "$scratch/log" || true; }

test_without_permission_all_else_works() {
    two weak
    commit
    weak_user
    daemon --kubeconfig "$weak"
    synced
    check_equal "warnings: $(cat "$scratch/log")" "$(warnings 'may not list')" 1
    config_map web x 2
    commit second
    synced
    check_equal "x" "$(field cm x '{.data.key}')" 2
    check_equal "objects" "$(kubectl -n "$own" get modules -o name)" ""
    end_daemon
}

test_a_forbidden_status_is_said_once() {
    two nostatus
    commit
    weak_user 'get,list,watch,create,patch modules.kubezero.com,platforms.kubezero.com'
    daemon --kubeconfig "$weak"
    synced
    check_soon 20 "an object" of_is module web '{.metadata.labels.kubezero\.com/platform}' nostatus
    check_soon 10 "a warning" is_in_log "may not patch modules/status\|may not patch platforms/status"
    config_map web x 2
    commit second
    synced
    sleep 3
    check_equal "warnings" "$(warnings 'may not patch')" 1
    kz sync web # the daemon does it, and cannot say so
    check_equal "status without an answer" "$status" 8
    lacks_annotation module web sync || fail "the command was not taken"
    end_daemon
}

test_without_events_all_else_works() {
    two noevents
    commit
    weak_user '* modules.kubezero.com,platforms.kubezero.com,modules.kubezero.com/status,platforms.kubezero.com/status'
    daemon --kubeconfig "$weak"
    synced
    check_soon 20 "the objects" ready --timeout 1s module/web
    check_soon 10 "a warning" is_in_log " warn  *events .*may not create events"
    config_map web x 2
    commit second
    synced
    check_soon 10 "the second revision" of_is module web '{.status.revision}' "$(head_of)"
    check_equal "warnings" "$(grep -c ' warn  *events ' "$scratch/log")" 1
    end_daemon
}

test_without_the_kinds_all_else_works() {
    "$KZSYNC" crds | kubectl delete -f - >/dev/null
    at_end crds
    two nocrds
    commit
    daemon
    synced
    check_soon 5 "a warning" is_in_log "kinds Module and Platform are not installed"
    kz pause web --reason x
    check_equal "status of pause" "$status" 1
    check_contains "what to do" "$(cat "$scratch/err")" "kzsync crds | kubectl apply"
    crds
    config_map web x 2
    commit second # with new definitions the daemon looks what is served
    synced
    check_soon 60 "the objects" ready --timeout 1s module/web # or half a minute later
    check_equal "warnings" "$(warnings 'are not installed')" 1
    end_daemon
}

test_the_daemon_can_bring_the_kinds() {
    "$KZSYNC" crds | kubectl delete -f - >/dev/null
    at_end crds
    two brings
    commit
    daemon --crds
    synced
    check_soon 20 "the objects" ready --timeout 1s module/web
    end_daemon
    kubectl annotate crd modules.kubezero.com --overwrite kubezero.com/kzsync-version=99.0.0 >/dev/null
    daemon --crds
    synced
    sleep 1
    check_equal "the CRD of a newer kzsync" "$(kubectl get crd modules.kubezero.com -o 'jsonpath={.metadata.annotations.kubezero\.com/kzsync-version}')" 99.0.0
    end_daemon
}

test_objects_of_another_installation_are_left_alone() {
    two mine
    commit
    kubectl create namespace "$own" >/dev/null
    kubectl -n "$own" apply -f - >/dev/null <<END
apiVersion: kubezero.com/v1beta1
kind: Module
metadata: {name: web, labels: {kubezero.com/platform: theirs}, annotations: {kubezero.com/pause: mine}}
spec: {namespace: theirs}
END
    daemon
    synced
    check_soon 20 "our other object" ready --timeout 1s module/base
    check_soon 10 "it is said" of_is platform mine '{.status.conditions[?(@.type=="Conflict")].reason}' NameTaken
    check_contains "what is said" "$(of platform mine '{.status.conditions[?(@.type=="Conflict")].message}')" \
        "Module web in namespace kz-mine belongs to platform theirs"
    has_event Platform mine NameTaken || fail "no Event says so"
    check_equal "theirs" "$(of module web '{.spec.namespace}/{.status}')" theirs/
    check_equal "our module" "$(field cm x '{.data.key}')" 1
    kubectl -n "$own" delete module web >/dev/null
    check_soon 10 "the name is free" ready --timeout 1s module/web
    check_soon 10 "the condition goes" of_is platform mine '{.status.conditions[?(@.type=="Conflict")].reason}' ''
    end_daemon
}

# The account of the chart, with its own roles and the rules that these modules need: all that is seen and steered works.
test_the_rights_of_the_chart_are_enough() {
    two chart
    commit
    kubectl create namespace "$own" >/dev/null
    "$KZSYNC" template kzsync "$top/charts/kzsync" -n "$own" --set source.repo=https://git.example.com/x.git --set-json \
        'rbac.rules=[{"apiGroups":[""],"resources":["namespaces","configmaps"],"verbs":["get","list","watch","create","update","patch","delete"]}]' \
        >"$scratch/chart.yaml"
    python3 - "$scratch/chart.yaml" >"$scratch/rights.yaml" <<'END'
import sys
for doc in open(sys.argv[1]).read().split("\n---\n"):
    if any(f"\nkind: {kind}\n" in doc for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ServiceAccount", "CustomResourceDefinition")):
        print(doc + "\n---")
END
    kubectl apply --server-side --force-conflicts -f "$scratch/rights.yaml" >/dev/null || fail "the chart's objects were refused"
    at_end "kubectl delete clusterrole,clusterrolebinding -l app.kubernetes.io/instance=kzsync"
    check_equal "the kinds" "$(kubectl get crd modules.kubezero.com -o 'jsonpath={.metadata.annotations.helm\.sh/resource-policy}')" keep
    sed "s/^  user:\$/  user:\n    as: system:serviceaccount:$own:kzsync/" "$KUBECONFIG" >"$scratch/account"
    local mark
    mark=$(audit_mark)
    daemon --kubeconfig "$scratch/account"
    synced
    check_soon 20 "the objects" ready --timeout 1s module/web platform/chart
    check_soon 10 "an Event" has_event Module web Synced
    kz pause web --reason x
    check_equal "a command: $(cat "$scratch/err") status" "$status" 0
    kz resume web
    kz sync web --wait --timeout 20s
    check_equal "a command: $(cat "$scratch/err") status" "$status" 0
    rm -r "$repo/modules/web" "$repo/modules/web.yaml"
    commit "without web"
    check_soon 40 "its object goes when the removal is through" module_goes web
    end_daemon
    check_equal "what was not allowed" "$(tail -n "+$((mark + 1))" "$KZ_AUDIT" |
        jq -r 'select(.responseStatus.code == 403 and (.impersonatedUser.username // "" | endswith(":kzsync"))) | "\(.verb) \(.requestURI)"' | sort -u)" ""
}
module_goes() {
    kz approve "$1" --yes
    [ -z "$(kubectl -n "$own" get module "$1" --ignore-not-found -o name)" ]
}

test_two_installations_are_said() {
    two twice
    commit
    daemon
    synced
    check_soon 20 "all is well" ready --timeout 1s platform/twice
    "$KZSYNC" run -n kz-twin --cache "$scratch/twin" --repo "file://$repo" --interval 1s >"$scratch/twin.log" 2>&1 &
    local twin=$!
    at_end "kill -9 $twin; kubectl delete namespace kz-twin --wait=false"
    check_soon 30 "the second one says so" grep -q 'namespace=kz-twice' "$scratch/twin.log"
    conflict() { kubectl -n "$1" get platform twice -o 'jsonpath={.status.conditions[?(@.type=="Conflict")].'"$2"'}'; }
    twin_is() { [ "$(conflict kz-twin reason)" = "$1" ]; }
    check_soon 20 "as a condition" twin_is InstalledTwice
    check_contains "the message" "$(conflict kz-twin message)" "another kzsync, in namespace kz-twice, keeps this platform"
    check_equal "what both keep" "$(field cm x '{.data.key}')" 1
    end_daemon
    kubectl -n kz-twice delete cm kzsync-status-twice >/dev/null
    check_soon 90 "the condition goes with the other one" twin_is ''
    kill "$twin"
    wait "$twin" || true
}

test_no_right_to_leases_is_said() {
    two noleases
    commit
    all='* modules.kubezero.com,platforms.kubezero.com,modules.kubezero.com/status,platforms.kubezero.com/status,events.events.k8s.io'
    leases='' weak_user "$all"
    kubectl create namespace "$own" >/dev/null
    daemon --kubeconfig "$weak"
    check_soon 30 "as a condition" of_is platform noleases '{.status.conditions[?(@.type=="Stalled")].reason}' LeaseDenied
    check_contains "the message" "$(of platform noleases '{.status.conditions[?(@.type=="Ready")].message}')" "leases"
    is_gone cm x || fail "something was written without a lease"
    kubectl create clusterrole noleases-weak-9 --verb='*' --resource=leases.coordination.k8s.io >/dev/null
    kubectl create clusterrolebinding noleases-weak-9 --clusterrole noleases-weak-9 --user noleases-weak >/dev/null
    at_end "kubectl delete clusterrole,clusterrolebinding noleases-weak-9"
    check_soon 90 "with the right it works" ready --timeout 1s platform/noleases
    check_soon 20 "the condition goes" of_is platform noleases '{.status.conditions[?(@.type=="Stalled")].reason}' ''
    check_equal "x" "$(field cm x '{.data.key}')" 1
    end_daemon
}

test_a_field_of_the_wrong_type() {
    two types
    commit
    daemon
    synced
    check_soon 20 "all is well" ready --timeout 1s module/web
    kubectl -n "$own" patch module web --type merge -p '{"spec":{"dependsOn":7}}' >"$scratch/out" 2>&1 &&
        fail "the API server took a wrong type"
    check_contains "who says no" "$(<"$scratch/out")" "spec.dependsOn: Invalid value"
    check_equal "the object" "$(of module web '{.spec.dependsOn[0]}')" base
    sed -i 's/dependsOn: \[base\]/dependsOn: 7/' "$repo/modules/web.yaml"
    commit "a wrong type in git"
    check_soon 20 "as a condition" of_is platform types '{.status.conditions[?(@.type=="Stalled")].reason}' BuildFailed
    check_contains "the message" "$(of platform types '{.status.conditions[?(@.type=="Ready")].message}')" "dependsOn"
    check_equal "where" "$(of platform types '{.status.error.file}')" modules/web.yaml
    check_equal "nothing is lost" "$(field cm x '{.data.key}')" 1
    sed -i 's/dependsOn: 7/dependsOn: [base]/' "$repo/modules/web.yaml"
    commit "as before"
    check_soon 20 "all is well again" ready --timeout 1s platform/types
    # A definition of the kinds from another time, which wants other types: said once, and all else works.
    kubectl get crd modules.kubezero.com -o json |
        jq '.spec.versions[0].schema.openAPIV3Schema.properties.status.properties.healthy = {type: "string"}' |
        kubectl replace -f - >/dev/null
    at_end crds
    config_map web x 2
    commit third
    check_soon 20 "the sync" field_is cm x '{.data.key}' 2
    check_soon 20 "it is said" is_in_log " warn  *objects reason=.*status.healthy"
    crds
    check_soon 40 "with the right kinds it is as before" of_is module web '{.status.revision}' "$(head_of)"
    end_daemon
}

test_a_stand_by_replica_takes_no_commands() {
    two standby
    commit
    daemon
    synced
    ready --timeout 20s module/web >/dev/null || fail "web is not ready"
    local first=$daemon mark
    "$KZSYNC" run -n "$own" --cache "$scratch/other" --repo "file://$repo" --interval 1s >"$scratch/second" 2>&1 &
    local second=$!
    at_end "kill -9 $second"
    check_soon 20 "the second stands by" grep -q standby "$scratch/second"
    kill -STOP "$first"
    at_end "kill -CONT $first"
    annotate module web kubezero.com/sync=now
    sleep 3
    has_annotation module web sync || fail "a replica that stands by took a command"
    kill -CONT "$first"
    check_soon 10 "the leader takes it" lacks_annotation module web sync
    kill -TERM "$second"
    wait "$second" || true
    end_daemon
}

# ---- commands ------------------------------------------------------------------------------------------

test_pause_and_resume() {
    two paused
    commit
    daemon
    synced
    ready --timeout 20s module/web >/dev/null || fail "web is not ready"
    kz pause web
    check_equal "status without a reason: $(cat "$scratch/err")" "$status" 2
    kz pause web --reason "es upgrade" --until 2020-01-01T00:00:00Z
    check_equal "status with a time that is over" "$status" 2
    kz pause wbe --reason "es upgrade"
    check_equal "status with an unknown module" "$status" 1
    check_contains "the nearest name" "$(cat "$scratch/err")" "did you mean 'web'"
    kz pause web --reason "es upgrade"
    check_equal "pause: $(cat "$scratch/err") status" "$status" 0
    check_equal "the answer" "$(cat "$scratch/out")" "web: taken, paused until it is taken back"
    check_soon 10 "state" of_is module web '{.status.state}' paused
    check_equal "who, why" "$(of module web '{.status.paused.by} {.status.paused.reason}')" "$(kubectl auth whoami -o 'jsonpath={.status.userInfo.username}') es upgrade"
    check_works "a paused module that is whole is ready" ready --timeout 10s module/web
    config_map base a 2
    config_map web x 2
    commit second
    check_soon 20 "the other module" field_is cm a '{.data.key}' 2
    sleep 2
    check_equal "x in a pause" "$(field cm x '{.data.key}')" 1
    kill -9 "$daemon"
    daemon
    check_soon 30 "the pause survives" of_is platform "$platform" '{.status.settled}' true
    sleep 3
    check_equal "x after a restart" "$(field cm x '{.data.key}')" 1
    kz resume web
    check_equal "resume: $(cat "$scratch/err") status" "$status" 0
    check_equal "the answer" "$(cat "$scratch/out")" "web: ended, it was taken back"
    check_soon 10 "x after the pause" field_is cm x '{.data.key}' 2
    kz resume web
    check_equal "a second resume" "$(cat "$scratch/out")" "web: nobody has paused it"
    kz pause --all --reason drill --for 3s
    check_equal "pause --all: $(cat "$scratch/err") status" "$status" 0
    check_soon 3 "all" of_is module base '{.status.state}' paused
    check_soon 10 "its end" lacks_annotation platform "$platform" pause
    check_soon 10 "the answer then" answered platform "$platform" pause ended
    check_soon 10 "state then" of_is module base '{.status.state}' ok
    end_daemon
}

test_rights_are_the_access_control() {
    two rights
    commit
    daemon
    synced
    ready --timeout 20s module/web >/dev/null || fail "web is not ready"
    weak_user 'get,list modules.kubezero.com,platforms.kubezero.com'
    kz pause web --reason x --kubeconfig "$weak"
    check_equal "status: $(cat "$scratch/err")" "$status" 5
    check_contains "the right that is missing" "$(cat "$scratch/err")" "account 'rights-weak' may not patch modules in namespace $own"
    check_contains "how to look" "$(cat "$scratch/err")" "kubectl auth can-i patch modules"
    lacks_annotation module web pause || fail "the annotation was written"
    kubectl create clusterrole rights-weak-9 --verb=patch --resource=modules.kubezero.com >/dev/null
    kubectl create clusterrolebinding rights-weak-9 --clusterrole rights-weak-9 --user rights-weak >/dev/null
    at_end "kubectl delete clusterrole,clusterrolebinding rights-weak-9"
    check_soon 10 "the right is there" kubectl auth can-i patch modules -n "$own" --as rights-weak
    kz pause web --reason x --kubeconfig "$weak"
    check_equal "status with the right: $(cat "$scratch/err")" "$status" 0
    check_soon 10 "who" of_is module web '{.status.paused.by}' rights-weak
    end_daemon
}

test_what_is_not_understood_is_refused() {
    two wrong
    commit
    daemon
    synced
    ready --timeout 20s module/web >/dev/null || fail "web is not ready"
    annotate module web 'kubezero.com/pause={"reason": "x", "untill": "2030-01-01T00:00:00Z"}'
    check_soon 10 "a pause with a typo" answered module web pause refused
    check_contains "why" "$(of module web '{.status.command.message}')" "did you mean 'until'"
    has_annotation module web pause || fail "the pause that was not understood is gone"
    has_event Module web CommandRefused until || fail "no Event says so"
    check_equal "state" "$(of module web '{.status.state}')" ok
    annotate module web 'kubezero.com/pause={"reason": "x", "until": "2020-01-01T00:00:00Z"}'
    check_soon 10 "a pause that is over" has module web '{.status.command.message}' "it was over at"
    check_soon 10 "it is taken off" lacks_annotation module web pause
    annotate module web kubezero.com/approve=yes
    check_soon 10 "an approval without a set" answered module web approve refused
    check_soon 10 "it is taken off" lacks_annotation module web approve
    annotate module web 'kubezero.com/approve={"set": "0123456789abcdef0123456789abcdef"}'
    check_soon 10 "an approval of another set" has module web '{.status.command.message}' "the newest set is"
    annotate module web kubezero.com/rollback=beef
    check_soon 10 "a rollback to what is not there" answered module web rollback refused
    annotate "platform/$platform" kubezero.com/rollback=previous
    check_soon 10 "a rollback of all" has platform "$platform" '{.status.command.message}' "put it on the Module"
    lacks_annotation platform "$platform" rollback || fail "it was not taken off"
    end_daemon
}

test_the_same_event_again_is_counted() {
    two events
    commit
    daemon
    synced
    ready --timeout 20s module/web >/dev/null || fail "web is not ready"
    for i in 1 2 3; do
        annotate module web kubezero.com/approve=yes
        check_soon 10 "it is taken off" lacks_annotation module web approve
    done
    check_soon 60 "a count of three" refused_three_times
    end_daemon
}
refused_three_times() {
    [ "$(kubectl -n "$own" get events.events.k8s.io -o json |
        jq -r '[.items[] | select(.reason == "CommandRefused")] | map(.series.count) | @csv')" = 3 ]
}

test_sync_now() {
    two now
    commit
    daemon --interval 10m
    check_soon 30 "the first sync" ready --timeout 1s module/web
    config_map web x 2
    commit second
    kz sync --wait --timeout 30s
    check_equal "sync: $(cat "$scratch/err") status" "$status" 0
    check_contains "the answer" "$(cat "$scratch/out")" "now: done, ok at revision $(head_of | head -c 7)"
    check_equal "x" "$(field cm x '{.data.key}')" 2
    lacks_annotation platform "$platform" sync || fail "the annotation is still there"
    config_map web x 3
    commit third
    annotate module web kubezero.com/sync=now
    check_soon 20 "x" field_is cm x '{.data.key}' 3
    check_soon 10 "the answer" answered module web sync done
    lacks_annotation module web sync || fail "the annotation is still there"
    put modules/web/x.yaml <<<"kind: ["
    commit broken
    kz sync web base --wait --timeout 30s
    check_equal "status when it fails" "$status" 3
    end_daemon
}

test_sync_of_some_objects() {
    two some
    module drifts 'dependsOn: [base]
sync: {selfHeal: "off"}'
    config_map drifts d1
    config_map drifts d2
    put modules/drifts/app.yaml <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 0
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers: [{name: app, image: "registry.local/web:v1", envFrom: [{configMapRef: {name: d1}}]}]
END
    commit
    daemon
    synced
    check_soon 20 "drifts" ready --timeout 1s module/drifts
    kubectl -n "$ns" delete cm d1 d2 >/dev/null
    kubectl -n "$ns" scale deployment app --replicas=1 >/dev/null
    check_soon 10 "drift is left alone" of_is module drifts '{.status.state}' drift
    kz sync drifts --object deploy/app --wait --timeout 30s
    check_equal "sync of one: $(cat "$scratch/err") status" "$status" 0
    check_contains "the answer" "$(cat "$scratch/out")" "drifts: done, 2 objects are as in git, 2 written"
    check_equal "replicas" "$(field deployment app '{.spec.replicas}')" 0
    check_equal "what it needs" "$(field cm d1 '{.data.key}')" 1
    is_gone cm d2 || fail "more than it needs was written"
    check_equal "the module is still not in sync" "$(of module drifts '{.status.state}')" drift
    kz sync drifts --object cm/d3
    check_equal "status of an object that it has not" "$status" 1
    check_contains "the nearest name" "$(cat "$scratch/err")" "module drifts has no 'cm/d3'"
    check_contains "the nearest name" "$(cat "$scratch/err")" "did you mean 'd1'"
    kz sync --object cm/d2
    check_equal "status without a module" "$status" 2
    kz sync drifts --object d2
    check_equal "status of what is no object" "$status" 2
    sed -i 's/^spec:/spec:\n  approve: routine/' "$repo/modules/drifts.yaml"
    config_map drifts d2 2
    commit second
    check_soon 20 "a newer set waits" has module drifts '{.status.heldBy[*]}' approval
    kz sync drifts --object cm/d2
    check_equal "status while a newer set waits" "$status" 1
    check_contains "why" "$(cat "$scratch/err")" "a newer set of module drifts waits and begins as a whole"
    annotate module drifts 'kubezero.com/sync={"object": ["cm/d2"]}'
    check_soon 10 "a typo is no sync of all" has module drifts '{.status.command.message}' "did you mean 'objects'"
    end_daemon
}

test_rollback() {
    two back
    commit
    daemon
    synced
    local first
    first=$(head_of)
    config_map web x 2
    commit second
    synced
    check_soon 20 "the history" "$KZSYNC" history -n "$own"
    sleep 2
    kz rollback web "$(head -c 7 <<<"$first")"
    check_equal "rollback: $(cat "$scratch/err") status" "$status" 0
    check_soon 10 "x" field_is cm x '{.data.key}' 1
    check_soon 10 "state" of_is module web '{.status.state}' back
    check_equal "conditions" "$(of module web '{range .status.conditions[*]}{.type}={.status}/{.reason} {end}')" \
        "Ready=False/RolledBack Stalled=True/RolledBack "
    check_soon 10 "an Event" has_event Module web RolledBack
    kz rollback web beef
    check_equal "status of a rollback to nothing" "$status" 1
    kz sync web --wait --timeout 30s
    check_equal "sync: $(cat "$scratch/err") status" "$status" 0
    check_equal "x again" "$(field cm x '{.data.key}')" 2
    end_daemon
}

test_approve() {
    two approve
    commit
    daemon
    synced
    ready --timeout 20s module/web >/dev/null || fail "web is not ready"
    kz approve web --yes
    check_equal "status when nothing waits" "$status" 6
    sed -i 's/^spec:/spec:\n  approve: routine/' "$repo/modules/web.yaml"
    config_map web x 2
    commit second
    check_soon 20 "it waits" has module web '{.status.heldBy[*]}' approval
    check_equal "state" "$(of module web '{.status.state}')" held
    check_equal "why" "$(of module web '{.status.conditions[?(@.type=="Ready")].reason}')" WaitingForApproval
    local set
    set=$(of module web '{.status.set}')
    kz approve web </dev/null
    check_equal "status when nobody can be asked" "$status" 2
    kz approve web --set 0123456789 --yes
    check_equal "status with another set" "$status" 6
    kz approve web --set "$(head -c 12 <<<"$set")" --yes --reason "looked at it"
    check_equal "approve: $(cat "$scratch/err") status" "$status" 0
    check_contains "what it showed" "$(tr -s ' ' <"$scratch/err")" " class routine"
    grep -qE "^web: (taken, set $set|done, the set is in place)" "$scratch/out" || fail "the answer is $(cat "$scratch/out")"
    check_soon 20 "x" field_is cm x '{.data.key}' 2
    check_soon 10 "the approval goes" lacks_annotation module web approve
    check_soon 10 "the answer then" answered module web approve done
    config_map web x 3
    commit third
    check_soon 20 "the next change waits" has module web '{.status.heldBy[*]}' approval
    end_daemon
}

app() { # IMAGE: a Deployment of module web
    put modules/web/app.yaml <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 0
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: "$1"}]}
END
}

test_approve_shows_what_changes() {
    two counts
    app registry.local/web:v1
    config_map web gone
    commit
    daemon
    synced
    ready --timeout 20s module/web >/dev/null || fail "web is not ready"
    sed -i 's/^spec:/spec:\n  approve: destructive/' "$repo/modules/web.yaml"
    rm "$repo/modules/web/gone.yaml"
    commit removal
    check_soon 20 "the removal waits" of_is module web '{.status.change}' '{"change":0,"create":0,"delete":1,"replace":0,"restart":0}'
    kz approve web --yes
    check_contains "a removal" "$(tr -s ' ' <"$scratch/err")" " objects 1 deleted"
    check_contains "a removal" "$(tr -s ' ' <"$scratch/err")" " restarts nothing"
    check_soon 20 "it goes" is_gone cm gone
    sed -i 's/approve: destructive/approve: routine/' "$repo/modules/web.yaml"
    app registry.local/web:v2
    config_map web x 2
    config_map web new
    commit change
    check_soon 20 "the change waits" of_is module web '{.status.change.restarts[*]}' "Deployment $ns/app"
    kz approve web --set 00000000 --yes
    kz approve web --yes
    check_contains "counts" "$(tr -s ' ' <"$scratch/err")" " class restart"
    check_contains "counts" "$(tr -s ' ' <"$scratch/err")" " objects 1 created, 2 changed"
    check_contains "what restarts" "$(tr -s ' ' <"$scratch/err")" " restarts Deployment $ns/app"
    check_soon 20 "it is done" of_is module web '{.status.change}' ''
    end_daemon
}

test_windows_are_overridden_for_one_change() {
    two window
    put kubezero.yaml <<END
apiVersion: kubezero.com/v1beta1
kind: Platform
metadata: {name: window}
spec:
  schedule:
    windows: [{name: never, allow: "0 0 30 2 *", duration: 1h}]
END
    commit
    daemon
    synced
    sed -i 's/^spec:/spec:\n  windows: {routine: [never]}/' "$repo/modules/web.yaml"
    config_map web x 2
    commit second
    check_soon 20 "it waits" has module web '{.status.heldBy[*]}' window
    check_soon 10 "why" of_is module web '{.status.conditions[?(@.type=="Ready")].reason}' WaitingForWindow
    check_equal "x before" "$(field cm x '{.data.key}')" 1
    kz sync web --wait --timeout 30s
    check_equal "status of a sync that is held: $(cat "$scratch/err")" "$status" 4
    kz sync web --override-window "it burns" --wait --timeout 30s
    check_equal "sync: $(cat "$scratch/err") status" "$status" 0
    check_equal "x" "$(field cm x '{.data.key}')" 2
    config_map web x 3
    commit third
    check_soon 20 "the next change waits" has module web '{.status.heldBy[*]}' window
    check_soon 10 "the override ends" lacks_annotation module web override-window
    end_daemon
}

cluster_of_all
crds
run_tests "$@"
