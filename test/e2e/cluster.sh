#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests of the test cluster itself: what all other end-to-end tests rely on. Needs root; takes about a minute
# when the Kubernetes programs are built. `cluster.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
cluster=$here/../lib/cluster
load=$here/../lib/load

# Others may run clusters at the same time: these have their own registry and indices from 64 on.
KZ_CLUSTERS=$(mktemp -d)
export KZ_CLUSTERS KZ_FIRST_INDEX=64
trap 'rm -rf "$KZ_CLUSTERS"' EXIT
others='kzc([0-9]|[1-5][0-9]|6[0-3])([^0-9]|$)'

# up ARG...: a cluster that this test owns; its variables are set here.
up() {
    # In the command substitution, BASHPID would be that of a shell which ends at once.
    local out owner=$BASHPID
    out=$("$cluster" up --owner "$owner" "$@" 2>"$scratch/up.err") || fail "cluster up $*: $(tail -n 1 "$scratch/up.err")"
    eval "$out"
    at_end "'$cluster' down '$KZ_CLUSTER'"
}

# machine_state FILE: everything that a cluster could leave on the machine.
machine_state() (
    set +e
    trap - ERR
    {
        ip -o link | sed 's/^[0-9]*: //'
        ip -4 route show table all
        ip -6 route show table all | grep -v ' expires '
        ip rule
        ip netns list 2>/dev/null
        sed 's/^[0-9]* [0-9]* //' /proc/self/mountinfo
        iptables-save 2>/dev/null | grep -v '^#' | sed 's/\[[0-9:]*\]//'
        find /sys/fs/cgroup -type d | sort
        find /run /var/lib /var/log /opt /etc /usr/libexec /home /srv -xdev -mindepth 1 2>/dev/null |
            grep -v '^/var/log/journal\|^/run/user\|^/var/lib/apt\|^/var/lib/dpkg' | sort
        sysctl -a 2>/dev/null | grep '^vm\.\|^kernel\.\|^net\.' | grep -v \
            'random\.\|nr_open\|pty\.nr\|dentry\|\.inode\|ns_last_pid\|_count = \|loadavg\|route\.flush\|^net\..*\.kzc'
        our_processes
        ls -A "$KZ_CLUSTERS" | grep -v '^\.'
    } 2>/dev/null | grep -vE "$others" >"$1"
    grep -q '^vm\.' "$1" # the list is whole
)

# our_processes: those that work in a folder of our clusters, or live in a mount namespace that shows one.
our_processes() {
    local process
    for process in /proc/[0-9]*; do
        if [[ $(readlink "$process/cwd") == "$KZ_CLUSTERS"/* ]] || grep -qs "$KZ_CLUSTERS" "$process/mountinfo"; then
            tr '\0' ' ' <"$process/cmdline"
            echo
        fi
    done
}

write_web() {
    cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 20
      containers:
      - name: web
        image: registry.local/web:v1
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

# deploy_web: sets $service, the address it answers at.
deploy_web() {
    write_web | kubectl apply -f - >/dev/null
    check_works "rollout of web" kubectl rollout status deployment/web --timeout=90s
    service=$(kubectl get service web -o 'jsonpath={.spec.clusterIP}')
    check_soon 20 "the Service answers" "$load" --requests 1 "http://$service/"
}

test_programs_are_position_independent() {
    local bin program
    bin=$("$here/../../node-image/kubernetes/build" 2>/dev/null)
    for program in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl etcd helm; do
        check_contains "$program" "$(readelf -h "$bin/$program")" 'DYN (Position-Independent'
    done
}

test_programs_have_their_versions() {
    local bin
    bin=$("$here/../../node-image/kubernetes/build" 2>/dev/null)
    check_equal kubelet "$("$bin/kubelet" --version)" "Kubernetes v1.32.0"
    check_contains kubectl "$("$bin/kubectl" version --client)" "Client Version: v1.32.0"
    check_contains etcd "$("$bin/etcd" --version)" "etcd Version: 3.5.16"
    check_contains helm "$("$bin/helm" version)" 'Version:"v3.17.2", GitCommit:"cc0bbbd6d6276b83880042c1ecb34087e84d41eb"'
}

test_control_plane_answers() {
    up
    check_equal readyz "$(kubectl get --raw /readyz)" ok
    check_contains version "$(kubectl version)" "Server Version: v1.32.0"
    kubectl create configmap seen --from-literal=key=value >/dev/null
    check_equal "the value" "$(kubectl get configmap seen -o 'jsonpath={.data.key}')" value
    # The controllers run: a namespace goes away with its content.
    kubectl create namespace short >/dev/null
    kubectl -n short create configmap inside >/dev/null
    check_works "deleting a namespace" kubectl delete namespace short --timeout=20s
}

test_control_plane_survives_its_parts() {
    up
    kubectl create configmap kept >/dev/null
    check_works "stop" "$cluster" stop "$KZ_CLUSTER" kube-apiserver
    ! kubectl get --raw /readyz --request-timeout=2s >/dev/null 2>&1 || fail "a stopped API server answers"
    check_works "start" "$cluster" start "$KZ_CLUSTER" kube-apiserver
    check_soon 30 "the API server is back" kubectl get configmap kept
    kill -KILL "$(<"$KZ_CLUSTER_DIR/parts/etcd.pid")"
    check_soon 30 "etcd was started again" kubectl create configmap later
}

test_node_rolls_a_deployment_without_a_lost_request() {
    up --mode node
    check_contains "the node" "$(kubectl get nodes)" "node1   Ready"
    deploy_web
    "$load" --rate 100 --seconds 60 --stop "$scratch/stop" "http://$service/" >"$scratch/load" &
    local client=$!
    sleep 1
    kubectl set image deployment/web web=registry.local/web:v2 >/dev/null
    check_works "rollout of v2" kubectl rollout status deployment/web --timeout=90s
    sleep 5
    touch "$scratch/stop"
    wait "$client" || fail "requests were lost: $(<"$scratch/load")"
    check_contains "the load" "$(<"$scratch/load")" '"failed":0'
    check_contains "the load" "$(<"$scratch/load")" '"v1":'
    check_contains "the load" "$(<"$scratch/load")" '"v2":'
}

# The counterpart of the test above: the client does see what a careless rollout loses.
test_load_sees_lost_requests() {
    up --mode node
    write_web | sed '/preStop/d; s/maxUnavailable: 0/maxUnavailable: 3/' | kubectl apply -f - >/dev/null
    check_works "rollout of web" kubectl rollout status deployment/web --timeout=90s
    local service
    service=$(kubectl get service web -o 'jsonpath={.spec.clusterIP}')
    check_soon 20 "the Service answers" "$load" --requests 1 "http://$service/"
    "$load" --rate 200 --seconds 60 --stop "$scratch/stop" "http://$service/" >"$scratch/load" &
    local client=$!
    sleep 0.5
    kubectl set image deployment/web web=registry.local/web:v2 >/dev/null
    check_works "rollout of v2" kubectl rollout status deployment/web --timeout=90s
    touch "$scratch/stop"
    ! wait "$client" || fail "no request was lost: $(<"$scratch/load")"
}

test_node_runs_what_modules_need() {
    up --mode node
    kubectl create configmap conf --from-literal=greeting=hello >/dev/null
    kubectl create secret generic word --from-literal=pass=s3cret >/dev/null
    kubectl apply -f - >/dev/null <<'END'
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 10Mi}, accessModes: [ReadWriteOnce], storageClassName: "", hostPath: {path: /var/lib/disk, type: DirectoryOrCreate}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], storageClassName: "", resources: {requests: {storage: 5Mi}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: job
        image: registry.local/busybox:1
        command: [/bin/sh, -c, "cat /conf/greeting > /disk/out; echo $(cat /disk/out) $(cat /word/pass) $KUBERNETES_SERVICE_HOST; nc -w 2 $KUBERNETES_SERVICE_HOST 443 </dev/null"]
        resources: {requests: {cpu: 10m, memory: 8Mi}, limits: {cpu: 200m, memory: 32Mi}}
        volumeMounts: [{name: disk, mountPath: /disk}, {name: conf, mountPath: /conf}, {name: word, mountPath: /word}]
      volumes:
      - {name: disk, persistentVolumeClaim: {claimName: disk}}
      - {name: conf, configMap: {name: conf}}
      - {name: word, secret: {secretName: word}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: web
    image: registry.local/web:v1
    env: [{name: GREETING, value: moin}]
    ports: [{containerPort: 8080, hostPort: 28080}]
    volumeMounts: [{name: conf, mountPath: /conf}]
  volumes: [{name: conf, configMap: {name: conf}}]
---
apiVersion: v1
kind: Pod
metadata: {name: crash}
spec: {containers: [{name: web, image: "registry.local/web:crash"}]}
END
    check_works "the Job" kubectl wait --for=condition=complete job/job --timeout=60s
    check_contains "the Job's log" "$(kubectl logs job/job)" "hello s3cret ${KZ_SERVICE_NET%.*}.1"
    check_works "the pod" kubectl wait --for=condition=ready pod/web --timeout=60s
    check_contains "exec" "$(kubectl exec web -- /bin/hostname)" web
    local pod
    pod=$(kubectl get pod web -o 'jsonpath={.status.podIP}')
    check_contains "the greeting" "$("$load" --requests 1 "http://$pod:8080/file?/conf/greeting")" '"hello":1'
    check_contains "hostPort" "$("$load" --requests 1 "http://$KZ_NODE_ADDRESS:28080/")" '"v1":1'
    kubectl patch configmap conf -p '{"data":{"greeting":"changed"}}' >/dev/null
    check_soon 30 "the pod sees its new configuration" \
        sh -c "'$load' --requests 1 'http://$pod:8080/file?/conf/greeting' | grep -q '\"changed\":1'"
    check_soon 30 "a crash is seen as such" \
        sh -c "kubectl get pod crash -o jsonpath={.status.containerStatuses[0].state.waiting.reason} | grep CrashLoopBackOff"
    check_contains "the crash's log" "$(kubectl logs crash --previous)" "cannot read its configuration"
}

test_two_nodes_side_by_side() {
    up --mode node
    local first=$KZ_CLUSTER first_service service
    deploy_web
    first_service=$service
    up --mode node
    [ "$first" != "$KZ_CLUSTER" ] || fail "both clusters are called $first"
    deploy_web
    kubectl set image deployment/web web=registry.local/web:v3 >/dev/null
    check_works "rollout of v3 in the second" kubectl rollout status deployment/web --timeout=90s
    sleep 5
    check_contains "the first" "$("$load" --requests 5 "http://$first_service/")" '"versions":{"v1":5}'
    check_contains "the second" "$("$load" --requests 5 "http://$service/")" '"versions":{"v3":5}'
    check_works "down of the first" "$cluster" down "$first"
    check_contains "the second" "$("$load" --requests 5 "http://$service/")" '"versions":{"v3":5}'
}

# routes: how the machine reaches its name servers, and a few addresses beyond.
routes() {
    local address
    for address in $(sed -n 's/^nameserver //p' /etc/resolv.conf) 10.0.0.1 10.255.255.53 172.16.0.1 192.168.0.1 1.1.1.1; do
        ip -o route get "$address" 2>&1 | sed 's/ cache.*//'
    done
}

test_the_machine_keeps_its_routes() {
    routes >"$scratch/before"
    up --mode node
    routes >"$scratch/during"
    check_no_diff "the way to other machines" "$scratch/before" "$scratch/during"
    # A second cluster must not take what a route of the machine covers.
    local next
    next=$(subnet_after "$KZ_NODE_ADDRESS")
    check_works "a route" ip route add unreachable "$next.7/32"
    at_end "ip route del unreachable $next.7/32"
    up --mode node
    [[ $KZ_NODE_ADDRESS != "$next".* ]] || fail "the second cluster took $KZ_NODE_ADDRESS, which has a route"
}

# subnet_after ADDRESS: the first /24 of the next cluster's block.
subnet_after() {
    local IFS=.
    set -- $1
    echo "$1.$2.$(($3 + 4))"
}

# gone NAME: no process, no registry entry.
gone() { ! "$cluster" list | grep -q "^$1 "; }

test_nothing_is_left_after_down() {
    machine_state "$scratch/before"
    up --mode node
    deploy_web
    check_works down "$cluster" down "$KZ_CLUSTER"
    machine_state "$scratch/after"
    check_no_diff "the machine" "$scratch/before" "$scratch/after"
}

# with_owner ARG...: a cluster owned by a process of its own; sets $owner.
with_owner() {
    sleep 600 &
    owner=$!
    local out
    out=$("$cluster" up --owner "$owner" "$@" 2>"$scratch/up.err") || fail "cluster up $*: $(tail -n 1 "$scratch/up.err")"
    eval "$out"
    at_end "'$cluster' down '$KZ_CLUSTER'; kill $owner"
}

test_nothing_is_left_after_the_owner_is_killed() {
    local mode owner
    for mode in control-plane node; do
        machine_state "$scratch/before"
        with_owner --mode "$mode"
        kill -KILL "$owner"
        check_soon 20 "the $mode cluster goes" gone "$KZ_CLUSTER"
        machine_state "$scratch/after"
        check_no_diff "the machine ($mode)" "$scratch/before" "$scratch/after"
    done
}

test_nothing_is_left_after_the_keeper_is_killed() {
    local mode owner
    for mode in control-plane node; do
        machine_state "$scratch/before"
        with_owner --mode "$mode"
        kill -KILL "$(<"$KZ_CLUSTER_DIR/keeper.pid")"
        check_soon 10 "the API server of $mode goes" sh -c "! pgrep -f '^$KZ_KUBE_BIN/kube-apiserver .*$KZ_CLUSTER_DIR'"
        check_works "sweeping" "$cluster" down "$KZ_CLUSTER"
        kill "$owner"
        wait "$owner" 2>/dev/null || true
        machine_state "$scratch/after"
        check_no_diff "the machine ($mode)" "$scratch/before" "$scratch/after"
    done
}

test_nothing_is_left_after_up_is_interrupted() {
    local delay starter signal
    for signal in INT KILL; do
        for delay in 0.05 0.4 1.5 3; do
            machine_state "$scratch/before"
            # A shell that starts a job in the background makes it ignore SIGINT; setsid and a trap do not help, env does.
            env --default-signal=INT "$cluster" up --mode node >/dev/null 2>"$scratch/up.err" &
            starter=$!
            sleep "$delay"
            kill -"$signal" "$starter"
            wait "$starter" 2>/dev/null || true
            check_soon 20 "all clusters go (SIG$signal after $delay s)" \
                sh -c "[ -z \"\$('$cluster' list | grep -v ^NAME | grep -v ' ready ')\" ]"
            "$cluster" down --all 2>/dev/null || true
            machine_state "$scratch/after"
            check_no_diff "the machine (SIG$signal after $delay s)" "$scratch/before" "$scratch/after"
        done
    done
}

test_wrong_use_gives_one_line() {
    local out
    ! out=$("$cluster" up --mode moon 2>&1) || fail "mode moon was accepted"
    check_equal "mode moon" "$out" "cluster: mode 'moon' is neither control-plane nor node; see: cluster help"
    ! out=$("$cluster" up --version 1.2.3 2>&1) || fail "version 1.2.3 was accepted"
    check_contains "version 1.2.3" "$out" "Kubernetes '1.2.3' is not supported; choose one of: 1.32.0"
    ! out=$("$cluster" logs nosuch 2>&1) || fail "logs of nosuch was accepted"
    check_contains "logs nosuch" "$out" "no cluster 'nosuch'"
    ! out=$("$cluster" up --apiserver-arg --no-such-flag 2>&1) || fail "a wrong flag was accepted"
    check_contains "--no-such-flag" "$out" "kube-apiserver ended with status 1: "
    check_contains "--no-such-flag" "$out" "unknown flag: --no-such-flag"
    check_contains "--no-such-flag" "$out" "/.failed/c"
    ! out=$(PATH=/usr/bin/nothing /bin/bash "$cluster" up 2>&1) || fail "up without any program works"
}

run_tests "$@"
