# SPDX-License-Identifier: Apache-2.0
#
# A platform of its own for each test, in a git repository in $scratch, and kzsync at work on it. A script
# sources this after assert.sh and calls `cluster_of_all` once: its tests share one control plane, so each has
# its own platform, its own namespace for objects ($ns) and for kzsync itself ($own).
#
# KZSYNC is the program under test.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
KZSYNC=${KZSYNC:-$top/build/dev/engine/cli/kzsync}
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=test GIT_COMMITTER_NAME=test \
    GIT_AUTHOR_EMAIL=test@example.com GIT_COMMITTER_EMAIL=test@example.com NO_COLOR=1

# cluster_of_all [ARG...]: one cluster for all tests of the script, with an audit log in $KZ_AUDIT.
cluster_of_all() {
    [ -x "$KZSYNC" ] || { echo "FAIL kzsync: there is no program '$KZSYNC'"; exit 1; }
    KZ_AUDIT_DIR=$(mktemp -d)
    trap 'rm -rf "$KZ_AUDIT_DIR"' EXIT
    KZ_AUDIT=$KZ_AUDIT_DIR/audit.log
    cat >"$KZ_AUDIT_DIR/policy.yaml" <<END
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
END
    local out
    out=$("$top/test/lib/cluster" up --owner $$ --apiserver-arg "--audit-policy-file=$KZ_AUDIT_DIR/policy.yaml" \
        --apiserver-arg "--audit-log-path=$KZ_AUDIT" "$@") || { echo "FAIL cluster: $out"; exit 1; }
    eval "$out"
}

# new_platform NAME: an empty platform NAME in $repo, not yet committed.
new_platform() {
    platform=$1 ns=$1 own=kz-$1 repo=$scratch/repo
    git init -q -b main "$repo"
    put kubezero.yaml <<END
apiVersion: kubezero.com/v1beta1
kind: Platform
metadata: {name: $platform}
spec: {}
END
    mkdir -p "$repo/modules"
}

# put PATH: a file of the repository, from stdin.
put() {
    mkdir -p "$(dirname "$repo/$1")"
    cat >"$repo/$1"
}

# module NAME [FIELDS]: a definition; FIELDS are lines "key: value" of its spec.
module() {
    mkdir -p "$repo/modules/$1"
    {
        printf 'apiVersion: kubezero.com/v1beta1\nkind: Module\nmetadata: {name: %s}\nspec:\n' "$1"
        printf '  namespace: %s\n  source: {path: %s}\n' "$ns" "$1"
        sed 's/^/  /' <<<"${2:-}"
    } >"$repo/modules/$1.yaml"
}

# config_map MODULE NAME [VALUE]
config_map() {
    put "modules/$1/$2.yaml" <<END
apiVersion: v1
kind: ConfigMap
metadata: {name: $2}
data: {key: "${3:-1}"}
END
}

# deployment MODULE NAME [REPLICAS]: with replicas it never becomes healthy where no pod runs.
deployment() {
    put "modules/$1/$2.yaml" <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: $2}
spec:
  replicas: ${3:-0}
  selector: {matchLabels: {app: $2}}
  template:
    metadata: {labels: {app: $2}}
    spec: {containers: [{name: main, image: registry.local/web:v1}]}
END
}

# crd MODULE PLURAL KIND: of group test.kubezero.com.
crd() {
    put "modules/$1/crd.yaml" <<END
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: $2.test.kubezero.com}
spec:
  group: test.kubezero.com
  names: {kind: $3, plural: $2, singular: ${3,,}}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
END
}

# namespace MODULE: brings the test's namespace.
namespace() {
    put "modules/$1/namespace.yaml" <<END
apiVersion: v1
kind: Namespace
metadata: {name: $ns}
END
}

commit() {
    git -C "$repo" add -A
    git -C "$repo" commit -q --allow-empty -m "${1:-change}"
}

# kz COMMAND ARG...: kzsync with this test's namespace and cache; stdout in $scratch/out, stderr in
# $scratch/err, exit status in $status. Never ends the test.
kz() {
    local command=$1 cache=()
    shift
    case $command in run | plan | apply) cache=(--cache "$scratch/cache") ;; esac
    status=0
    "$KZSYNC" "$command" -n "$own" "${cache[@]}" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    check_sane
}

# No crash, no sanitizer report, whatever happens.
check_sane() {
    [ "$status" -lt 128 ] && [ "$status" != 70 ] || fail "kzsync ended with status $status: $(tail -n 3 "$scratch/err")"
    ! grep -qE 'AddressSanitizer|LeakSanitizer|runtime error:|^bug:' "$scratch/err" ||
        fail "kzsync: $(grep -E 'Sanitizer|runtime error:|^bug:' "$scratch/err" | head -n 2)"
}

# apply [ARG...]: from the working tree; must end well.
apply() {
    kz apply "$repo" --progress none "$@"
    check_equal "apply: $(tail -n 5 "$scratch/err" | paste -sd' ') status" "$status" 0
}

starts() { grep -c '  *info  *start ' "$scratch/log" 2>/dev/null || true; }
has_started() { [ "$(starts)" != "$1" ]; }

# daemon [ARG...]: kzsync run on the repository, in $daemon, log in $scratch/log.
daemon() {
    local before
    before=$(starts)
    "$KZSYNC" run -n "$own" --cache "$scratch/cache" --repo "file://$repo" --interval 1s "$@" \
        >>"$scratch/log" 2>&1 &
    daemon=$!
    at_end "kill -9 $daemon"
    check_soon 10 "kzsync run has started" has_started "$before" # before that a signal ends it like any program
}

is_in_log() { grep -q -- "$1" "$scratch/log"; }

# Ends the daemon as a system would, and looks how it went.
end_daemon() {
    kill -TERM "$daemon"
    status=0
    wait "$daemon" || status=$?
    cp "$scratch/log" "$scratch/err"
    check_sane
    check_equal "status of the ended daemon" "$status" 0
}

head_of() { git -C "$repo" rev-parse HEAD; }

# synced [SECONDS]: the daemon has made HEAD true and all modules are ok. `wait` ends when a module has failed,
# also one that is tried again; here that is not the end.
synced() {
    check_soon "${1:-30}" "$platform at $(git -C "$repo" rev-parse --short HEAD)" \
        "$KZSYNC" wait -n "$own" --revision "$(head_of)" --timeout 5s --progress none
}

state_of() { "$KZSYNC" status -n "$own" -o json | jq -r --arg m "$1" '.modules[] | select(.name == $m) | .state'; }
note_of() { "$KZSYNC" status -n "$own" -o json | jq -r --arg m "$1" '.modules[] | select(.name == $m) | .note'; }
has_state() { [ "$(state_of "$1")" = "$2" ]; }

exists() { kubectl -n "$ns" get "$@" >/dev/null 2>&1; }
is_gone() { [ -z "$(kubectl -n "$ns" get "$@" --ignore-not-found -o name)" ]; }
field() { kubectl -n "$ns" get "$1" "$2" -o "jsonpath=$3"; }
field_is() { [ "$(field "$1" "$2" "$3")" = "$4" ]; }

# everything: "Kind/namespace/name uid resourceVersion" of all objects that carry the platform's label, but for the
# endpoints of Services, to which Kubernetes copies it.
everything() {
    local kinds
    kinds=$(kubectl api-resources --verbs=list -o name 2>/dev/null |
        grep -vE '^(events|componentstatuses|endpoints)' | paste -sd,)
    kubectl get "$kinds" -A -l "kubezero.com/platform=$platform" --ignore-not-found -o json 2>/dev/null |
        jq -r '.items[] | "\(.kind)/\(.metadata.namespace // "")/\(.metadata.name) \(.metadata.uid) \(.metadata.resourceVersion)"' | sort
}

# inventory: "Kind/namespace/name uid" of what kzsync remembers.
inventory() {
    kubectl -n "$own" get configmaps -l "kubezero.com/inventory=$platform" -o json |
        jq -r '.items[].data.inventory | fromjson | . as $i | .objects[] |
            "\($i.kinds[.[0]][2])/\($i.strings[.[1]])/\(.[4]) \(.[5])"' | sort
}

# Every object with our label is in the inventory, and the other way round.
check_no_orphans() {
    everything | cut -d' ' -f1,2 >"$scratch/labelled"
    inventory >"$scratch/inventory"
    check_no_diff "what is labelled and the inventory" "$scratch/labelled" "$scratch/inventory"
}

# requests SINCE: "verb uri status" of kzsync's requests after the audit log had SINCE lines; no watches, and not
# what holds its lease.
requests() {
    tail -n "+$(($1 + 1))" "$KZ_AUDIT" |
        jq -r 'select(.userAgent | startswith("kzsync/")) | select(.verb != "watch") |
            select(.objectRef.resource != "leases" or .objectRef.namespace != "'"$own"'") |
            "\(.verb) \(.requestURI) \(.responseStatus.code)"'
}
audit_mark() { wc -l <"$KZ_AUDIT"; }
