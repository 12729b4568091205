#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kzsync behind a proxy that does what networks, balancers and dying servers do (test/faultproxy), on a real API
# server. A reference sync of three modules (changes, a prune, a move, a hook) is run again and again, and each time
# another of its requests meets another fault. However it goes, the cluster ends the same, nothing is deleted that
# should live, and no process crashes or hangs. docs/internals/faults.md has the figures of a full run.
#
#   faults.sh [TEST...]          a sample that takes some minutes; KZ_FAULTS_SEED chooses it (default: the day)
#   KZ_FAULTS=full faults.sh     every request of the sync with every fault, and every region of bytes
#   KZ_FAULTS_JOBS=N             so many syncs at a time (default 6): most faults are waited out
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"
. "$here/../lib/faultproxy.sh"

full=${KZ_FAULTS:-}
seed=${KZ_FAULTS_SEED:-$(date -u +%Y%m%d)}
jobs=${KZ_FAULTS_JOBS:-6}
# The longest that a sync with one fault may take: two limits of 20 s for a request that is never answered, the
# pauses between, and a busy machine.
patience=150

# ---- the proxy itself ----------------------------------------------------------------------------------

# through FAULT STATUS [CURL-OPTION...]: what curl (its exit status, or the HTTP status) makes of a request for
# /version that meets FAULT.
through() {
    local want=$2 got=0 version
    for version in --http2 --http1.1; do
        proxy "$scratch" --fault "any@0:$1" || fail "no proxy"
        got=0
        curl -sS $version --cacert "$proxy_dir/ca.pem" --max-time 1 -o "$scratch/body" -w '%{http_code}' "${@:3}" \
            "$(sed -n 's/.*server: "\([^"]*\)".*/\1/p' "$scratch/kubeconfig")/version" >"$scratch/code" 2>"$scratch/err" || got=$?
        [ "$got" != 0 ] || got=$(<"$scratch/code")
        end_proxy "$scratch" || fail "the proxy: $(cat "$scratch/proxy.err")"
        # Which error a torn connection is, is a matter of where curl just was.
        [[ " $want " == *" $got "* ]] || fail "curl $version and $1: want one of '$want', got '$got': $(cat "$scratch/err")"
    done
}

test_the_proxy_does_what_it_is_told() {
    local torn="16 18 35 52 55 56 92"
    local rule
    for rule in any@0:none any@0:reset-in=3 conn@0:lost some@0:lost any@:lost any@0 any@0:lost=x any@1~:lost; do
        ! proxy "$scratch" --fault "$rule" 2>/dev/null || fail "'$rule' is taken"
    done
    through slow=0 28
    through hang 28
    through dark 28
    through dark-reply=10 28
    through lost-hang 28
    through reset-request=0 "$torn"
    through reset-request=50% "$torn"
    through reset-reply=0 "$torn"
    through reset-reply=30 "$torn"
    through cut-reply=30 "$torn"
    through lost "$torn"
    through goaway "$torn"
    through status=429 429
    through done-status=504 504
    through gone 410
    through truncate=10 200
    check_equal "a truncated body" "$(wc -c <"$scratch/body")" 10
    through double 200
    check_equal "a body twice" "$(jq -rs 'map(.major) | join(" ")' "$scratch/body")" "1 1"
    through reset-reply=100000 200
}

# ---- the reference sync --------------------------------------------------------------------------------

object() { # PATH KIND NAME FIELDS [ANNOTATION]
    local version=v1
    [ "$2" != Job ] || version=batch/v1
    printf '{apiVersion: %s, kind: %s, metadata: {name: %s, annotations: {%s}}, %s}\n' "$version" "$2" "$3" \
        "${5:-}" "$4" >"$repo/modules/$1/$3.yaml"
}

# A Job that is complete as soon as its controller has seen it: it wants no pod.
job_fields() { # COMMAND
    echo "spec: {completions: 0, template: {spec: {restartPolicy: Never, containers: [{name: main, image: registry.local/job:v1, command: [$1]}]}}}"
}

# state_a, state_b: what the platform is before and after the sync that is swept.
state_a() {
    mkdir -p "$repo/modules"
    printf 'apiVersion: kubezero.com/v1beta1\nkind: Platform\nmetadata: {name: %s}\nspec: {}\n' "$platform" >"$repo/kubezero.yaml"
    module base
    module app "dependsOn: [base]"
    module extra
    namespace base
    object base ConfigMap a 'data: {key: "1"}'
    object base ConfigMap b 'data: {key: "1"}'
    object base ConfigMap fixed 'immutable: true, data: {key: "1"}' 'kubezero.com/recreate: allowed'
    object base Secret login 'stringData: {password: one}'
    object app ConfigMap c 'data: {key: "1"}'
    object app Service s 'spec: {ports: [{port: 80}]}'
    object app Job before "$(job_fields one)" 'argocd.argoproj.io/hook: PreSync'
    object extra ConfigMap moved 'data: {key: "1"}'
    object extra ConfigMap left 'data: {key: "1"}'
}

state_b() {
    object base ConfigMap a 'data: {key: "2"}'
    rm "$repo/modules/base/b.yaml"
    object base ConfigMap fixed 'immutable: true, data: {key: "2"}' 'kubezero.com/recreate: allowed'
    object base ConfigMap new 'data: {key: "1"}'
    object base Secret login 'stringData: {password: two}'
    object app ConfigMap c 'data: {key: "2"}'
    object app Service s 'spec: {ports: [{port: 81}]}'
    object app Job before "$(job_fields two)" 'argocd.argoproj.io/hook: PreSync'
    mv "$repo/modules/extra/moved.yaml" "$repo/modules/app/"
}

survivors='ConfigMap/a ConfigMap/c ConfigMap/moved ConfigMap/left Secret/login Service/s'

# snapshot FILE: all objects of the platform's namespace, and what the inventory has, without what differs from one
# run to the next. FILE.uids: "Kind/name uid".
snapshot() {
    kubectl -n "$ns" get configmaps,secrets,services,jobs -o json >"$1.json" || fail "the API server is away"
    jq -r '.items[] | "\(.kind)/\(.metadata.name) \(.metadata.uid)"' "$1.json" | sort >"$1.uids"
    {
        jq -cS '.items[] | {kind, name: .metadata.name, labels: .metadata.labels, annotations: .metadata.annotations,
            managers: [.metadata.managedFields[]? | select(.subresource == null) | .manager] | unique,
            data, immutable, ports: .spec.ports?, command: .spec.template?.spec?.containers?[0].command}' "$1.json" |
            sed "s/$platform/PLATFORM/g; s/\"kubezero.com\/hook-run\":\"[0-9a-f]*\"//; s/\"[a-z.-]*controller-uid\":\"[^\"]*\",\{0,1\}//g"
        inventory | sed "s/$platform/PLATFORM/g" | cut -d' ' -f1
    } >"$1"
    # The inventory knows each object by the uid that it has.
    inventory | sed -n "s, *\([A-Za-z]*\)/$ns/\([^ ]*\) \(.*\),\1/\2 \3,p" | sort >"$1.known"
    comm -23 "$1.known" "$1.uids" >"$1.wrong"
}

inventory_is_right() {
    snapshot "$scratch/now"
    [ ! -s "$scratch/now.wrong" ]
}

# begin NAME: a platform of this name in state A, made without the proxy.
begin() {
    platform=$1 ns=$1 own=kz-$1 repo=$scratch/repo
    state_a
    kz apply "$repo" --progress none
    check_equal "the first state: $(tail -n 3 "$scratch/err" | paste -sd' ') status" "$status" 0
    kubectl -n "$ns" create configmap stranger --from-literal=key=theirs >/dev/null
    snapshot "$scratch/a"
}

# through_proxy: kzsync apply through the proxy. A process that is still there when patience ends is a failure.
through_proxy() {
    local began=$EPOCHREALTIME
    status=0
    timeout -k 5 "$patience" "$KZSYNC" apply -n "$own" --cache "$scratch/cache" --kubeconfig "$scratch/kubeconfig" \
        "$repo" --progress none >"$scratch/out" 2>"$scratch/err" || status=$?
    [ "$status" != 124 ] || fail "not ended after $patience s"
    check_sane
    took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
}

# check_end: state B and nothing else.
check_end() {
    snapshot "$scratch/b"
    check_no_diff "the end" "$reference" "$scratch/b"
    check_equal "the inventory's uids that no object has" "$(cat "$scratch/b.wrong")" ""
    local one
    for one in $survivors ConfigMap/stranger; do
        check_equal "uid of $one" "$(grep "^$one " "$scratch/b.uids")" "$(grep "^$one " "$scratch/a.uids")"
    done
}

# How many requests or connections met a fault.
hits() { awk '/^[>c]/ && $NF != "none"' "$scratch/requests" | wc -l; }

# one_apply NAME RULE: the sync with this fault. It succeeds, or says why and the next one succeeds.
# Its line of results: "NAME RULE first-status ms hit".
one_apply() {
    begin "$1"
    state_b
    proxy "$scratch" --fault "$2" $3
    through_proxy
    local first=$status ms=$took
    if [ "$first" != 0 ]; then
        grep -qE '^(error|held): ' "$scratch/err" || fail "status $first without an error: $(tail -n 3 "$scratch/err" | paste -sd' ')"
        cp "$scratch/err" "$scratch/err.first"
        through_proxy
        check_equal "status of the next run: $(tail -n 3 "$scratch/err" | paste -sd' ')" "$status" 0
    fi
    end_proxy "$scratch" || fail "the proxy: $(head -n 3 "$scratch/proxy.err")"
    check_end
    echo "$2 $first $ms $(hits)" >"$scratch/result"
}

# one_daemon NAME RULE: the daemon starts behind the proxy, in state A, and meets the commit of B. It comes right by
# itself.
one_daemon() {
    begin "$1"
    git init -q -b main "$repo"
    commit a
    proxy "$scratch" --fault "$2" $3
    daemon --kubeconfig "$scratch/kubeconfig"
    local began=$EPOCHREALTIME
    synced "$patience"
    state_b
    commit b
    synced "$patience"
    check_soon 30 "b goes" is_gone configmap b
    took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
    check_soon 10 "the inventory is written" inventory_is_right
    end_daemon
    end_proxy "$scratch" || fail "the proxy: $(head -n 3 "$scratch/proxy.err")"
    check_end
    echo "$2 0 $took $(hits)" >"$scratch/result"
}

# run_case HOW NAME RULE [PROXY-OPTIONS]: one case in a folder of its own; "FAIL ..." to stdout when it fails.
run_case() (
    set +Ee
    trap - ERR
    scratch=$scratch/$2
    mkdir "$scratch"
    (set -Eeuo pipefail
        trap '[ -s "$scratch/why" ] || echo "line $LINENO: $BASH_COMMAND failed" >"$scratch/why"' ERR
        "$1" "$2" "$3" "${4:-}") >"$scratch/stdout" 2>"$scratch/stderr"
    local how=$?
    [ ! -e "$scratch/at_end" ] || while read -r command; do eval "$command"; done <"$scratch/at_end" >/dev/null 2>&1
    kill -TERM "$(cat "$scratch/proxy.pid" 2>/dev/null)" 2>/dev/null
    if [ "$how" = 0 ]; then
        cat "$scratch/result"
    else
        echo "FAIL $2 $3: $(cat "$scratch/why" 2>/dev/null || tail -n 3 "$scratch/stderr")"
        [ -z "${KZ_KEEP:-}" ] || { cp -r "$scratch" "$KZ_KEEP/"; }
    fi
    rm -rf "$scratch"
)

# sweep HOW NAME: runs the rules from stdin, several at a time; results in $scratch/results.
sweep() {
    local rule n=0
    : >"$scratch/results"
    while read -r rule; do
        while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
        n=$((n + 1))
        run_case "$1" "$2-$n" "${rule%% *}" "$(grep -o ' --.*' <<<"$rule" || true)" >>"$scratch/results" &
    done
    wait
    [ -z "${KZ_FAULTS_RECORD:-}" ] || cp "$scratch/results" "$KZ_FAULTS_RECORD/$2"
    local failed
    failed=$(grep -c ^FAIL "$scratch/results" || true)
    printf '     %s: %d syncs, %d met their fault, %d failed at first, the longest %.1f s, %d wrong\n' "$2" "$n" \
        "$(awk '!/^FAIL/ && $4 > 0' "$scratch/results" | wc -l)" "$(awk '!/^FAIL/ && $2 != 0' "$scratch/results" | wc -l)" \
        "$(awk '!/^FAIL/ && $3 > m { m = $3 } END { print m / 1000 }' "$scratch/results")" "$failed"
    [ "$failed" = 0 ] || fail "$failed of $n: $(grep ^FAIL "$scratch/results" | head -n 5 | paste -sd';')"
}

# make_reference: the same sync without a fault, once for all tests; $reference is where it ends, $count how many
# requests it has.
make_reference() {
    reference=$KZ_AUDIT_DIR/reference
    if [ ! -e "$reference.count" ]; then
        begin plain
        state_b
        proxy "$scratch"
        through_proxy
        check_equal "status without a fault: $(tail -n 3 "$scratch/err" | paste -sd' ')" "$status" 0
        end_proxy "$scratch"
        snapshot "$reference"
        grep -q '"name":"new"' "$reference" && ! grep -q '"name":"b"' "$reference" || fail "the reference is not state B"
        requests_seen "$scratch" >"$reference.count"
        rm -r "$repo"
    fi
    count=$(<"$reference.count")
    [ "$count" -gt 30 ] || fail "only $count requests"
}

faults='reset-request=50% reset-reply=60% cut-reply=40% lost hang slow=0 status=429 status=503 done-status=504
    goaway dark lost-hang truncate=50% double gone status=500'

# sample N: N lines of stdin, chosen by the seed; in a full run all of them, in an order by the seed, so that one that
# is ended early has seen a bit of everything.
sample() {
    shuf $([ -n "$full" ] || echo "-n $1") \
        --random-source=<(openssl enc -aes-128-ctr -pass "pass:$seed" -nosalt -pbkdf2 </dev/zero 2>/dev/null)
}

cases() { # COUNT
    local i fault
    for fault in $faults; do
        for ((i = 0; i < $1; i++)); do echo "any@$i:$fault"; done
    done
}

test_every_request_meets_every_fault() {
    make_reference
    echo "     the reference sync has $count requests"
    sweep one_apply apply < <(cases "$count" | sample 24)
}

test_every_request_of_a_daemon_meets_every_fault() {
    make_reference
    sweep one_daemon daemon < <(cases $((count + 16)) | sample 10)
}

# Bytes on the wire from the first of the handshake on, in both directions. A connection brings some 60 KB.
test_every_region_of_bytes() {
    make_reference
    sweep one_apply bytes < <(
        {
            for n in $(seq 0 200 4000) $(seq 5000 1000 60000); do
                echo "conn@0:reset-out=$n"
                echo "conn@0:cut-out=$((n + 50))"
                echo "conn@0:dark-out=$((n + 100))"
            done
            for n in $(seq 0 100 9000); do echo "conn@0:reset-in=$n"; done
        } | sample 10
    )
}

# One of seven requests, and watches too, meets something, one sync after another until one succeeds.
one_chaos() {
    begin "$1"
    state_b
    proxy "$scratch" --seed "${2#seed-}" --chaos 150
    local tries=0 began=$EPOCHREALTIME
    until through_proxy && [ "$status" = 0 ]; do
        grep -qE '^(error|held): ' "$scratch/err" || fail "status $status without an error: $(tail -n 3 "$scratch/err" | paste -sd' ')"
        ! grep -q '^back: ' "$scratch/err" || fail "went back: $(cat "$scratch/err")"
        [ $((tries += 1)) -lt 20 ] || fail "status $status after $tries syncs: $(tail -n 3 "$scratch/err" | paste -sd' ')"
    done
    end_proxy "$scratch" || fail "the proxy: $(head -n 3 "$scratch/proxy.err")"
    check_end
    echo "$2 $tries $(((${EPOCHREALTIME/./} - ${began/./}) / 1000)) $(hits)" >"$scratch/result"
}

test_chaos_ends_well() {
    make_reference
    sweep one_chaos chaos < <(seq -f "seed-$seed%03g" $([ -n "$full" ] && echo 100 || echo 4))
}

# ---- faults that last ----------------------------------------------------------------------------------

# What nobody's revision is to blame for: each write after the first ones is answered so, for longer than a request is
# tried again.
test_trouble_of_the_server_is_no_reason_to_go_back() {
    make_reference
    sweep one_apply trouble < <(for status in 401 429 500 503; do echo "write@2+20:status=$status"; done)
}

# Each watch, and each list for one of two, is too old for four seconds; drift and commits go on afterwards.
test_a_storm_of_410() {
    make_reference
    begin storm
    git init -q -b main "$repo"
    commit a
    proxy "$scratch" --fault watch@0~4000:gone --fault list@8+2:gone
    daemon --kubeconfig "$scratch/kubeconfig"
    synced 60
    state_b
    commit b
    synced 60
    kubectl -n "$ns" delete configmap a >/dev/null
    check_soon 60 "drift is repaired" exists configmap a
    end_daemon
    end_proxy "$scratch"
    [ "$(hits)" -gt 5 ] || fail "only $(hits) requests met it"
    check_equal "requests in the storm: at most some a second for each kind: $(hits)" "$([ "$(hits)" -lt 80 ] && echo few)" few
    check_equal "survivors" "$(kubectl -n "$ns" get configmap c moved left stranger -o name | wc -l)" 4
}

# ---- a server that goes away ---------------------------------------------------------------------------

writes_seen() { [ "$(requests_seen "$scratch" '(PATCH|POST|PUT|DELETE)')" -ge "$1" ]; }

# outage NAME AFTER COMMAND: the daemon is at its AFTER-th write when COMMAND takes the server away and brings it back.
outage() {
    begin "$1"
    git init -q -b main "$repo"
    commit a
    proxy "$scratch"
    daemon --kubeconfig "$scratch/kubeconfig"
    synced 60
    local writes
    writes=$(requests_seen "$scratch" '(PATCH|POST|PUT|DELETE)')
    state_b
    commit b
    check_soon 20 "write $2" writes_seen $((writes + $2))
    $3
    check_soon 60 "the API server answers" kubectl get --raw /readyz
    synced 120
    check_soon 60 "b goes" is_gone configmap b
    check_soon 10 "the inventory is written" inventory_is_right
    end_daemon
    end_proxy "$scratch"
    check_end
}

restart() { # SIGNAL
    "$top/test/lib/cluster" stop "$KZ_CLUSTER" kube-apiserver "$1"
    sleep 1
    "$top/test/lib/cluster" start "$KZ_CLUSTER" kube-apiserver
}
restart_killed() { restart KILL; }
restart_politely() { restart TERM; }
pause_etcd() {
    local pid
    pid=$(<"$KZ_CLUSTER_DIR/parts/etcd.pid")
    kill -STOP "$pid"
    at_end "kill -CONT $pid"
    sleep 20
    kill -CONT "$pid"
}

outages() { # NAME COMMAND
    local i
    at_end "'$top/test/lib/cluster' start $KZ_CLUSTER kube-apiserver"
    make_reference
    for i in $([ -n "$full" ] && echo 0 1 2 3 4 5 6 8 10 12 || echo 3); do
        outage "$1$i" "$i" "$2"
        rm -r "$repo" "$scratch/cache" "$scratch/log"
    done
}

test_an_api_server_that_is_killed_in_mid_sync() { outages killed restart_killed; }
test_an_api_server_that_ends_in_mid_sync() { outages ended restart_politely; }
test_an_etcd_that_stops_for_a_while() { outages paused pause_etcd; }

cluster_of_all
proxy_certs
run_tests "$@"
