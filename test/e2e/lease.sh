#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who leads, on a real API server: several kzsync for one platform, killed, ended, stopped and continued. Each
# runs as a user of its own, so that the audit log tells their writes apart. `lease.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# simple NAME [N]: a platform with one module `base`: namespace and ConfigMaps c1..cN.
simple() {
    new_platform "$1"
    module base
    namespace base
    values "${2:-2}" 1
    commit
}

# values N VALUE: what the ConfigMaps hold.
values() {
    local i
    for i in $(seq "$1"); do config_map base "c$i" "$2"; done
}

# one NAME: kzsync run as user PLATFORM-NAME with a cache of its own, log in $scratch/NAME.log; sets $pid.
one() {
    local config=$scratch/$1.kubeconfig user=$platform-$1
    sed "s/^  user:\$/  user:\n    as: $user/" "$KUBECONFIG" >"$config"
    kubectl create clusterrolebinding "$user" --clusterrole cluster-admin --user "$user" >/dev/null 2>&1 || true
    "$KZSYNC" run --kubeconfig "$config" -n "$own" --cache "$scratch/cache-$1" --repo "file://$repo" --interval 1s \
        >>"$scratch/$1.log" 2>&1 &
    pid=$!
    at_end "kill -9 $pid"
}

says() { grep -q "$2" "$scratch/$1.log"; }
leads() { says "$1" 'to=leader'; }
holder() { kubectl -n "$own" get lease "kzsync-$platform" -o 'jsonpath={.spec.holderIdentity}'; }
epoch() { kubectl -n "$own" get lease "kzsync-$platform" -o 'jsonpath={.spec.leaseTransitions}'; }

epoch_is() { [ "$(epoch)" = "$1" ]; }

# seconds_until LIMIT COMMAND...: prints how long it took; fails after LIMIT s.
seconds_until() {
    local start=$EPOCHREALTIME limit=$1
    shift
    until "$@"; do
        awk "BEGIN { exit !($EPOCHREALTIME - $start > $limit) }" && fail "not within $limit s: $*"
        sleep 0.02
    done
    awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $start }"
}

# writes NAME SINCE: "verb uri" of what changed something after the audit log had SINCE lines.
writes() {
    tail -n "+$(($2 + 1))" "$KZ_AUDIT" | jq -r --arg u "$platform-$1" 'select(.impersonatedUser.username == $u) |
        select(.verb | IN("create", "update", "patch", "delete")) | select(.responseStatus.code < 300) |
        "\(.verb) \(.requestURI)"' | grep -v dryRun || true
}

works_since() { writes "$1" "$2" | grep -q "/namespaces/$ns/configmaps/c"; }

test_one_leads_and_the_next_takes_over() {
    simple takeover
    local took first second
    one a
    first=$pid
    synced
    one b
    second=$pid
    check_soon 10 "the second stands by" says b 'standby leader='
    check_contains "the holder" "$(holder)" "$(hostname)_"
    check_equal "who leads by status" "$("$KZSYNC" status -n "$own" -o json | jq -r .leader)" "$(holder)"
    check_contains "the table of status" "$("$KZSYNC" status -n "$own")" "led by $(holder)"
    check_contains "the standby's word" "$(grep standby "$scratch/b.log")" "leader=$(holder)"
    # Only the leader works.
    values 2 2
    commit second
    synced
    check_equal "writes of the standby" "$(writes b 0)" ""
    # SIGTERM: at once.
    kill -TERM "$first"
    took=$(seconds_until 3 leads b)
    echo "takeover after SIGTERM: $took s"
    status=0
    wait "$first" || status=$?
    check_equal "status of the one that was ended" "$status" 0
    check_contains "the log of the one that was ended" "$(cat "$scratch/a.log")" "to=released"
    values 2 3
    commit third
    synced
    # kill -9: when the lease has run out.
    one c
    check_soon 10 "the third stands by" says c 'standby leader='
    kill -9 "$second"
    took=$(seconds_until 17 leads c)
    echo "takeover after kill -9: $took s"
    values 2 4
    commit fourth
    synced
    check_equal "epoch" "$(epoch)" 3
    check_equal "c1" "$(field cm c1 '{.data.key}')" 4
    check_no_orphans
}

test_a_leader_that_was_stopped_ends_without_a_write() {
    simple stopped 150
    local leader mark
    one a
    leader=$pid
    synced 60
    one b
    check_soon 10 "the second stands by" says b 'standby leader='
    values 150 2
    mark=$(audit_mark)
    commit second
    check_soon 20 "the leader is in the middle of it" works_since a "$mark"
    kill -STOP "$leader"
    at_end "kill -CONT $leader"
    seconds_until 17 leads b >/dev/null
    sleep 5
    mark=$(audit_mark)
    kill -CONT "$leader"
    status=0
    wait "$leader" || status=$?
    check_equal "status of the one that was stopped" "$status" 6
    check_contains "its log" "$(cat "$scratch/a.log")" "to=lost"
    synced 60
    check_equal "writes of the one that was stopped" "$(writes a "$mark")" ""
    check_equal "c150" "$(field cm c150 '{.data.key}')" 2
    check_no_orphans
}

test_an_api_server_that_is_away_does_not_cost_the_lead() {
    simple away
    at_end "'$top/test/lib/cluster' start $KZ_CLUSTER kube-apiserver"
    local before
    one a
    synced
    before=$(holder)/$(epoch)
    "$top/test/lib/cluster" stop "$KZ_CLUSTER" kube-apiserver
    sleep 11
    values 2 2
    commit second
    "$top/test/lib/cluster" start "$KZ_CLUSTER" kube-apiserver
    check_soon 20 "the API server answers" kubectl get --raw /readyz
    synced 60
    check_equal "holder and epoch" "$(holder)/$(epoch)" "$before"
    check_contains "the log" "$(cat "$scratch/a.log")" "to=late"
    check_contains "the log" "$(cat "$scratch/a.log")" "from=late to=leader"
    kill -0 "$pid" || fail "the leader ended: $(tail -n 3 "$scratch/a.log")"
}

test_a_process_that_is_started_again_leads_at_once() {
    simple again
    local took
    one a
    synced
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
    : >"$scratch/a.log"
    one a
    took=$(seconds_until 2 leads a)
    echo "the same process again after kill -9: leads after $took s"
    check_equal "epoch" "$(epoch)" 2
    synced
}

test_apply_beside_a_daemon_is_refused() {
    simple beside
    one a
    synced
    values 2 2
    kz apply "$repo" --progress none
    check_equal "status" "$status" 6
    check_contains "the error" "$(cat "$scratch/err")" "kzsync run ($(holder)) keeps platform beside"
    check_contains "the error" "$(cat "$scratch/err")" "push the change to that source"
    check_equal "c1" "$(field cm c1 '{.data.key}')" 1
    check_contains "the error" "$(cat "$scratch/err")" "--pause-run"
    kz plan "$repo"
    check_equal "status of plan" "$status" 0
    # Asked to stand by, the daemon lets it; then it goes on, by its own source.
    kz apply "$repo" --progress none --pause-run
    check_equal "status of apply --pause-run: $(cat "$scratch/err")" "$status" 0
    check_contains "the result" "$(cat "$scratch/out")" "2 applied"
    check_soon 20 "the daemon leads again" epoch_is 3
    check_soon 10 "the daemon goes by its own source" field_is cm c1 '{.data.key}' 1
    kill -0 "$pid" || fail "the daemon ended: $(tail -n 3 "$scratch/a.log")"
    kill -TERM "$pid"
    wait "$pid" || true
    apply
    check_equal "c1 after apply" "$(field cm c1 '{.data.key}')" 2
    check_equal "the holder after apply" "$(holder)" ""
}

cluster_of_all
run_tests "$@"
