#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Tenants on a real API server with real RBAC: what a tenant may goes, each way out is refused before anything of the
# module is written, other modules go on, rights are those of the tenant's account, and rules hold for what is there
# already. One control plane for all tests; see test/lib/platform.sh. `tenants.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# tenancy NAME: platform NAME with a module `keep` of its own, and tenant `a`: folder tenants/a, namespace NAME and
# NAME-*, whose account may do in NAME and NAME-2 what a tenant usually may.
tenancy() {
    new_platform "$1"
    kubectl create namespace "$ns" >/dev/null
    kubectl create namespace "$ns-2" >/dev/null
    kubectl create namespace "other-$ns" >/dev/null
    kubectl -n "$ns" create serviceaccount deployer >/dev/null
    local n
    for n in "$ns" "$ns-2"; do
        kubectl -n "$n" create role deployer --verb='*' \
            --resource=configmaps,secrets,deployments.apps,pods,jobs.batch,roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io >/dev/null
        kubectl -n "$n" create rolebinding deployer --role=deployer --serviceaccount="$ns:deployer" >/dev/null
    done
    rules '[{kinds: [ConfigMap, Secret]}, {group: apps, kinds: [Deployment]}, {group: batch, kinds: [Job]}]'
    module keep "namespace: other-$ns"
    sed -i "0,/  namespace: $ns\$/{/  namespace: $ns\$/d}" "$repo/modules/keep.yaml"
    config_map keep kept
}

# rules KINDS [NAMESPACES] [FIELDS]
rules() {
    put kubezero.yaml <<END
apiVersion: kubezero.com/v1beta1
kind: Platform
metadata: {name: $platform}
spec:
  tenants:
  - name: a
    serviceAccount: {namespace: $ns, name: deployer}
    folders: [tenants/a]
    namespaces: ${2:-[$ns, "$ns-*"]}
    kinds: $1
${3:-}
END
}

# of_a NAME [FIELDS]: a module of the tenant, whose files lie beside its definition.
of_a() {
    mkdir -p "$repo/tenants/a/$1/files"
    {
        printf 'apiVersion: kubezero.com/v1beta1\nkind: Module\nmetadata: {name: %s}\nspec:\n' "$1"
        [[ ${2:-} == namespace:* ]] || printf '  namespace: %s\n' "$ns"
        [[ ${2:-} == source:* ]] || printf '  source: {path: files}\n'
        sed 's/^/  /' <<<"${2:-}"
    } >"$repo/tenants/a/$1/module.yaml"
}

# file MODULE NAME: an object of it, from stdin.
file() { put "tenants/a/$1/files/$2.yaml"; }
cm() { printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s%s}\ndata: {key: "%s"}\n' "$1" "${3:+, $3}" "${2:-1}"; }

# Writes since MARK that are no dry runs and not kzsync's own record of things: "verb user uri".
writes() {
    tail -n "+$(($1 + 1))" "$KZ_AUDIT" | jq -r 'select(.userAgent | startswith("kzsync/")) |
        select(.verb | IN("patch", "create", "update", "delete")) | select(.requestURI | contains("dryRun") | not) |
        select(.objectRef.namespace != "'"$own"'" and .requestURI != "/api/v1/namespaces") |
        "\(.verb) \(.impersonatedUser.username // "itself") \(.requestURI | split("?")[0])"'
}

# fails MODULE WORDS...: what the last command has said of it.
fails() {
    local module=$1 word
    shift
    for word in "$@"; do check_contains "the error of $module" "$(sed -n "/^error: $module[: ]/,/^error:/p" "$scratch/err")" "$word"; done
}

lint() {
    status=0
    "$KZSYNC" lint "$repo" >"$scratch/out" 2>"$scratch/err" || status=$?
    check_sane
}

# ---- what goes, and what does not -----------------------------------------------------------------------

test_what_is_allowed_goes_with_the_rights_of_the_account() {
    tenancy allowed
    of_a web
    cm a | file web a
    file web list <<END
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: in-a-list}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: there, namespace: $ns-2}}
END
    cm hook 1 'annotations: {argocd.argoproj.io/hook: PreSync}' | file web hook
    lint
    check_equal "lint: $(cat "$scratch/out") status" "$status" 0
    kz plan "$repo"
    check_equal "plan: $(cat "$scratch/err") status" "$status" 0
    local mark
    mark=$(audit_mark)
    apply
    exists cm a in-a-list hook || fail "objects of the tenant are missing"
    check_works "the second namespace" kubectl -n "$ns-2" get cm there
    check_equal "who wrote there" "$(writes "$mark" | grep "namespaces/$ns" | cut -d' ' -f2 | sort -u)" "system:serviceaccount:$ns:deployer"
    check_equal "who wrote elsewhere" "$(writes "$mark" | grep "other-$ns" | cut -d' ' -f2 | sort -u)" itself
    rm "$repo/tenants/a/web/files/list.yaml"
    mark=$(audit_mark)
    apply --confirm-delete
    check_equal "who deleted" "$(writes "$mark" | grep '^delete' | cut -d' ' -f2 | sort -u)" "system:serviceaccount:$ns:deployer"
    ! exists cm in-a-list || fail "in-a-list was not deleted"
}

# Each way out is a module of its own, all in one commit.
escapes() {
    of_a x-namespace; cm a 1 "namespace: other-$ns" | file x-namespace a
    of_a x-system; cm a 1 'namespace: kube-system' | file x-system a
    of_a x-own; cm a 1 "namespace: $own" | file x-own a
    of_a x-module-namespace "namespace: other-$ns"; cm a | file x-module-namespace a
    of_a x-list; file x-list a <<END
apiVersion: v1
kind: List
items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: in-a-list, namespace: kube-system}}]}]
END
    of_a x-kind; file x-kind a <<<'{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}'
    of_a x-new-namespace; file x-new-namespace a <<<"{apiVersion: v1, kind: Namespace, metadata: {name: $ns-new}}"
    of_a x-labels 'namespaceMetadata: {labels: {pod-security.kubernetes.io/enforce: privileged}}'; cm lab | file x-labels a
    of_a x-cluster-role; file x-cluster-role a <<<'{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: x, namespace: '"$ns"'}}'
    of_a x-binding; file x-binding a <<END
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: x-$ns}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: deployer, namespace: $ns}]
END
    of_a x-webhook; file x-webhook a <<<'{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: x}, webhooks: []}'
    of_a x-crd; file x-crd a <<END
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.example.com}
spec:
  group: x.example.com
  names: {kind: Thing, plural: things, singular: thing}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
END
    of_a x-unknown; file x-unknown a <<<'{apiVersion: nobody.example.com/v1, kind: Thing, metadata: {name: a}}'
    of_a x-owner; file x-owner a <<END
apiVersion: v1
kind: ConfigMap
metadata: {name: o, ownerReferences: [{apiVersion: v1, kind: Namespace, name: kube-system, uid: 0-0-0}]}
END
    of_a x-generate; file x-generate a <<END
apiVersion: v1
kind: ConfigMap
metadata: {name: g, generateName: g-}
END
    of_a x-patch "patches: [{target: {kind: ConfigMap}, merge: {metadata: {namespace: kube-system}}}]"; cm p | file x-patch a
    of_a x-hook; cm h 1 'namespace: kube-system, annotations: {argocd.argoproj.io/hook: PostSync}' | file x-hook a
    of_a x-lookup 'renderer: helm'
    put tenants/a/x-lookup/files/Chart.yaml <<<'{apiVersion: v2, name: x, version: 1.0.0}'
    put tenants/a/x-lookup/files/templates/a.yaml <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: l}, data: {key: {{ (lookup "v1" "Secret" "other-'"$ns"'" "login").data | toJson | quote }}}}'
    of_a x-lookup-all 'renderer: helm'
    cp -r "$repo/tenants/a/x-lookup/files/." "$repo/tenants/a/x-lookup-all/files/"
    put tenants/a/x-lookup-all/files/templates/a.yaml <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: l}, data: {key: {{ (lookup "v1" "Secret" "" "").items | toJson | quote }}}}'
    of_a x-depends "dependsOn: [{object: {apiVersion: v1, kind: Secret, namespace: other-$ns, name: login}}]"; cm d | file x-depends a
    of_a x-gate "health: {gates: [{kind: Secret, namespace: other-$ns, name: login}]}"; cm d2 | file x-gate a
    of_a x-http 'health: {gates: [{http: {url: "http://10.0.0.1/"}}]}'; cm d3 | file x-http a
    of_a x-account 'serviceAccount: default'; cm s | file x-account a
    of_a x-claim 'tenant: b'; cm t | file x-claim a
    of_a x-source 'source: {path: ../../../modules/keep}'
    of_a x-values 'valuesFrom: [{file: ../../../modules/keep.yaml}]'; cm v | file x-values a
}

all_escapes_are_named() {
    fails x-namespace "ConfigMap other-$ns/a: tenant a may not touch namespace 'other-$ns'" "tenants/a/x-namespace/files/a.yaml:1" "added to the namespaces of tenant a (kubezero.yaml:6)"
    fails x-system "namespace 'kube-system'"
    fails x-module-namespace "namespace 'other-$ns'" "tenants/a/x-module-namespace/module.yaml:3"
    fails x-list "namespace 'kube-system'" "tenants/a/x-list/files/a.yaml"
    fails x-kind "tenant a may have no ServiceAccount" "added to the kinds"
    fails x-new-namespace "no cluster-wide Namespace"
    fails x-labels "no cluster-wide Namespace"
    fails x-cluster-role "no cluster-wide ClusterRole.rbac.authorization.k8s.io"
    fails x-binding "no cluster-wide ClusterRoleBinding"
    fails x-webhook "no cluster-wide ValidatingWebhookConfiguration"
    fails x-crd "no cluster-wide CustomResourceDefinition"
    fails x-owner "owner that is not of the module" "take metadata.ownerReferences out"
    fails x-generate "let the server make names"
    fails x-patch "namespace 'kube-system'"
    fails x-hook "namespace 'kube-system'"
    fails x-depends "dependsOn: tenant a may not touch namespace 'other-$ns'"
    fails x-gate "health.gates: tenant a may not touch namespace 'other-$ns'"
    fails x-http "may not ask 'http://10.0.0.1/'"
    fails x-account "can't choose a service account"
    fails x-claim "says that it is tenant b's"
    fails x-source "may not read 'modules/keep'"
    fails x-values "may not read 'modules/keep.yaml'"
}

test_each_way_out_is_refused_and_the_others_go_on() {
    tenancy escapes
    rules '[{kinds: [ConfigMap, Secret]}]' "[$ns, \"$ns-*\", \"$own\"]"
    of_a web
    cm a | file web a
    apply
    kubectl -n "other-$ns" create secret generic login --from-literal=password=canary-5512 >/dev/null
    escapes
    cm a 2 | file web a
    config_map keep kept 2
    lint
    check_equal "status of lint" "$status" 3
    cp "$scratch/out" "$scratch/err"
    all_escapes_are_named
    local mark
    mark=$(audit_mark)
    kz plan "$repo"
    check_equal "status of plan" "$status" 3
    check_contains "plan of the others" "$(cat "$scratch/out")" "ConfigMap"
    all_escapes_are_named
    kz apply "$repo" --progress none
    check_equal "status of apply" "$status" 3
    all_escapes_are_named
    fails x-own "may not touch the namespace of kzsync itself, '$own'"
    fails x-unknown "nothing serves kind Thing.nobody.example.com"
    fails x-lookup "tenant a may not touch namespace 'other-$ns'" "tenants/a/x-lookup/files/templates/a.yaml:1"
    fails x-lookup-all "may not look into all namespaces"
    ! grep -q canary-5512 "$scratch/err" "$scratch/out" || fail "a Secret was read"
    check_equal "written" "$(writes "$mark" | sed 's/[^ ]* //' | sort -u)" \
        "$(printf '%s\n' "itself /api/v1/namespaces/other-$ns/configmaps/kept" "system:serviceaccount:$ns:deployer /api/v1/namespaces/$ns/configmaps/a" | sort)"
    check_equal "requests in the names of others" "$(tail -n "+$((mark + 1))" "$KZ_AUDIT" |
        jq -r 'select(.impersonatedUser != null) | .impersonatedUser.username' | sort -u)" "system:serviceaccount:$ns:deployer"
    check_equal "reads of what is not the tenant's in its name" "$(tail -n "+$((mark + 1))" "$KZ_AUDIT" |
        jq -r 'select(.impersonatedUser != null and .objectRef.namespace != "'"$ns"'") | .requestURI')" ""
}

test_what_is_anothers_stays_so() {
    tenancy owned
    module base
    config_map base shared
    module gone 'retain: true'
    config_map gone left
    apply
    local uid
    uid=$(field cm shared '{.metadata.uid}')
    of_a thief
    cm shared stolen | file thief a
    kz apply "$repo" --progress none
    check_equal status "$status" 3
    fails thief "ConfigMap $ns/shared is in module base and in module thief" "it stays with module base"
    config_map base own 1 # base goes on
    rm -r "$repo"/modules/gone{,.yaml}
    of_a heir
    cm left taken | file heir a
    kz apply "$repo" --progress none
    check_equal status "$status" 3
    fails heir "it is the object of module gone, which is not of tenant a"
    exists cm own || fail "the module that was there first did not go on"
    check_equal "what was kept" "$(field cm left '{.data.key}')" 1
    rm "$repo/modules/base/shared.yaml"
    rm -r "$repo/tenants/a/heir"
    kz apply "$repo" --progress none # in one commit it is still another's
    check_equal status "$status" 3
    fails thief "it is the object of module base"
    check_equal "the shared one" "$(field cm shared '{.metadata.uid} {.data.key}')" "$uid 1"
}

# ---- RBAC, which has the last word ------------------------------------------------------------------------

test_rbac_refuses_what_the_account_may_not() {
    tenancy rbac
    rules '[{kinds: [ConfigMap, Service]}, {group: rbac.authorization.k8s.io, kinds: [Role, RoleBinding]}]'
    of_a service
    file service s <<<'{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}'
    of_a escalates
    file escalates r <<END
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: admin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: deployer, namespace: $ns}]
END
    of_a values "$(printf '%s\n' 'renderer: helm' 'valuesFrom: [{secret: {name: login}}]')"
    put tenants/a/values/files/Chart.yaml <<<'{apiVersion: v2, name: x, version: 1.0.0}'
    cm v | put tenants/a/values/files/templates/a.yaml
    of_a fine
    file fine r <<END
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
END
    kz apply "$repo" --progress none
    check_equal status "$status" 3
    fails service "account 'system:serviceaccount:$ns:deployer' may not patch services in namespace $ns"
    fails escalates "RoleBinding $ns/admin" "attempting to grant RBAC permissions not currently held"
    ! exists rolebinding admin || fail "the account has got more than it had"
    fails values "tenant a may have no Secret" # a Secret of its own namespace, which it may not know
    exists role reads || fail "a role with rights that it has was refused"
}

# limited [NAME...]: kzsync's own account, which may act as these accounts only and write nothing but its own records.
limited() {
    kubectl create namespace "$own" >/dev/null
    kubectl -n "$own" create serviceaccount kzsync >/dev/null
    kubectl create clusterrole "kz-$ns" --verb=get,list,watch --resource=namespaces,configmaps,secrets,deployments.apps >/dev/null
    kubectl create clusterrolebinding "kz-$ns" --clusterrole="kz-$ns" --serviceaccount="$own:kzsync" >/dev/null
    at_end "kubectl delete clusterrole,clusterrolebinding kz-$ns"
    kubectl -n "$own" create role own --verb='*' --resource=configmaps,secrets,leases.coordination.k8s.io,events.events.k8s.io >/dev/null
    kubectl -n "$own" create rolebinding own --role=own --serviceaccount="$own:kzsync" >/dev/null
    local name
    for name; do
        kubectl -n "$ns" create role "as-$name" --verb=impersonate --resource=serviceaccounts --resource-name="$name" >/dev/null
        kubectl -n "$ns" create rolebinding "as-$name" --role="as-$name" --serviceaccount="$own:kzsync" >/dev/null
    done
    kubectl config view --raw --minify --flatten >"$scratch/limited"
    kubectl --kubeconfig "$scratch/limited" config set-credentials limited --token="$(kubectl -n "$own" create token kzsync)" >/dev/null
    kubectl --kubeconfig "$scratch/limited" config set-context --current --user=limited >/dev/null
}

test_kzsync_may_act_as_named_accounts_only() {
    tenancy named
    rm -r "$repo"/modules/keep*
    of_a web
    cm a | file web a
    limited deployer
    apply --kubeconfig "$scratch/limited"
    exists cm a || fail "the tenant's object is missing"
    kubectl -n "$ns" create serviceaccount admin >/dev/null
    sed -i 's/name: deployer}/name: admin}/' "$repo/kubezero.yaml"
    cm a 2 | file web a
    kz apply "$repo" --progress none --kubeconfig "$scratch/limited"
    check_equal status "$status" 3
    fails web "account 'system:serviceaccount:$own:kzsync' may not act as (impersonate) service account $ns/admin" \
        "add admin to rbac.impersonate of charts/kzsync"
    check_equal "the object" "$(field cm a '{.data.key}')" 1
}

# ---- rules that change ------------------------------------------------------------------------------------

kept_of() { [ "$("$KZSYNC" history -n "$own" web -o json | jq length)" -ge "$1" ]; }
is_at() { [ "$(kubectl -n "$1" get cm "$2" --ignore-not-found -o 'jsonpath={.data.key}')" = "$3" ]; } # "": it is gone

reason_of() { kubectl -n "$own" get modules.kubezero.com "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}'; }
has_reason() { [ "$(reason_of "$1")" = "$2" ]; }

test_a_narrower_rule_holds_for_what_is_there() {
    "$KZSYNC" crds | kubectl apply --server-side --force-conflicts -f - >/dev/null
    tenancy narrower
    of_a web 'health: {soak: 0s}'
    cm a | file web a
    cm b 1 "namespace: $ns-2" | file web b
    commit first
    local first mark
    first=$(head_of)
    daemon
    synced
    cm a 2 | file web a
    commit second
    synced
    check_soon 15 "both revisions are kept" kept_of 2
    rules '[{kinds: [ConfigMap]}]' "[$ns]"
    cm a 3 | file web a
    config_map keep kept 3
    commit narrower
    check_soon 30 "the module fails" has_state web fail
    check_contains "its note" "$(note_of web)" "tenant a may not touch namespace '$ns-2'"
    check_soon 10 "the reason" has_reason web TenantViolation
    check_soon 20 "the other module goes on" is_at "other-$ns" kept 3
    check_equal "what was set is not written" "$(field cm a '{.data.key}')" 2
    mark=$(audit_mark)
    kubectl -n "$ns-2" patch cm b -p '{"data":{"key":"drift"}}' >/dev/null
    kubectl -n "$ns" patch cm a -p '{"data":{"key":"drift"}}' >/dev/null
    check_soon 20 "what it still may have is repaired" field_is cm a '{.data.key}' 2
    sleep 2
    is_at "$ns-2" b drift || fail "what it may not touch any more was repaired"
    check_equal "writes there" "$(writes "$mark" | grep "namespaces/$ns-2" || true)" ""
    rm "$repo/tenants/a/web/files/b.yaml"
    commit "without b"
    check_soon 30 "a newer set is made true" field_is cm a '{.data.key}' 3
    check_soon 20 "what may not be deleted is held" has_state web held
    check_contains "why" "$(note_of web)" "its tenant may not touch it"
    kz rollback web "${first:0:7}"
    sleep 2
    is_at "$ns-2" b drift || fail "an older set was made true"
    check_equal "the rest of that set" "$(field cm a '{.data.key}')" 3
    check_contains "why not" "$(note_of web)" "tenant a may not touch namespace '$ns-2'"
    kz resume web || true
    rules '[{kinds: [ConfigMap]}]' "[$ns, $ns-2]"
    cm a 4 | file web a
    commit wider
    check_soon 30 "the newest set" field_is cm a '{.data.key}' 4
    check_soon 30 "what may be deleted again goes" is_at "$ns-2" b ''
    end_daemon
}

test_a_removed_module_keeps_the_rules_of_its_tenant() {
    tenancy leaving
    of_a web
    cm a | file web a
    cm bye 1 'annotations: {argocd.argoproj.io/hook: PreDelete}' | file web bye
    commit first
    daemon
    synced
    check_soon 15 "it is kept" kept_of 1
    end_daemon
    local mark
    mark=$(audit_mark)
    rm -r "$repo/tenants/a/web"
    commit "without the module"
    daemon # it knows of the module from the inventory only
    check_soon 40 "a goes" is_gone cm a
    check_equal "who did it" "$(writes "$mark" | grep "namespaces/$ns/" | cut -d' ' -f2 | sort -u)" "system:serviceaccount:$ns:deployer"
    check_equal "the hook ran" "$(writes "$mark" | grep -c '^patch .*/configmaps/bye')" 1
    end_daemon
}

test_without_its_tenant_nothing_of_a_module_goes() {
    tenancy orphans
    of_a web
    cm a | file web a
    apply
    put kubezero.yaml <<END
apiVersion: kubezero.com/v1beta1
kind: Platform
metadata: {name: $platform}
spec: {}
END
    local mark
    mark=$(audit_mark)
    kz apply "$repo" --progress none --confirm-delete
    exists cm a || fail "it was deleted with rights that nobody gave"
    check_contains "why" "$(cat "$scratch/out" "$scratch/err")" "its tenant may not touch it"
    check_equal "writes" "$(writes "$mark")" ""
}

cluster_of_all
run_tests "$@"
