#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Upgrades of a platform of six modules on a real node, under constant load: a good release, bad ones, pods and
# kzsync itself killed on the way. In none of it may a request fail. Needs root. `upgrade.sh NAME...` runs single
# tests.
#
#     base <- config <- store (StatefulSet)
#                    <- web (chart, 3 replicas) <- front (2 replicas: what is asked) <- smoke (hook)
#
# What keeps requests whole stands in the modules, as their authors would write it: readiness, maxUnavailable 0,
# a preStop pause, a PodDisruptionBudget, and a front that asks again when a server behind it has died.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"
load=$top/test/lib/load

# ---- the platform ----------------------------------------------------------------------------------------

# Short waits, so that the test is; graces and soaks are as in examples/quickstart.
health='health: {timeout: 60s, grace: 4s, soak: 1s}'

# release VERSION [WEB]: all six modules at v$VERSION; web of image tag WEB if that is given.
release() {
    write_base "$1"
    write_config "$1"
    write_store "$1"
    write_web "${2:-v$1}"
    write_front "$1"
    write_smoke "$1"
    commit "release $1${2:+ with web $2}"
}

write_base() {
    module base
    namespace base
    put modules/base/limits.yaml <<END
apiVersion: v1
kind: LimitRange
metadata: {name: defaults}
spec: {limits: [{type: Container, defaultRequest: {cpu: 10m, memory: 16Mi}, default: {cpu: "1", memory: 6${1}Mi}}]}
END
}

write_config() {
    module config 'dependsOn: [base]'
    config_map config web "greeting-$1"
    put modules/config/secret.yaml <<END
apiVersion: v1
kind: Secret
metadata: {name: web}
stringData: {token: "token-$1"}
END
}

# pod NAME TAG: the template of a server's pods.
pod() {
    cat <<END
template:
  metadata: {labels: {app: $1}}
  spec:
    terminationGracePeriodSeconds: 20
    automountServiceAccountToken: false
    containers:
    - name: main
      image: registry.local/web:$2
      ports: [{containerPort: 8080}]
      readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
      lifecycle: {preStop: {sleep: {seconds: 4}}}
END
}

service() { # NAME [FIELD]
    cat <<END
apiVersion: v1
kind: Service
metadata: {name: $1}
spec: {selector: {app: $1}, ports: [{port: 80, targetPort: 8080}]${2:+, $2}}
END
}

# servers NAME REPLICAS TAG: a Deployment that loses no request while it rolls, its Service and its budget.
servers() {
    cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1}
spec:
  replicas: $2
  selector: {matchLabels: {app: $1}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  progressDeadlineSeconds: 8
END
    pod "$1" "$3" | sed 's/^/  /'
    [ "$1" != front ] ||
        echo '        env: [{name: UPSTREAM, value: "$(WEB_SERVICE_HOST):$(WEB_SERVICE_PORT)"}]'
    echo ---
    service "$1"
    cat <<END
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: $1}
spec: {minAvailable: 1, selector: {matchLabels: {app: $1}}}
END
}

write_store() {
    module store "dependsOn: [config]
$health"
    {
        service store 'clusterIP: None'
        cat <<END
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  replicas: 1
  selector: {matchLabels: {app: store}}
END
        pod store "v$1" | sed 's/seconds: 4/seconds: 1/; s/^/  /'
    } | put modules/store/store.yaml
}

write_web() {
    module web "dependsOn: [config]
values: {tag: $1}
$health"
    echo '{apiVersion: v2, name: web, version: 1.0.0}' | put modules/web/Chart.yaml
    servers web 3 '{{ .Values.tag }}' | put modules/web/templates/web.yaml
}

write_front() {
    module front "dependsOn: [web]
$health"
    servers front 2 "v$1" | put modules/front/front.yaml
}

write_smoke() {
    module smoke 'dependsOn: [front]'
    put modules/smoke/job.yaml <<END
apiVersion: batch/v1
kind: Job
metadata:
  name: smoke
  annotations: {kubezero.com/hook: PostSync}
spec:
  backoffLimit: 3
  template:
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      containers:
      - name: smoke
        image: registry.local/busybox:1
        command: [/bin/sh, -ec]
        args: ['printf "GET / HTTP/1.1\r\nHost: front\r\n\r\n" | nc -w 5 "\$FRONT_SERVICE_HOST" 80 | grep "^v$1 "']
END
}

# ---- load and what is seen -------------------------------------------------------------------------------

# answers VERSION: front answers with web of that version.
answers() { "$load" --requests 1 "$url" | grep -q "\"$1\":"; }

# under_load NAME: the platform at v1, kzsync at work on it, and 100 requests a second from here on.
under_load() {
    new_platform "$1"
    at_end "kubectl delete namespace $ns --wait=false"
    release 1
    daemon
    synced 60
    url=http://$(field service front '{.spec.clusterIP}')/
    check_soon 20 "front answers" answers v1
    "$load" --rate 100 --threads 32 --seconds 300 "$url" >"$scratch/load" 2>&1 &
    client=$!
    at_end "kill $client"
}

# no_request_was_lost VERSION...: ends load and kzsync; these versions, and no other, have answered.
no_request_was_lost() {
    sleep 1 # what ends last ends under load too
    kill -TERM "$client"
    wait "$client" || fail "requests were lost: $(<"$scratch/load")"
    check_equal "failed requests of $(<"$scratch/load")" "$(jq .failed "$scratch/load")" 0
    check_equal "the versions that answered" "$(jq -r '.versions | keys | join(" ")' "$scratch/load")" "$*"
    echo "$(jq .requests "$scratch/load") requests, 0 failed; by version: $(jq -c .versions "$scratch/load")"
    check_no_orphans
    end_daemon
}

# show WORDS: the state of all modules, as a person would look at it.
show() {
    echo "--- $1"
    "$KZSYNC" status -n "$own"
}

image_of() { field "$1" "$2" '{.spec.template.spec.containers[0].image}'; }

# upgraded VERSION: every object of all six modules is of that version, and runs.
upgraded() {
    check_equal "LimitRange" "$(field limitrange defaults '{.spec.limits[0].default.memory}')" "6$1Mi"
    check_equal "ConfigMap" "$(field configmap web '{.data.key}')" "greeting-$1"
    check_equal "Secret" "$(field secret web '{.data.token}' | base64 -d)" "token-$1"
    local workload
    for workload in statefulset/store deployment/web deployment/front; do
        check_equal "$workload" "$(image_of "${workload%/*}" "${workload#*/}")" "registry.local/web:v$1"
        check_equal "updated pods of $workload" \
            "$(field "${workload%/*}" "${workload#*/}" '{.status.updatedReplicas}')" \
            "$(field "${workload%/*}" "${workload#*/}" '{.spec.replicas}')"
    done
    check_contains "what smoke asks" "$(field job smoke '{.spec.template.spec.containers[0].args[0]}')" "^v$1 "
    check_equal "smoke" "$(field job smoke '{.status.succeeded}')" 1
}

# ---- tests -----------------------------------------------------------------------------------------------

test_all_modules_are_upgraded_in_order() {
    under_load good
    local seen event line last=0
    seen=$(wc -l <"$scratch/log")
    show "release 1"
    release 2
    sleep 4
    show "on the way to release 2"
    synced 60
    show "release 2"
    upgraded 2
    tail -n "+$((seen + 1))" "$scratch/log" >"$scratch/upgrade"
    for event in healthy\ module={base,config,web,front} hook\ module=smoke; do
        line=$(grep -nm 1 " $event " "$scratch/upgrade" | cut -d: -f1) || true
        [ "${line:-0}" -gt "$last" ] || fail "'$event' did not come in its turn: $(paste -sd' ' "$scratch/upgrade")"
        last=$line
    done
    no_request_was_lost v1 v2
}

# A release that never gets ready, and one whose program ends at once. Of both: back, quarantined, not tried again,
# and nothing that depends on web has been touched.
test_bad_releases_go_back() {
    under_load bad
    local tag good front times=0 generation
    good=$(head_of)
    front=$(field deployment front '{.metadata.generation}')
    for tag in broken crash; do
        write_web "$tag"
        commit "web is $tag"
        check_soon 40 "web goes back from $tag" has_gone_back $((times += 1))
        check_soon 5 "web is said to be back" has_state web back
        show "web is $tag in git"
        check_equal "the image of web" "$(image_of deployment web)" registry.local/web:v1
        check_equal "updated pods of web" "$(field deployment web '{.status.updatedReplicas}')" 3
        check_equal "generation of front" "$(field deployment front '{.metadata.generation}')" "$front"
    done
    # Neither another commit brings it back, nor a restart of kzsync.
    generation=$(field deployment web '{.metadata.generation}')
    config_map config web greeting-7
    commit "nothing about web"
    kill -9 "$daemon"
    daemon
    check_soon 20 "the commit is at work" field_is configmap web '{.data.key}' greeting-7
    check_soon 20 "web is back" has_state web back
    show "kzsync was killed, another commit came"
    check_contains "the note of web" "$(note_of web)" "set aside"
    check_equal "generation of web" "$(field deployment web '{.metadata.generation}')" "$generation"
    git -C "$repo" checkout -q "$good" -- modules
    commit "web is good again"
    synced 30
    show "web is good again"
    upgraded 1
    no_request_was_lost v1
}

has_gone_back() { [ "$(grep -c ' rolled-back module=web ' "$scratch/log")" = "$1" ]; }

# kill_pod NAME: kill -9 of all its processes, from outside, as if the node had lost it.
kill_pod() {
    local uid pids
    uid=$(field pod "$1" '{.metadata.uid}')
    pids=$(find /sys/fs/cgroup -path "*/pod$uid/*" -name cgroup.procs -exec cat {} + | sort -u)
    [ "$(wc -w <<<"$pids")" -ge 2 ] || fail "pod $1 has these processes only: $pids"
    # shellcheck disable=SC2086
    kill -9 $pids
}

pod_of() { kubectl -n "$ns" get pods -l "app=$1" --field-selector status.phase=Running -o "jsonpath={.items[$2].metadata.name}"; }
restarts() { field pod "$1" '{.status.containerStatuses[0].restartCount}'; }
was_restarted() { [ "$(restarts "$1")" -ge 1 ]; }
all_ok() { "$KZSYNC" status -n "$own" -o json | jq -e 'all(.modules[]; .state == "ok")'; }

test_pods_are_killed_from_the_node() {
    under_load killed
    local victim mark
    # At rest: the node brings it back; kzsync has nothing to do with it.
    mark=$(audit_mark)
    victim=$(pod_of web 0)
    kill_pod "$victim"
    check_soon 20 "the node has started $victim again" was_restarted "$victim"
    show "after the end of $victim"
    check_soon 20 "all is well" all_ok
    check_equal "what kzsync wrote about it" "$(requests "$mark" | grep -E "^(create|update|patch|delete) .*/namespaces/$ns/" || true)" ""
    # In the middle of an upgrade.
    release 2
    check_soon 30 "web is being upgraded" field_is deployment web '{.status.updatedReplicas}' 1
    kill_pod "$(pod_of web 0)"
    sleep 2
    kill_pod "$(pod_of web 1)"
    sleep 1
    show "in the upgrade, after the end of two pods of web"
    synced 60
    upgraded 2
    no_request_was_lost v1 v2
}

test_kzsync_is_killed_in_an_upgrade() {
    under_load engine
    local pause
    release 2
    check_soon 10 "the upgrade begins" field_is limitrange defaults '{.spec.limits[0].default.memory}' 62Mi
    for pause in 0 1.5 3; do
        sleep "$pause"
        kill -9 "$daemon"
        wait "$daemon" 2>/dev/null || true
        show "kzsync was killed"
        daemon
    done
    synced 60
    show "release 2"
    upgraded 2
    no_request_was_lost v1 v2
}

cluster_of_all --mode node
run_tests "$@"
