#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What charts ask of a cluster, on a real API server: lookup, generated values and their key, install and
# upgrade, now, resource-policy. One control plane for all tests; see test/lib/platform.sh. `charts.sh NAME...`
# runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# chart MODULE [FIELDS]: a chart that a module renders; its templates come by `template`.
chart() {
    module "$1" "${2:-}"
    put "modules/$1/Chart.yaml" <<<"{apiVersion: v2, name: $1, version: 1.0.0}"
}
template() { put "modules/$1/templates/$2.yaml"; } # MODULE NAME

# with_chart NAME: a platform of `base` (the namespace) and the chart `app`.
with_chart() {
    new_platform "$1"
    module base
    namespace base
    chart app 'dependsOn: [base]'
}

data() { field "$1" "$2" "{.data.$3}"; } # KIND NAME KEY
data_is() { [ "$(data "$1" "$2" "$3")" = "$4" ]; }
log_has() { grep -qE -- "$1" "$scratch/log"; }

# as_account NAME: what kz uses from here on is the service account NAME of this test.
as_account() {
    kubectl create namespace "$ns" >/dev/null 2>&1 || true
    kubectl -n "$ns" create serviceaccount "$1" >/dev/null
    kubectl config view --raw -o json |
        jq --arg t "$(kubectl -n "$ns" create token "$1")" '.users[0].user = {token: $t}' >"$scratch/kubeconfig"
}

# ---- lookup --------------------------------------------------------------------------------------------

keeps_password() {
    template app secret <<'END'
{{- $old := lookup "v1" "Secret" .Release.Namespace "db" }}
apiVersion: v1
kind: ConfigMap
metadata: {name: copy}
data:
  password: {{ if $old }}{{ index $old.data "password" | b64dec | quote }}{{ else }}none{{ end }}
END
}

test_lookup_reads_what_is_there() {
    with_chart lookup
    keeps_password
    apply
    check_equal "without a Secret" "$(data cm copy password)" none
    kubectl -n "$ns" create secret generic db --from-literal=password=first-password >/dev/null
    apply
    check_equal "with a Secret" "$(data cm copy password)" first-password
    local mark
    mark=$(audit_mark)
    apply
    check_equal "writes" "$(requests "$mark" | grep -vE '^(get|list) ' || true)" ""
    # without a cluster it is not there
    "$KZSYNC" render "$repo" -m app >"$scratch/rendered"
    check_contains "offline" "$(cat "$scratch/rendered")" "password: none"
    "$KZSYNC" template app "$repo/modules/app" -n "$ns" >"$scratch/rendered"
    check_contains "offline" "$(cat "$scratch/rendered")" "password: none"
    # or as a snapshot has it
    kubectl -n "$ns" get secret db -o yaml >"$scratch/snapshot"
    "$KZSYNC" render "$repo" -m app --lookup "$scratch/snapshot" >"$scratch/rendered"
    check_contains "snapshot" "$(cat "$scratch/rendered")" "password: first-password"
    "$KZSYNC" template app "$repo/modules/app" -n "$ns" --lookup "$scratch/snapshot" >"$scratch/rendered"
    check_contains "snapshot" "$(cat "$scratch/rendered")" 'password: "first-password"'
}

test_a_changed_object_renders_again() {
    with_chart follow
    keeps_password
    kubectl create namespace "$ns" >/dev/null
    kubectl -n "$ns" create secret generic db --from-literal=password=first-password >/dev/null
    commit
    daemon
    synced
    check_equal "the first" "$(data cm copy password)" first-password
    sleep 3
    local rendered
    rendered=$(grep -c ' rendered ' "$scratch/log")
    kubectl -n "$ns" patch secret db -p '{"stringData":{"password":"second-password"}}' >/dev/null
    check_soon 15 "the second" data_is cm copy password second-password
    sleep 3
    check_equal "renders after one change" "$(grep -c ' rendered ' "$scratch/log")" $((rendered + 1))
    # a change that does not show makes no new set
    kubectl -n "$ns" label secret db a=b >/dev/null
    sleep 4
    check_equal "renders after a label" "$(grep -c ' rendered ' "$scratch/log")" $((rendered + 2))
    check_equal "state" "$(state_of app)" ok
    kubectl -n "$ns" delete secret db >/dev/null
    check_soon 15 "none" data_is cm copy password none
    ! grep -qE 'first-password|second-password|Zmlyc3Qt' "$scratch/log" || fail "a password is in the log"
    ! grep -rqE 'first-password|second-password|Zmlyc3Qt' "$scratch/cache" || fail "a password is in the cache"
    end_daemon
}

test_lookup_of_lists_and_kinds() {
    with_chart lists
    template app all <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: found}
data:
  list: {{ range (lookup "v1" "ConfigMap" .Release.Namespace "").items }}{{ if hasPrefix "x" .metadata.name }}{{ .kind }}-{{ .metadata.name }} {{ end }}{{ end }}end
  listKind: {{ (lookup "v1" "Secret" .Release.Namespace "").kind }}
  namespace: {{ (lookup "v1" "Namespace" "" .Release.Namespace).metadata.name }}
  wide: {{ len (lookup "v1" "Namespace" "ignored" .Release.Namespace) | int | gt 2 | not | quote }}
  role: {{ (lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" "cluster-admin").metadata.name }}
  everywhere: {{ (lookup "v1" "Namespace" "" "").items | len | int | gt 3 | not | quote }}
  none: {{ lookup "v1" "Secret" .Release.Namespace "nothing" | len | quote }}
  noNamespace: {{ lookup "v1" "Secret" "" "nothing" | len | quote }}
  noKind: {{ lookup "v1" "Nothing" "" "nothing" | len | quote }}
  chain: {{ (lookup "v1" "Namespace" "" (lookup "v1" "ConfigMap" .Release.Namespace "x1").metadata.namespace).metadata.name }}
END
    config_map base x1
    config_map base x2
    kubectl create namespace "$ns" >/dev/null
    kubectl -n "$ns" create configmap x1 >/dev/null
    apply # x2 is looked up before it is there
    apply
    check_equal "list" "$(data cm found list)" "ConfigMap-x1 ConfigMap-x2 end"
    check_equal "kind of a list" "$(data cm found listKind)" SecretList
    check_equal "namespace" "$(data cm found namespace)" "$ns"
    check_equal "cluster-wide with a namespace" "$(data cm found wide)" true
    check_equal "role" "$(data cm found role)" cluster-admin
    check_equal "all namespaces" "$(data cm found everywhere)" true
    check_equal "nothing" "$(data cm found none)$(data cm found noNamespace)$(data cm found noKind)" 000
    check_equal "a lookup by what a lookup found" "$(data cm found chain)" "$ns"
}

test_lookup_of_what_is_not_served() {
    with_chart unserved
    template app bad <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data: {n: {{ lookup "nothing.example.com/v1" "Thing" "" "a" | len | quote }}}
END
    kz apply "$repo" --progress none
    [ "$status" != 0 ] || fail "a kind that is not served was looked up"
    check_contains "error" "$(cat "$scratch/err")" \
        "unable to get apiresource from unstructured: nothing.example.com/v1, Kind=Thing: the server could not find the requested resource"
    check_contains "error" "$(cat "$scratch/err")" "templates/bad.yaml:4"
}

test_lookup_by_wrong_names() {
    with_chart wrong
    template app bad <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data: {found: {{ lookup .Values.api "Secret" .Values.ns .Values.name | len | quote }}}
END
    local row
    while IFS='|' read -r row want; do
        put modules/app/values.yaml <<<"$row"
        kz plan "$repo" -m app
        check_contains "$row" "$(cat "$scratch/err" "$scratch/out")" "$want"
    done <<'END'
{api: v1, ns: default, name: ..}|invalid resource name "..": [may not be '.' or '..']
{api: v1, ns: default, name: ../configmaps/x}|invalid resource name "../configmaps/x": [may not contain '/']
{api: v1, ns: default, name: a%2fb}|invalid resource name "a%2fb": [may not contain '%']
{api: "", ns: default, name: x}|unable to get apiresource from unstructured: /, Kind=Secret: groupVersion shouldn't be empty
{api: v9, ns: default, name: x}|unable to get apiresource from unstructured: /v9, Kind=Secret: the server could not find the requested resource
{api: v1, ns: .., name: x}|{"found":"0"}
{api: v1, ns: ../x, name: ""}|{"found":"0"}
END
}

test_lookup_without_the_right() {
    with_chart forbidden
    keeps_password
    as_account weak
    kubectl create clusterrolebinding kz-forbidden --clusterrole=view --serviceaccount="$ns:weak" >/dev/null
    at_end "kubectl delete clusterrolebinding kz-forbidden"
    kz plan "$repo" --kubeconfig "$scratch/kubeconfig"
    [ "$status" != 0 ] || fail "a Secret was looked up without the right to"
    check_contains "error" "$(cat "$scratch/err")" "read Secret $ns/db: account 'system:serviceaccount:$ns:weak' may not get secrets in namespace $ns"
    check_contains "error" "$(cat "$scratch/err")" "templates/secret.yaml:1"
}

test_lookup_without_end() {
    with_chart endless 'options: {random: helm}'
    sed -i 's/dependsOn: \[base\]/options: {random: helm}/' "$repo/modules/app.yaml"
    template app bad <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data: {n: {{ lookup "v1" "Secret" "default" (randAlpha 8 | lower) | len | quote }}}
END
    kz apply "$repo" --progress none -m app
    [ "$status" != 0 ] || fail "the lookups came to an end"
    check_contains "error" "$(cat "$scratch/err")" "the chart looks up something else each time it is told what it looked up: after 8 rounds it asks for Secret default/"
}

# ---- generated values ------------------------------------------------------------------------------------

passwords() {
    template app secret <<'END'
{{- $ca := genCA "test ca" 365 }}
{{- $cert := genSignedCert "web" nil (list "web.example.com") 90 $ca }}
apiVersion: v1
kind: Secret
metadata: {name: made}
stringData:
  fixed: not-generated
  password: {{ randAlphaNum 24 }}
  tls.crt: {{ $cert.Cert | quote }}
  tls.key: {{ $cert.Key | quote }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shown}
data:
  id: {{ uuidv4 }}
  fixed: "1"
END
}

all_data() { kubectl -n "$ns" get secret/made configmap/shown -o jsonpath='{.items[*].data}'; }

test_generated_values_are_stable() {
    with_chart stable
    passwords
    kz plan "$repo" -d
    check_contains "the plan" "$(cat "$scratch/out")" "password: (generated)"
    check_contains "the plan" "$(cat "$scratch/out")" "id: (generated)"
    check_contains "the plan" "$(cat "$scratch/out")" 'fixed: "1"'
    check_contains "the plan" "$(cat "$scratch/out")" "Generated values: there is no key for them yet; the first sync makes it, and them"
    kubectl -n "$own" get secret >/dev/null 2>&1 && [ -n "$(kubectl -n "$own" get secret -o name)" ] && fail "a plan made a key"
    commit
    daemon
    synced
    all_data >"$scratch/before"
    # a restart, without any cache, changes nothing
    local i mark
    for i in 1 2; do
        end_daemon
        rm -rf "$scratch/cache"
        mark=$(audit_mark)
        daemon
        synced
        sleep 2
        all_data >"$scratch/after"
        check_no_diff "generated values after restart $i" "$scratch/before" "$scratch/after"
        check_equal "writes" "$(requests "$mark" | grep -vE '^(get|list) |kzsync-(status|inventory)|/events' || true)" ""
    done
    # nor does another part of the chart
    template app other <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {x: {{ randAlphaNum 24 }}}}'
    commit other
    synced
    all_data >"$scratch/after"
    check_no_diff "generated values beside others" "$scratch/before" "$scratch/after"
    end_daemon
    kz plan "$repo" -d
    check_contains "the plan of the same" "$(cat "$scratch/out")" "Plan: 0 to add, 0 to change, 0 to delete, 0 to replace."
    ! grep -q "$(data cm shown id)" "$scratch/log" || fail "a generated value is in the log"
}

test_a_plan_does_not_show_generated_values() {
    with_chart hidden
    passwords
    apply
    local id
    id=$(data cm shown id)
    sed -i 's/randAlphaNum 24/randAlphaNum 25/; s/fixed: "1"/fixed: "2"/; s/uuidv4/uuidv4 | upper/' \
        "$repo/modules/app/templates/secret.yaml"
    kz plan "$repo" -d
    check_contains "the plan" "$(cat "$scratch/out")" "-> (generated)"
    check_contains "the plan" "$(cat "$scratch/out")" "~ data.fixed  1 -> 2"
    check_contains "the plan" "$(cat "$scratch/out")" "(hidden) -> (generated)"
    ! grep -qiE "$id|tls\.(crt|key)" "$scratch/out" || fail "the plan shows: $(grep -iE "$id|tls" "$scratch/out")"
    kz plan "$repo" -o json
    ! grep -qi "$id" "$scratch/out" || fail "the plan's JSON shows a value"
}

test_another_platform_has_other_values() {
    with_chart onekey
    passwords
    apply
    local id
    id=$(data cm shown id)
    check_equal "type" "$(kubectl -n "$own" get secret kzsync-seed-onekey -o 'jsonpath={.type} {.immutable}')" "kubezero.com/seed true"
    check_equal "bytes of the key" "$(kubectl -n "$own" get secret kzsync-seed-onekey -o 'jsonpath={.data.seed}' | base64 -d | wc -c)" 32
    ! kubectl -n "$own" patch secret kzsync-seed-onekey -p '{"stringData":{"seed":"x"}}' >/dev/null 2>&1 || fail "the key can be overwritten"
    cp -r "$repo/modules/app" "$repo/modules/app2"
    module app2 'dependsOn: [base]'
    sed -i 's/name: made/name: made2/; s/name: shown/name: shown2/' "$repo/modules/app2/templates/secret.yaml"
    apply
    [ "$(data cm shown2 id)" != "$id" ] || fail "two modules have the same value"
    check_equal "the first one's" "$(data cm shown id)" "$id"
}

test_a_lost_key() {
    with_chart lostkey
    passwords
    commit
    daemon
    synced
    local id key
    id=$(data cm shown id)
    key=$(kubectl -n "$own" get secret kzsync-seed-lostkey -o 'jsonpath={.data.seed}')
    # under a running daemon it comes back with the next commit
    kubectl -n "$own" delete secret kzsync-seed-lostkey >/dev/null
    commit again
    synced
    check_soon 10 "the key comes back" kubectl -n "$own" get secret kzsync-seed-lostkey
    check_equal "the key" "$(kubectl -n "$own" get secret kzsync-seed-lostkey -o 'jsonpath={.data.seed}')" "$key"
    log_has 'warn +seed-restored ' || fail "nobody said that the key was restored"
    end_daemon
    ! grep -q "$key" "$scratch/log" || fail "the key is in the log"
    # without one running it is lost, and that is said
    kubectl -n "$own" delete secret kzsync-seed-lostkey >/dev/null
    apply
    [ "$(data cm shown id)" != "$id" ] || fail "a value stayed without its key"
    check_contains "said" "$(cat "$scratch/err")" "seed-made"
    check_contains "said" "$(cat "$scratch/err")" "there was no key: generated values are made anew"
}

test_a_key_that_may_not_be_read() {
    with_chart noread
    passwords
    apply
    as_account reader
    kubectl create clusterrole kz-noread --verb=get,list,watch --resource=configmaps,namespaces >/dev/null
    kubectl create clusterrolebinding kz-noread --clusterrole=kz-noread --serviceaccount="$ns:reader" >/dev/null
    kubectl create role kz-noread -n "$ns" --verb=get,list,watch,patch --resource=secrets,configmaps >/dev/null
    kubectl create role kz-noread -n "$own" --verb='*' --resource=leases >/dev/null
    kubectl create rolebinding kz-noread -n "$own" --role=kz-noread --serviceaccount="$ns:reader" >/dev/null
    kubectl create rolebinding kz-noread -n "$ns" --role=kz-noread --serviceaccount="$ns:reader" >/dev/null
    kubectl create clusterrole kz-noread2 --verb=list,watch --resource=secrets >/dev/null
    kubectl create clusterrolebinding kz-noread2 --clusterrole=kz-noread2 --serviceaccount="$ns:reader" >/dev/null
    at_end "kubectl delete clusterrole kz-noread kz-noread2"
    at_end "kubectl delete clusterrolebinding kz-noread kz-noread2"
    kz plan "$repo" -d --kubeconfig "$scratch/kubeconfig"
    check_contains "the plan" "$(cat "$scratch/out")" "Generated values: their key may not be read by you; they are taken to stay as they are"
    check_contains "the plan" "$(cat "$scratch/out")" "Plan: 0 to add, 0 to change, 0 to delete, 0 to replace."
    kz apply "$repo" --progress none --kubeconfig "$scratch/kubeconfig"
    [ "$status" != 0 ] || fail "applied without the key"
    check_contains "error" "$(cat "$scratch/err")" "read Secret $own/kzsync-seed-noread: account"
    check_contains "error" "$(cat "$scratch/err")" "may not get secrets"
}

test_random_as_helm_does_it() {
    with_chart fresh
    passwords
    sed -i 's/  dependsOn.*/  options: {random: helm}/' "$repo/modules/app.yaml"
    apply -m base
    apply
    local id
    id=$(data cm shown id)
    apply
    [ "$(data cm shown id)" != "$id" ] || fail "the value stayed"
    [ -z "$(kubectl -n "$own" get secret "kzsync-seed-$platform" --ignore-not-found -o name)" ] || fail "a key was made"
}

# ---- a release's history -----------------------------------------------------------------------------------

history_chart() {
    template app history <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: history}
data:
  said: "{{ if .Release.IsInstall }}install{{ end }}{{ if .Release.IsUpgrade }}upgrade{{ end }} {{ .Release.Revision }}"
  now: {{ now | unixEpoch | quote }}
  api: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
  version: {{ .Capabilities.KubeVersion.Version }}
END
}

test_install_then_upgrade() {
    with_chart history
    history_chart
    commit
    local first
    first=$(git -C "$repo" log -1 --format=%ct)
    daemon
    synced
    check_equal "first" "$(data cm history said)" "install 1"
    check_equal "time" "$(data cm history now)" "$first"
    check_equal "capabilities" "$(data cm history api)" true
    check_equal "version" "$(data cm history version)" "$(kubectl version -o json | jq -r .serverVersion.gitVersion)"
    # a restart and a commit elsewhere are no upgrade
    sleep 1
    config_map base elsewhere
    commit elsewhere
    synced
    end_daemon
    rm -rf "$scratch/cache"
    daemon
    synced
    sleep 2
    check_equal "after a restart" "$(data cm history said) $(data cm history now)" "install 1 $first"
    # nor is a kind that the cluster learns
    put modules/base/crd.yaml <<'END'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: histories.test.kubezero.com}
spec:
  group: test.kubezero.com
  names: {kind: History, plural: histories}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
END
    commit crd
    synced
    commit again
    synced
    check_equal "after a new kind" "$(data cm history said) $(data cm history now)" "install 1 $first"
    put modules/app/values.yaml <<<"a: 1"
    commit values
    synced
    check_equal "changed" "$(data cm history said)" "upgrade 2"
    check_equal "time" "$(data cm history now)" "$(git -C "$repo" log -1 --format=%ct)"
    end_daemon
    kz plan "$repo"
    check_contains "the plan" "$(cat "$scratch/out")" "a template looks at the time"
    "$KZSYNC" lint "$repo" >"$scratch/out" || true
    check_contains "lint" "$(cat "$scratch/out")" "a template looks at the time"
}

test_resource_policy_keep() {
    with_chart keep
    template app kept <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}
END
    template app gone <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: gone}}'
    template app stays <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: stays}}'
    apply
    rm "$repo/modules/app/templates/kept.yaml" "$repo/modules/app/templates/gone.yaml"
    kz plan "$repo" -m app
    check_contains "the plan" "$(cat "$scratch/out")" "= ConfigMap keep/kept"
    check_contains "the plan" "$(cat "$scratch/out")" "- ConfigMap keep/gone"
    check_contains "the plan" "$(cat "$scratch/out")" "Kept:   app  1 object no longer wanted, but stays"
    apply
    exists cm kept || fail "an object with resource-policy keep was deleted"
    check_soon 5 "the other one goes" is_gone cm gone
}

cluster_of_all
run_tests "$@"
