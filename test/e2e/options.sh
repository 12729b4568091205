#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Sync options on a real API server: what is checked before the first write, what objects and modules say about
# their own syncing, rights of a module, values from the cluster. One control plane for all tests; see
# test/lib/platform.sh. `options.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# annotated MODULE NAME ANNOTATION [VALUE]: a ConfigMap with an annotation "key: word".
annotated() {
    put "modules/$1/$2.yaml" <<END2
apiVersion: v1
kind: ConfigMap
metadata: {name: $2, annotations: {$3}}
data: {key: "${4:-1}"}
END2
}

# refused WORDS...: apply fails with these words on stderr, and has written nothing but its own namespace's.
refused() {
    local mark word
    mark=$(audit_mark)
    kz apply "$repo" --progress none
    check_equal "status of apply: $(tail -n 3 "$scratch/err" | paste -sd' ')" "$status" 3
    for word in "$@"; do check_contains "the error" "$(cat "$scratch/err")" "$word"; done
    check_equal "writes into $ns" "$(requests "$mark" | grep -E '^(patch|create|update|delete) ' |
        grep -v 'dryRun=All' | grep -v "/namespaces/$own\([/?]\|$\)" || true)" ""
}

# ---- new objects -----------------------------------------------------------------------------------------

test_mistakes_of_new_objects_are_found_before_the_first_write() {
    new_platform schema
    module base
    namespace base
    config_map base a
    deployment base web
    sed -i 's/replicas: 0/replica: 0/' "$repo/modules/base/web.yaml"
    refused "Deployment schema/web: spec.replica is no field of this kind, did you mean 'replicas'?; nothing was changed" \
        "modules/base/web.yaml"
    sed -i 's/replica: 0/replicas: "two"/' "$repo/modules/base/web.yaml"
    refused "Deployment schema/web: spec.replicas must be an integer, not a string"
    kz plan "$repo" --details
    check_contains plan "$(cat "$scratch/out")" "spec.replicas must be an integer, not a string"
    # The same where the server can be asked, because the namespace is there.
    kubectl create namespace "$ns" >/dev/null
    refused "Deployment schema/web: spec.replicas must be an integer, not a string"
    deployment base web
    apply
    check_no_orphans
}

test_built_in_defaults_are_no_mistakes() {
    new_platform defaults
    module base
    namespace base
    put modules/base/all.yaml <<END2
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb}
roleRef: {kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: default}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np}
spec: {policyTypes: [Ingress]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: hpa}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: none}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: lr}
spec: {limits: [{type: Container, default: {cpu: 500m, memory: 1Gi}, max: {cpu: 2}}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ds, annotations: {kubezero.com/health: ignore}}
spec:
  selector: {matchLabels: {app: ds}}
  updateStrategy: {rollingUpdate: {maxUnavailable: 25%}}
  template:
    metadata: {labels: {app: ds}}
    spec:
      containers: [{name: main, image: registry.local/web:v1, ports: [{containerPort: 1}, {containerPort: 1, protocol: UDP}]}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cj}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: registry.local/web:v1}]}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: pdb}
spec: {minAvailable: 1, selector: {matchLabels: {app: none}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ing}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}]}
END2
    put modules/base/cluster.yaml <<END2
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: kz-defaults}
webhooks:
- name: a.kubezero.com
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  clientConfig: {service: {name: none, namespace: $ns}}
  rules: [{apiGroups: [never.kubezero.com], apiVersions: [v1], operations: ["*"], resources: [nothing]}]
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: kz-defaults}
value: 3
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: kz-defaults}
provisioner: example.com/none
END2
    apply
    kubectl delete validatingwebhookconfiguration,priorityclass,storageclass kz-defaults >/dev/null
}

test_custom_resources_are_checked_by_the_crd_beside_them() {
    new_platform customs
    module base
    put modules/base/crd.yaml <<END2
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gizmos.options.kubezero.com}
spec:
  group: options.kubezero.com
  names: {kind: Gizmo, plural: gizmos, singular: gizmo}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [size]
            properties: {size: {type: integer, maximum: 9}, colour: {type: string, enum: [red, green]}}
END2
    put modules/base/gizmo.yaml <<END2
apiVersion: options.kubezero.com/v1
kind: Gizmo
metadata: {name: one}
spec: {size: 12, colour: blue}
END2
    refused "Gizmo customs/one: spec.size must be at most 9" "spec.colour must be one of red, green" modules/base/gizmo.yaml
    ! kubectl get crd gizmos.options.kubezero.com >/dev/null 2>&1 || fail "the CRD was written"
    kz plan "$repo" --details
    check_contains plan "$(cat "$scratch/out")" "spec.size must be at most 9"
    sed -i 's/size: 12, colour: blue/size: 3/' "$repo/modules/base/gizmo.yaml"
    apply
    # Another one, when the CRD is served.
    sed 's/name: one/name: two/; s/size: 3/size: 3, weight: 1/' "$repo/modules/base/gizmo.yaml" >"$scratch/two"
    put modules/base/two.yaml <"$scratch/two"
    refused "Gizmo customs/two: spec.weight is no field of this kind"
}

test_a_mistake_in_a_hook_is_found_before_the_first_write() {
    new_platform hookcheck
    module base
    namespace base
    config_map base a
    put modules/base/job.yaml <<END2
apiVersion: batch/v1
kind: Job
metadata: {name: after, annotations: {argocd.argoproj.io/hook: PostSync}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, imagee: registry.local/web:v1}]}}}
END2
    refused "Job hookcheck/after: spec.template.spec.containers[0].imagee is no field of this kind, did you mean 'image'?" \
        modules/base/job.yaml
}

test_an_unknown_kind_is_found_before_the_first_write() {
    new_platform nokind
    module base
    namespace base
    config_map base a
    put modules/base/odd.yaml <<END2
apiVersion: nowhere.kubezero.com/v1
kind: Oddity
metadata: {name: x}
END2
    refused "the API server does not serve kind 'Oddity'" "nothing was changed"
}

test_a_kind_that_comes_later_is_waited_for() {
    new_platform later
    module base
    namespace base
    config_map base a
    put modules/base/late.yaml <<END2
apiVersion: later.kubezero.com/v1
kind: Latecomer
metadata: {name: x, annotations: {argocd.argoproj.io/sync-options: "SkipDryRunOnMissingResource=true"}}
spec: {any: thing}
END2
    commit
    daemon
    check_soon 15 "the module waits for the kind" sees_note base "kind Latecomer (later.kubezero.com/v1) is not served yet"
    crd base latecomers Latecomer
    sed 's/test.kubezero.com/later.kubezero.com/' "$repo/modules/base/crd.yaml" | kubectl apply -f - >/dev/null
    synced
    exists latecomer x || fail "the late one is not there"
    end_daemon
}
sees_note() { [[ $(note_of "$1") == *"$2"* ]]; }

test_what_exists_already_is_dry_run_whoever_made_it() {
    new_platform theirs
    kubectl create namespace "$ns" >/dev/null
    kubectl -n "$ns" create secret generic s --from-literal=a=1 >/dev/null
    kubectl -n "$ns" patch secret s -p '{"immutable":true}' >/dev/null
    module base
    config_map base a
    put modules/base/s.yaml <<END2
apiVersion: v1
kind: Secret
metadata: {name: s}
immutable: true
stringData: {a: "2"}
END2
    refused "Secret theirs/s" immutable "nothing was changed"
}

test_full_dry_run_finds_what_only_the_server_knows() {
    new_platform full
    kubectl create namespace "$ns" >/dev/null
    kubectl -n "$ns" create quota none --hard=count/services=0 >/dev/null
    check_soon 10 "the quota is counted" quota_works
    module base 'sync: {dryRun: full}'
    config_map base a
    put modules/base/svc.yaml <<END2
apiVersion: v1
kind: Service
metadata: {name: svc}
spec: {ports: [{port: 1}]}
END2
    refused "Service full/svc" "exceeded quota" "nothing was changed"
    kz plan "$repo" --details
    check_contains plan "$(cat "$scratch/out")" "unknown, because"
    check_contains plan "$(cat "$scratch/out")" "exceeded quota"
    kubectl -n "$ns" delete quota none >/dev/null
    apply
}
quota_works() { kubectl -n "$ns" get quota none -o json | jq -e '.status.hard' >/dev/null; }

test_an_object_of_another_platform_is_refused() {
    new_platform one
    module base
    namespace base
    config_map base a
    apply
    new_platform_in_place two one
    refused "ConfigMap one/a" "it belongs to platform 'one'"
}

# new_platform_in_place NAME NAMESPACE: the same repository as another platform.
new_platform_in_place() {
    sed -i "s/metadata: {name: .*}/metadata: {name: $1}/" "$repo/kubezero.yaml"
    rm "$repo/modules/base/namespace.yaml"
    platform=$1 own=kz-$1 ns=$2
}

# ---- what objects say ------------------------------------------------------------------------------------

test_objects_that_are_applied_once_or_never() {
    new_platform words
    kubectl create namespace "$ns" >/dev/null
    kubectl -n "$ns" create configmap theirs --from-literal=key=theirs >/dev/null
    module base
    annotated base once 'kustomize.toolkit.fluxcd.io/ssa: IfNotPresent'
    annotated base theirs 'kubezero.com/apply: if-absent'
    annotated base never 'kustomize.toolkit.fluxcd.io/reconcile: disabled'
    annotated base plain 'a: b'
    apply
    check_equal "created once" "$(field cm once '{.data.key}')" 1
    check_equal "made by somebody else" "$(field cm theirs '{.data.key}')" theirs
    ! exists cm never || fail "what is never applied was created"
    annotated base once 'kustomize.toolkit.fluxcd.io/ssa: IfNotPresent' 2
    annotated base plain 'a: b' 2
    kubectl -n "$ns" annotate cm plain kubezero.com/apply=never >/dev/null
    apply
    check_equal "applied once" "$(field cm once '{.data.key}')" 1
    check_equal "switched off in the cluster" "$(field cm plain '{.data.key}')" 1
    kubectl -n "$ns" annotate cm plain kubezero.com/apply- >/dev/null
    apply
    check_equal "switched on again" "$(field cm plain '{.data.key}')" 2
    apply
    check_contains "a second time" "$(cat "$scratch/out")" "Apply: 0 applied, 0 deleted; 1 of 1 modules ok."
    kubectl -n "$ns" annotate cm plain kubezero.com/apply=never >/dev/null
    rm "$repo"/modules/base/{plain,theirs,never}.yaml
    apply
    exists cm plain || fail "what is switched off was deleted"
    exists cm theirs || fail "what somebody else made was deleted"
}

test_an_object_without_health_does_not_hold_the_gate() {
    new_platform nohealth
    module base 'health: {timeout: 5s}'
    namespace base
    deployment base web 1
    sed -i 's/metadata: {name: web}/metadata: {name: web, annotations: {argocd.argoproj.io\/ignore-healthcheck: "true"}}/' \
        "$repo/modules/base/web.yaml"
    apply
    check_contains "the last line" "$(cat "$scratch/out")" "1 of 1 modules ok."
}

test_words_that_nobody_knows() {
    new_platform odd
    module base
    namespace base
    annotated base a 'argocd.argoproj.io/sync-options: "Prune=never"'
    kz plan "$repo"
    check_contains plan "$(cat "$scratch/out")" "ConfigMap a: 'Prune=never' is no sync option that Argo CD or kzsync knows"
    annotated base a 'kubezero.com/prune: nevr'
    refused "annotation kubezero.com/prune 'nevr' is not one of auto, confirm, never" modules/base/a.yaml
}

# ---- deleting --------------------------------------------------------------------------------------------

test_what_becomes_of_objects_when_their_module_goes() {
    new_platform gone
    module base
    namespace base
    config_map base stays
    module soft 'sync: {onDelete: orphan}'
    config_map soft soft
    module mixed
    annotated mixed kept 'argocd.argoproj.io/sync-options: "Delete=false"'
    annotated mixed asks 'kubezero.com/on-delete: confirm'
    config_map mixed goes
    apply
    rm -r "$repo"/modules/{soft,mixed}{,.yaml}
    kz apply "$repo" --progress none
    check_equal "status" "$status" 4
    exists cm soft || fail "onDelete: orphan was deleted"
    exists cm kept || fail "Delete=false was deleted"
    exists cm asks || fail "on-delete: confirm was deleted unasked"
    ! exists cm goes || fail "the rest was not deleted"
    ! inventory | grep -q '/\(soft\|kept\) ' || fail "what was let go of is in the inventory: $(inventory)"
    apply --confirm-delete
    ! exists cm asks || fail "a confirmed one is still there"
    exists cm kept || fail "Delete=false was deleted"
}

test_workloads_go_in_the_foreground() {
    new_platform ground
    module base
    namespace base
    config_map base a
    deployment base web
    deployment base left
    sed -i 's/metadata: {name: left}/metadata: {name: left, annotations: {kubezero.com\/propagation: orphan}}/' \
        "$repo/modules/base/left.yaml"
    apply
    check_soon 10 "ReplicaSets" test "$(kubectl -n "$ns" get rs -o name | wc -l)" = 2
    rm "$repo"/modules/base/{web,left}.yaml
    apply
    check_equal "ReplicaSets behind the foreground" "$(kubectl -n "$ns" get rs -l app=web -o name)" ""
    check_contains "ReplicaSets of the orphan" "$(kubectl -n "$ns" get rs -l app=left -o name)" replicaset
}

test_what_holds_a_deletion_is_named() {
    new_platform stuck
    module base
    namespace base
    config_map base a
    config_map base b
    config_map base c
    commit
    daemon
    synced
    kubectl -n "$ns" patch cm a --field-manager helper --type merge \
        -p '{"metadata":{"finalizers":["keeper.example.com/x"]}}' >/dev/null
    rm "$repo/modules/base/a.yaml"
    commit less
    check_soon 15 "the finalizer is named" sees_note base "finalizer keeper.example.com/x (set by helper)"
    kubectl -n "$ns" patch cm a --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null
    synced
    end_daemon
}

test_the_namespace_of_a_module_gets_its_labels() {
    new_platform nsmeta
    module base 'namespaceMetadata: {labels: {pod-security.kubernetes.io/enforce: baseline}, annotations: {team: a}}'
    config_map base a
    apply
    check_equal label "$(kubectl get ns "$ns" -o json | jq -r '.metadata.labels["pod-security.kubernetes.io/enforce"]')" baseline
    check_equal annotation "$(kubectl get ns "$ns" -o json | jq -r .metadata.annotations.team)" a
    module base
    apply --confirm-delete
    kubectl get ns "$ns" -o json | jq -e '.metadata.deletionTimestamp == null' >/dev/null || fail "the namespace was deleted"
    exists cm a || fail "its content is gone"
}

# ---- rights and values of a module -----------------------------------------------------------------------

test_a_module_acts_with_the_rights_of_its_account() {
    new_platform tenant
    kubectl create namespace "$ns" >/dev/null
    kubectl -n "$ns" create serviceaccount robot >/dev/null
    kubectl -n "$ns" create role robot --verb=get,create,patch,delete,list --resource=configmaps >/dev/null
    kubectl -n "$ns" create rolebinding robot --role=robot --serviceaccount="$ns:robot" >/dev/null
    module base 'serviceAccount: robot'
    config_map base a
    config_map base b
    local mark
    mark=$(audit_mark)
    apply
    check_equal "who wrote" "$(tail -n "+$((mark + 1))" "$KZ_AUDIT" | jq -r 'select(.verb == "patch" and
        (.requestURI | startswith("/api/v1/namespaces/'"$ns"'/configmaps/"))) | .impersonatedUser.username' | sort -u)" \
        "system:serviceaccount:$ns:robot"
    check_equal "managed by" "$(kubectl -n "$ns" get cm a -o json --show-managed-fields | jq -r '.metadata.managedFields[0].manager')" kzsync
    put modules/base/s.yaml <<END2
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {password: canary-tenant-71}
END2
    refused "Secret tenant/s" "system:serviceaccount:tenant:robot' may not patch secrets"
    ! grep -q canary "$scratch/err" || fail "the error shows the Secret"
    rm "$repo"/modules/base/{s,b}.yaml
    kubectl -n "$ns" create role reads --verb=get --resource=secrets >/dev/null
    kubectl -n "$ns" create rolebinding reads --role=reads --serviceaccount="$ns:robot" >/dev/null
    apply
    ! exists cm b || fail "b was not deleted"
    module base 'serviceAccount: nobody'
    config_map base a 2
    refused "system:serviceaccount:tenant:nobody"
}

# writers MARK NAMES: who has changed these ConfigMaps since.
writers() {
    tail -n "+$(($1 + 1))" "$KZ_AUDIT" | jq -r --arg names "$2" 'select(.userAgent | startswith("kzsync/")) |
        select(.verb == "patch" or .verb == "delete" or .verb == "create") |
        select(.objectRef.namespace == "'"$ns"'" and (.objectRef.name | IN($names | split(" ")[]))) |
        .impersonatedUser.username // "kzsync itself"' | sort -u
}

test_a_removed_module_keeps_the_rights_that_it_had() {
    new_platform leaving
    kubectl create namespace "$ns" >/dev/null
    kubectl -n "$ns" create serviceaccount robot >/dev/null
    kubectl -n "$ns" create role robot --verb=get,create,patch,delete,list --resource=configmaps >/dev/null
    kubectl -n "$ns" create rolebinding robot --role=robot --serviceaccount="$ns:robot" >/dev/null
    module base
    config_map base keep1
    config_map base keep2
    module tenant 'serviceAccount: robot'
    config_map tenant a
    annotated tenant bye 'argocd.argoproj.io/hook: PreDelete'
    commit
    daemon
    synced
    local mark
    mark=$(audit_mark)
    rm -r "$repo"/modules/tenant{,.yaml}
    commit "without the tenant"
    check_soon 40 "a goes" is_gone cm a
    check_soon 10 "the hook ran" grep -q '"name":"bye"' "$KZ_AUDIT"
    check_equal "who did it" "$(writers "$mark" "a bye")" "system:serviceaccount:$ns:robot"
    end_daemon
}

test_values_come_from_objects_of_the_cluster() {
    new_platform values
    kubectl create namespace "$ns" >/dev/null
    module app "$(printf '%s\n' 'renderer: helm' \
        'valuesFrom: [{configMap: {name: settings}}, {secret: {name: login, key: more.yaml}}, {secret: {name: none, optional: true}}]' \
        'values: {level: own}')"
    put modules/app/Chart.yaml <<<'{apiVersion: v2, name: app, version: 1.0.0}'
    put modules/app/values.yaml <<<'{level: chart, size: 1, password: chart, host: chart}'
    put modules/app/templates/cm.yaml <<'END2'
apiVersion: v1
kind: ConfigMap
metadata: {name: app}
data: {level: "{{ .Values.level }}", size: "{{ .Values.size }}", dsn: "user:{{ .Values.password }}@{{ .Values.host }}"}
END2
    refused "valuesFrom names ConfigMap 'settings' in namespace 'values', which does not exist"
    kubectl -n "$ns" create configmap settings --from-literal=values.yaml='{size: 7, level: cm, host: db}' >/dev/null
    kubectl -n "$ns" create secret generic login --from-literal=more.yaml='{password: canary-value-55}' >/dev/null
    kz plan "$repo" --details
    check_equal "status of plan: $(cat "$scratch/err")" "$status" 0
    ! grep -q canary "$scratch/out" "$scratch/err" || fail "plan shows the Secret: $(grep -h canary "$scratch/out" "$scratch/err")"
    apply
    check_equal level "$(field cm app '{.data.level}')" own
    check_equal size "$(field cm app '{.data.size}')" 7
    check_equal dsn "$(field cm app '{.data.dsn}')" user:canary-value-55@db
    kubectl -n "$ns" create secret generic login --from-literal=more.yaml='{password: canary-other-66}' --dry-run=client -o yaml |
        kubectl replace -f - >/dev/null
    kz plan "$repo" --details
    ! grep -q canary "$scratch/out" "$scratch/err" || fail "plan shows the Secret: $(grep -h canary "$scratch/out" "$scratch/err")"
    check_contains plan "$(cat "$scratch/out")" "1 to change"
    apply
    check_equal "the new dsn" "$(field cm app '{.data.dsn}')" user:canary-other-66@db
    ! grep -rq canary "$scratch/cache" || fail "the cache on disk has the Secret"
    kubectl -n "$ns" create secret generic login --from-literal=more.yaml='password: [canary-bad-77' --dry-run=client -o yaml |
        kubectl replace -f - >/dev/null
    refused "valuesFrom names Secret 'login' in namespace 'values', whose key 'more.yaml' is not YAML (line"
    ! grep -q canary "$scratch/err" || fail "the error shows the Secret: $(cat "$scratch/err")"
}

# ---- some modules only -------------------------------------------------------------------------------------

test_only_some_modules_with_what_they_need() {
    new_platform some
    local m
    module base
    namespace base
    config_map base base
    module net-a 'dependsOn: [base]'
    module net-b 'dependsOn: [base]'
    module web 'dependsOn: [net-a]'
    for m in net-a net-b web; do config_map "$m" "$m"; done
    apply --only 'web'
    exists cm web net-a base || fail "web and what it depends on are not there: $(kubectl -n "$ns" get cm -o name)"
    ! exists cm net-b || fail "net-b was applied too"
    apply --only 'net-*, base'
    exists cm net-b || fail "net-b was not applied"
    kz apply "$repo" --progress none --only wbe
    check_equal status "$status" 1
    check_contains "the error" "$(cat "$scratch/err")" "--only names 'wbe', which no module has as its name, did you mean 'web'?"
}

cluster_of_all
run_tests "$@"
