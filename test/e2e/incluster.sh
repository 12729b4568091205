#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kzsync in a pod, on a real node: the image is built, `kzsync bootstrap` installs it from an empty cluster with a git
# server that pods reach, it upgrades itself through git under load, its leader is killed. Prints sizes, times and
# memory. Needs root. `incluster.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"
. "$here/../lib/pods.sh"
load=$top/test/lib/load
old=0.1.0 new=0.3.0 # versions that the two images call themselves

use_version() { KZSYNC=$(program "$1"); }

# served NAME: a platform with a namespace and a server, which pods find at $url, and what is needed to read it.
served() {
    new_platform "$1"
    module base
    namespace base
    module web 'dependsOn: [base]
health: {soak: 1s}'
    web v1
    use_version $old
    git clone -q --bare "$repo" "$KZ_GIT_REPOS/$1.git" 2>/dev/null
    git -C "$repo" remote add origin "$KZ_GIT_REPOS/$1.git"
    push "a platform"
    url=$KZ_GIT_HTTPS/open/$1.git
    credential "$scratch/credentials/https" url "$KZ_GIT_HTTPS" ca.crt "$(<"$KZ_GIT_DIR/ca.crt")"
    echo '{source: {interval: 1s}, log: {format: text}}' >"$scratch/values.yaml"
    at_end "kubectl delete namespace $own $ns --wait=false --ignore-not-found"
    at_end "kubectl -n $own delete deployment kzsync --ignore-not-found"
}

push() {
    commit "$1"
    git -C "$repo" push -q origin main
}

web() { # TAG
    put modules/web/web.yaml <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 20
      automountServiceAccountToken: false
      containers:
      - name: main
        image: registry.local/web:$1
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
        lifecycle: {preStop: {sleep: {seconds: 4}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
END
}

# bootstrap [ARG...]: sets $status; what it said is in $scratch/err.
bootstrap() {
    status=0
    "$KZSYNC" bootstrap -n "$own" --repo "$url" --credentials "$scratch/credentials" --cache "$scratch/cache" \
        --progress lines --image registry.local/kzsync --values "$scratch/values.yaml" --timeout 90s "$@" \
        >"$scratch/out" 2>"$scratch/err" || status=$?
    check_sane
}
bootstraps() {
    bootstrap "$@"
    check_equal "bootstrap: $(tail -n 4 "$scratch/err" | paste -sd' ') status" "$status" 0
}

# as_module VERSION: kzsync of that version becomes a module in the working copy.
as_module() {
    use_version "$1"
    bootstraps --write "$repo"
}

# take_down: kzsync goes, first its rights: else it would repair itself.
take_down() {
    kubectl delete clusterrolebinding "kzsync.$own" >/dev/null
    kubectl -n "$own" delete rolebinding kzsync >/dev/null
    kubectl -n "$own" delete deployment kzsync --wait=false >/dev/null
    check_soon 40 "the pods go" no_pods
}
lets_go() { ! inventory | grep -q "^Deployment/$own/kzsync "; }

# ---- tests ---------------------------------------------------------------------------------------------------------

test_the_image_is_small_and_the_same_when_built_again() {
    local size again
    tail -n 2 "$images/$new.log" | head -n 1
    size=$(sed -nE 's/.*: ([0-9]+)\.[0-9] MiB unpacked.*/\1/p' "$images/$new.log")
    [ "$size" -lt 40 ] || fail "the image has $size MiB"
    again=$("$top/charts/kzsync/image/build" --no-compile --build "$images/$new" --version $new --name registry.local/kzsync:$new \
        --out "$scratch/again.tar" 2>/dev/null | tail -n 1)
    check_equal "digest" "$again" "$(tail -n 1 "$images/$new.log")"
    mkdir "$scratch/oci"
    tar -C "$scratch/oci" -xf "$scratch/again.tar"
    local config layers
    config=$(jq -r '.manifests[0].digest' "$scratch/oci/index.json" | tr : /)
    config=$(jq -r '.config.digest' "$scratch/oci/blobs/$config" | tr : /)
    check_equal "user" "$(jq -r .config.User "$scratch/oci/blobs/$config")" 65532:65532
    check_equal "version" "$(jq -r '.config.Labels["org.opencontainers.image.version"]' "$scratch/oci/blobs/$config")" $new
    layers=$(jq -r '.rootfs.diff_ids | length' "$scratch/oci/blobs/$config")
    check_equal "layers" "$layers" 1
    layers=$scratch/oci/blobs/$(jq -r '.layers[0].digest' "$scratch/oci/blobs/$(jq -r '.manifests[0].digest' "$scratch/oci/index.json" | tr : /)" | tr : /)
    tar -tzf "$layers" | grep -vE '/$' | sort >"$scratch/files"
    check_equal "programs" "$(grep -E '^usr/bin/' "$scratch/files" | paste -sd' ')" \
        "usr/bin/git usr/bin/kzsync usr/bin/kzsync-ssh usr/bin/rm usr/bin/ssh"
    check_equal "what is neither program nor library nor configuration" \
        "$(grep -vE '^usr/(bin|lib64|lib/x86_64-linux-gnu|lib/aarch64-linux-gnu|lib/git-core)/|^etc/|^(bin|lib|lib64)$' "$scratch/files" || true)" ""
}

test_it_installs_upgrades_and_outlives_itself() {
    local start head before client pod ms lost
    served inc
    as_module $old
    push "kzsync itself"
    start=$(now)
    bootstraps
    echo "from an empty cluster to in sync: $((($(now) - start) / 100))00 ms; sandbox: $(status_json | jq -c .sandbox)"
    check_equal "seccomp and landlock hold" "$(status_json | jq '.sandbox | .no_new_privs and .seccomp and .rlimits')" true
    pod=$(leader)
    echo "memory with $(status_json | jq .objects) objects: $(memory "$pod")"

    # The pod has no shell, nobody in it is root, and a sandbox that is not there is said.
    ! kubectl -n "$own" exec "$pod" -- sh -c true 2>/dev/null || fail "there is a shell in the pod"
    check_equal "version" "$(kubectl -n "$own" exec "$pod" -- kzsync version)" "kzsync $old"
    status=0
    kubectl -n "$own" exec "$pod" -- kzsync run --sandbox-min namespaces --shadow 1s --repo "$url" >"$scratch/out" 2>&1 || status=$?
    check_contains "a sandbox that is too weak" "$(<"$scratch/out")" "it lacks namespaces; it has no_new_privs, rlimits, seccomp"

    # Again: nothing is changed, not even the leader.
    before=$(everything)
    bootstraps
    check_contains "bootstrap again" "$(<"$scratch/err")" "kzsync is installed as it shall be"
    check_equal "all objects after bootstrap again" "$(everything)" "$before"
    check_equal "the leader after bootstrap again" "$(leader)" "$pod"

    # Half of it is lost: completed.
    take_down
    bootstraps
    check_equal "the binding" "$(kubectl get clusterrolebinding "kzsync.$own" -o 'jsonpath={.subjects[0].namespace}')" "$own"

    # An upgrade of itself and of a module, under load.
    service=http://$(field service web '{.spec.clusterIP}')/
    check_soon 20 "web answers" "$load" --requests 1 "$service"
    "$load" --rate 50 --threads 16 --seconds 200 "$service" >"$scratch/load" 2>&1 &
    client=$!
    at_end "kill $client"
    as_module $new
    web v2
    push "kzsync $new and web v2"
    start=$(now)
    check_soon 60 "the new version runs alone" alone $new
    check_soon 60 "all is in sync" in_sync_at "$(head_of)"
    echo "upgrade through git, from commit to in sync: $((($(now) - start) / 100))00 ms"
    check_contains "the shadow" "$(kubectl -n "$own" logs job/kzsync-shadow)" "different=0"
    check_equal "who wrote the inventory" "$(kubectl -n "$own" get cm -l "kubezero.com/inventory=inc" -o json |
        jq -r '.items[0].data.inventory | fromjson | .by')" $new
    check_equal "the image of web" "$(field deployment web '{.spec.template.spec.containers[0].image}')" registry.local/web:v2

    # The leader is killed: the container is started again, and goes on with its lease.
    pod=$(leader)
    kill_leader
    kubectl -n "$own" wait --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 "pod/$pod" --timeout=30s >/dev/null
    web v3
    push "web v3"
    check_soon 40 "the next commit is in place" in_sync_at "$(head_of)"
    echo "leader killed, next commit in sync after $((($(now) - killed) / 100))00 ms; restarts: $(pods 'jsonpath={.items[*].status.containerStatuses[0].restartCount}')"
    kill -TERM "$client"
    wait "$client" || fail "requests were lost: $(<"$scratch/load")"
    echo "$(jq .requests "$scratch/load") requests, $(jq .failed "$scratch/load") failed"
    check_equal "failed requests" "$(jq .failed "$scratch/load")" 0

    # An older version does not take over: a person's not at all, a daemon not when it is much older.
    use_version $old
    bootstrap
    check_equal "status of bootstrap by an older version" "$status" 6
    check_contains "an older version" "$(<"$scratch/err")" "this is kzsync $old, and kzsync $new is at work on platform inc"
    status=0
    "$KZSYNC" run --shadow 40s -n "$own" --repo "$url" --credentials "$scratch/credentials" --cache "$scratch/cache" \
        >"$scratch/out" 2>"$scratch/err" || status=$?
    check_equal "status of a shadow that is too old" "$status" 6
    check_contains "a shadow that is too old" "$(<"$scratch/err")" "too old for what kzsync $new wrote of platform inc"
}

# alone VERSION: no pod of another version is left.
alone() { [ "$(images_of_pods)" = "registry.local/kzsync:$1" ]; }

test_a_module_in_git_comes_later_and_ssh_works() {
    local uid
    served later
    url=${KZ_GIT_SSH}/later.git
    rm -r "$scratch/credentials"
    credential "$scratch/credentials/ssh" url "${KZ_GIT_SSH%%"$KZ_GIT_DIR"*}" sshPrivateKey "$(<"$KZ_GIT_DIR/client_key")" \
        known_hosts "$(<"$KZ_GIT_DIR/known_hosts")"
    bootstraps --rights cluster-admin --replicas 1
    check_contains "what is left to do" "$(<"$scratch/err")" "Nothing in git says so yet"
    in_sync_at "$(head_of)" || fail "not in sync: $(status_json)"
    check_soon 10 "kzsync lets go of what git does not say" lets_go
    uid=$(kubectl -n "$own" get deployment kzsync -o 'jsonpath={.metadata.uid}')
    bootstraps --rights cluster-admin --replicas 1 --write "$repo"
    push "kzsync itself"
    check_soon 40 "kzsync keeps itself" in_sync_at "$(head_of)"
    ! lets_go || fail "the Deployment is not in the inventory"
    check_equal "the Deployment is the same" "$(kubectl -n "$own" get deployment kzsync -o 'jsonpath={.metadata.uid}')" "$uid"

    # A thousand objects: from the start of the container to in sync, and the memory that takes.
    module many 'dependsOn: [base]'
    local i
    for i in $(seq 1000); do
        printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m%d}\ndata: {key: "%d"}\n---\n' "$i" "$i"
    done | put modules/many/many.yaml
    push "a thousand objects"
    check_soon 60 "a thousand objects are there" in_sync_at "$(head_of)"
    local pod started
    pod=$(leader)
    echo "memory with $(status_json | jq .objects) objects: $(memory "$pod")"
    kubectl -n "$own" delete pod "$pod" --wait=false >/dev/null
    check_soon 60 "another pod leads" leads_other "$pod"
    pod=$(leader)
    started=$(kubectl -n "$own" get pod "$pod" -o 'jsonpath={.status.containerStatuses[0].state.running.startedAt}')
    check_soon 20 "all is in sync again" in_sync_at "$(head_of)"
    check_soon 20 "it says so" sh -c "kubectl -n $own logs $pod | grep ' settled '"
    echo "container started $started, leads $(said 'to=leader' "$pod"), in sync $(said ' settled ' "$pod"); memory after the start: $(memory "$pod")"
}

# said WORDS POD: when it said so first.
said() { kubectl -n "$own" logs "$2" | grep -m 1 -- "$1" | cut -d' ' -f1; }

leads_other() {
    local pod
    pod=$(leader)
    [ "$pod" != "$1" ] && kubectl -n "$own" get pod "$pod"
}

test_what_is_refused() {
    served refused
    as_module $old
    push "kzsync itself"
    bootstraps --replicas 1

    # An upgrade whose shadow does not succeed: nothing of it is applied, the pod is the same one.
    local pod
    pod=$(pods name)
    sed -i 's/^  values:/&\n    sandbox: {min: namespaces}/' "$repo/modules/kzsync.yaml"
    web v2
    push "more than this machine has, and web v2"
    check_soon 90 "the upgrade is given up" has_state kzsync back
    check_contains "why" "$(note_of kzsync)" "kzsync-shadow failed"
    check_contains "the shadow's own words" "$(note_of kzsync)" "it lacks namespaces"
    check_equal "the pod" "$(pods name)" "$pod"
    check_soon 30 "the other modules go on" field_is deployment web '{.spec.template.spec.containers[0].image}' registry.local/web:v2
    sed -i '/sandbox: {min: namespaces}/d' "$repo/modules/kzsync.yaml"
    push "as before"
    check_soon 40 "all is in sync again" in_sync_at "$(head_of)"
    check_equal "the pod afterwards" "$(pods name)" "$pod"

    # A second installation of the same platform.
    local first=$own
    own=kz-second
    bootstrap
    check_equal "status of a second installation" "$status" 6
    check_contains "a second installation" "$(<"$scratch/err")" "platform refused is kept already by the kzsync in namespace $first"
    is_gone_everywhere namespace kz-second || fail "something was made in namespace kz-second"
    own=$first

    # Where somebody starts one all the same, it says so.
    "$KZSYNC" run -n kz-third --repo "$url" --credentials "$scratch/credentials" --cache "$scratch/third" >"$scratch/log" 2>&1 &
    at_end "kill -9 $!; kubectl delete namespace kz-third --wait=false"
    check_soon 30 "the second one says that it is the second" grep -q "installed-twice namespace=$first" "$scratch/log"
    kill "$!"

    # A shadow that would change something.
    take_down
    kubectl -n "$ns" scale deployment web --replicas=3 >/dev/null
    status=0
    "$KZSYNC" run --shadow 40s -n "$own" --repo "$url" --credentials "$scratch/credentials" --cache "$scratch/cache" \
        >"$scratch/out" 2>"$scratch/err" || status=$?
    check_equal "status of a shadow that differs: $(tail -n 2 "$scratch/err" | paste -sd' ')" "$status" 3
    check_contains "what the shadow would do" "$(<"$scratch/out")" "change Deployment $ns/web"
    check_equal "replicas, which the shadow leaves alone" "$(field deployment web '{.spec.replicas}')" 3
}

# The rights that are written are those of the kinds that are there, also of kinds that the platform brings itself.
test_rights_are_those_of_the_modules() {
    local rules
    new_platform rights
    url=file://$repo
    module kinds
    crd kinds widgets Widget
    module things
    put modules/things/things.yaml <<END
apiVersion: test.kubezero.com/v1
kind: Widget
metadata: {name: a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, annotations: {kubezero.com/hook: PreSync}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: registry.local/busybox:1}]}}}
END
    commit "kinds of all kinds"
    use_version $old
    credential "$scratch/credentials/none" url https://nowhere.example.com
    echo '{}' >"$scratch/values.yaml"
    bootstraps --print-module
    python3 - "$scratch/out" >"$scratch/rules" <<'END'
import re, sys
text = open(sys.argv[1]).read()
for group, names, verbs in re.findall(r'apiGroups:\n\s+- (\S+)\n\s+resources:\n((?:\s+- [^:\s]+\n)+)\s+verbs:\n((?:\s+- [^:\s]+\n)+)', text):
    words = lambda s: ' '.join(re.findall(r'- (\S+)', s))
    print(group.strip('"'), '|', words(names), '|', words(verbs))
END
    rules='get list watch create update patch delete'
    check_equal "the rules" "$(<"$scratch/rules")" " | namespaces | $rules
apiextensions.k8s.io | customresourcedefinitions | $rules
batch | jobs | $rules
rbac.authorization.k8s.io | roles | $rules bind escalate
test.kubezero.com | widgets | $rules"
}

is_gone_everywhere() { [ -z "$(kubectl get "$1" "$2" --ignore-not-found -o name)" ]; }

# The pods of the new version end at once: the old one, which stays until the new one is ready, goes back.
test_a_version_that_does_not_start_is_taken_back() {
    local pod
    served starts
    as_module $old
    sed -i 's/^    timeout: 5m/&\n    grace: 5s\n    soak: 1s/' "$repo/modules/kzsync.yaml"
    push "kzsync itself"
    bootstraps
    pod=$(pods name)
    sed -i 's/^  values:/&\n    extraArgs: ["--no-such-flag"]/' "$repo/modules/kzsync.yaml"
    push "an option that nobody knows"
    check_soon 120 "kzsync goes back" has_state kzsync back
    check_contains "why" "$(note_of kzsync)" "unknown option '--no-such-flag'"
    check_soon 30 "the old pod alone is left" sh -c "[ \"\$(kubectl -n $own get pods -l app.kubernetes.io/name=kzsync -o name)\" = '$pod' ]"
    sed -i '/no-such-flag/d' "$repo/modules/kzsync.yaml"
    push "as before"
    check_soon 40 "all is in sync again" in_sync_at "$(head_of)"
}

# Killed on the way, and again with pieces missing: the same command completes what is there.
test_a_half_installed_bootstrap_is_completed() {
    local half
    served half
    as_module $old
    push "kzsync itself"
    "$KZSYNC" bootstrap -n "$own" --repo "$url" --credentials "$scratch/credentials" --cache "$scratch/cache" \
        --image registry.local/kzsync --values "$scratch/values.yaml" --progress none >/dev/null 2>&1 &
    half=$!
    at_end "kill -9 $half"
    check_soon 30 "the first of it is there" kubectl get namespace "$own"
    kill -9 "$half"
    wait "$half" || true
    bootstraps
    check_soon 40 "all is in sync" in_sync_at "$(head_of)"
    check_soon 30 "the kinds are there, and used" \
        kubectl -n "$own" wait --for=condition=Ready --timeout=1s module/kzsync module/web
    kubectl delete clusterrolebinding "kzsync.$own" >/dev/null
    kubectl -n "$own" delete role kzsync >/dev/null
    kubectl -n "$own" delete deployment kzsync >/dev/null
    bootstraps
    check_soon 40 "all is in sync again" in_sync_at "$(head_of)"
}

# Without the rights that a daemon cannot do without, bootstrap says which.
test_missing_rights_are_named() {
    served norights
    echo '{rbac: {create: false}, shadow: {enabled: false}, source: {interval: 1s}}' >"$scratch/values.yaml"
    bootstrap
    check_equal "status without rights" "$status" 5
    check_contains "missing rights" "$(<"$scratch/err")" \
        "kzsync runs, but its account $own/kzsync may not create leases in its namespace"
}

cluster_of_all --mode node
start_pods $old $new
run_tests "$@"
