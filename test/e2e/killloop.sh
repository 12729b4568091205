#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of the daemon again and again, while commits change: at every write that it sends (before it reaches the
# server, when it was passed on, when it was answered), and at random moments, of its start too. After each kill no
# object is without its entry in the inventory; after each restart the live objects, the inventory and what git wants
# are the same set, what should live on has its uid, and what belongs to others is as it was.
#
#   killloop.sh            40 kills; KZ_KILLS=N so many; KZ_KILLS_JOBS=N daemons at a time (default 2), each with a
#                          platform of its own; KZ_KILLS_SEED chooses the random moments
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"
. "$here/../lib/faultproxy.sh"

kills=${KZ_KILLS:-40}
jobs=${KZ_KILLS_JOBS:-2}
seed=${KZ_KILLS_SEED:-$(date -u +%Y%m%d)}

# ---- what git wants ------------------------------------------------------------------------------------

object() { # MODULE KIND NAME FIELDS [ANNOTATION]
    local version=v1
    [ "$2" != Job ] || version=batch/v1
    put "modules/$1/$3.yaml" <<<"{apiVersion: $version, kind: $2, metadata: {name: $3, annotations: {${5:-}}}, $4}"
}

# turn N: the working tree of commit N: values change, an object has a new name, one comes or goes, one moves to another
# module, an immutable one is made anew, a hook changes, every third time a module is not there.
turn() {
    rm -rf "$repo/modules"
    mkdir -p "$repo/modules"
    module base
    module app "dependsOn: [base]"
    module extra
    namespace base
    object base ConfigMap keep "data: {key: \"$1\"}"
    object base ConfigMap "name-$1" 'data: {key: "1"}'
    object base ConfigMap fixed "immutable: true, data: {key: \"$1\"}" 'kubezero.com/recreate: allowed'
    object base Secret login "stringData: {password: \"$1\"}"
    object app Service s "spec: {ports: [{port: $((8000 + $1))}]}"
    object app Job before "spec: {completions: 0, template: {spec: {restartPolicy: Never, containers: [{name: main, image: registry.local/job:v1, command: [\"$1\"]}]}}}" \
        'argocd.argoproj.io/hook: PreSync'
    object extra ConfigMap rest 'data: {key: "1"}'
    object "$([ $(($1 % 2)) = 0 ] && echo app || echo extra)" ConfigMap moves "data: {key: \"$1\"}"
    [ $(($1 % 4)) -lt 2 ] || object extra ConfigMap sometimes 'data: {key: "1"}'
    [ $(($1 % 3)) = 0 ] || { module opt; object opt ConfigMap optional 'data: {key: "1"}'; }
    commit "turn $1"
    {
        echo "Namespace/$ns"
        sed -nE 's/.*kind: ([A-Za-z]+), metadata: \{name: ([^,]+),.*/\1\/\2/p' "$repo"/modules/*/*.yaml
    } | sort >"$scratch/wanted"
}
survivors='Namespace|ConfigMap/keep|ConfigMap/rest|ConfigMap/moves|Secret/login|Service/s'

# ---- what there is -------------------------------------------------------------------------------------

# labelled: "Kind/name uid" of what carries our label, the namespace too.
labelled() {
    local what label="labelSelector=kubezero.com%2Fplatform%3D$platform"
    for what in api/v1/namespaces api/v1/namespaces/$ns/{configmaps,secrets,services} apis/batch/v1/namespaces/$ns/jobs; do
        api "/$what?$label" || fail "the API server is away"
    done | jq -r '(.kind | rtrimstr("List")) as $kind | .items[] | "\($kind)/\(.metadata.name) \(.metadata.uid)"' | sort
}

known() {
    api "/api/v1/namespaces/$own/configmaps?labelSelector=kubezero.com%2Finventory%3D$platform" |
        jq -r '.items[].data.inventory | fromjson | . as $i | .objects[] | "\($i.kinds[.[0]][2])/\(.[4]) \(.[5])"' | sort
}

# survey: what carries our label in $scratch/live, what the inventory has in $scratch/known.
survey() {
    labelled >"$scratch/live"
    known >"$scratch/known"
}

# The inventory is read after the objects: what is written ahead is there when the object is.
check_no_orphan() {
    survey
    cut -d' ' -f1 "$scratch/known" >"$scratch/names"
    check_equal "orphans" "$(cut -d' ' -f1 "$scratch/live" | comm -23 - "$scratch/names" | paste -sd' ')" ""
}

is_settled() {
    survey
    cmp -s "$scratch/live" "$scratch/known" && cut -d' ' -f1 "$scratch/live" | cmp -s - "$scratch/wanted"
}

# Everything is as git wants it, and nothing else was touched.
check_settled() {
    synced 90
    local i
    for ((i = 0; i < 60; i++)); do
        ! is_settled || break
        sleep 0.5
    done
    check_no_diff "what lives and the inventory" "$scratch/live" "$scratch/known"
    cut -d' ' -f1 "$scratch/live" >"$scratch/names"
    check_no_diff "what is wanted and what lives" "$scratch/wanted" "$scratch/names"
    grep -E "^($survivors)" "$scratch/live" >"$scratch/survived"
    [ -e "$scratch/first" ] || cp "$scratch/survived" "$scratch/first"
    check_no_diff "who should live on" "$scratch/first" "$scratch/survived"
    strangers >"$scratch/others.now"
    check_no_diff "what belongs to others" "$scratch/others" "$scratch/others.now"
}

strangers() {
    api "/api/v1/namespaces/$ns/configmaps" |
        jq -r '.items[] | select(.metadata.name | IN("theirs", "labelled")) | "\(.metadata.uid) \(.metadata.resourceVersion)"'
}

# ---- killing -------------------------------------------------------------------------------------------

start_daemon() {
    : >"$scratch/log"
    "$KZSYNC" run -n "$own" --cache "$scratch/cache" --kubeconfig "$scratch/kubeconfig" --repo "file://$repo" \
        --interval 1s >>"$scratch/log" 2>&1 &
    daemon=$!
    echo "$daemon" >"$scratch/victim"
    echo "kill -9 $daemon" >"$scratch/at_end"
}

# arm RULE: from now on this meets the n-th of a sort.
arm() {
    local before
    before=$(grep -c '^rules' "$scratch/requests" || true)
    printf '%s\n' "$@" >"$scratch/rules"
    kill -USR1 "$proxy"
    check_soon 10 "the proxy has its rules" eval "[ \$(grep -c ^rules '$scratch/requests') -gt $before ]"
}

is_dead() { ! kill -0 "$daemon" 2>/dev/null; }

# Until the daemon was killed, or has come to rest without meeting the rule.
wait_for_kill() {
    local limit=$((SECONDS + 60)) rested=0
    until is_dead; do
        [ "$SECONDS" -lt "$limit" ] || fail "neither killed nor at rest"
        [ $((rested % 20)) != 0 ] || is_settled || rested=0
        [ $((rested += 1)) -lt 80 ] || return 0 # at rest for four seconds
        sleep 0.05
    done
}

buried() {
    wait "$daemon" 2>/dev/null && fail "the daemon ended by itself" || true
    ! grep -qE 'Sanitizer|runtime error:|^bug:' "$scratch/log" || fail "the daemon: $(grep -E 'Sanitizer|runtime error:|^bug:' "$scratch/log" | head -n 2)"
}

# one_loop NAME FIRST STEP: kills number FIRST, FIRST+STEP, ... of all; a line "NUMBER HOW reached" for each.
one_loop() {
    platform=$1 ns=$1 own=kz-$1 repo=$scratch/repo
    local n number=0 how at
    git init -q -b main "$repo"
    printf 'apiVersion: kubezero.com/v1beta1\nkind: Platform\nmetadata: {name: %s}\nspec: {}\n' "$platform" >"$repo/kubezero.yaml"
    kubectl create namespace "$ns" >/dev/null
    kubectl -n "$ns" create configmap theirs --from-literal=key=theirs >/dev/null
    kubectl -n "$ns" create configmap labelled --from-literal=key=theirs >/dev/null
    kubectl -n "$ns" label configmap labelled kubezero.com/platform=another kubezero.com/module=base >/dev/null
    strangers >"$scratch/others"
    proxy "$scratch" --rules "$scratch/rules"
    turn 0
    start_daemon
    check_settled
    # How many writes one sync has, with what follows it.
    arm
    turn 1
    check_settled
    sleep 3
    local writes
    writes=$(sed -n '/^rules/,$p' "$scratch/requests" | grep -E '^> [0-9]+ (PATCH|POST|PUT|DELETE) ' | grep -vcE '/leases|dryRun=')
    for ((n = $2; n < kills; n += $3)); do
        number=$((number + 1))
        turn $((number + 1))
        if [ $((n % 5)) -lt 3 ]; then # systematic: every write, in three ways
            how=(kill-before kill-sent kill-after)
            at=$((n / 5 % (writes + 2)))
            how=${how[n % 5]}
            arm "write@$at:$how"
            wait_for_kill
        else # at random, the second half of them while it starts
            how=random at=$((RANDOM % 1500))
            [ $((n % 5)) = 3 ] || { kill -9 "$daemon"; buried; start_daemon; how=start; }
            sleep "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))"
            kill -9 "$daemon"
        fi
        if [[ $how != kill-* ]] || is_dead; then
            buried
            echo "$n $how $at" >>"$scratch/kills"
            check_no_orphan
            start_daemon
        else
            arm # with nothing: what was not met must not strike later
            echo "$n $how $at not-reached" >>"$scratch/kills"
        fi
        check_settled
    done
    kill -TERM "$daemon"
    wait "$daemon" || fail "the last daemon ended with status $?: $(tail -n 2 "$scratch/log")"
    end_proxy "$scratch"
}

one_worker() (
    set +Ee
    trap - ERR
    outer=$scratch scratch=$scratch/$1
    mkdir "$scratch"
    : >"$scratch/kills"
    RANDOM=$((seed % 32768 + $2))
    (
        set -Eeuo pipefail
        trap '[ -s "$scratch/why" ] || echo "line $LINENO: $BASH_COMMAND failed" >"$scratch/why"' ERR
        one_loop "$@"
    ) >"$scratch/stdout" 2>"$scratch/stderr" ||
        echo "$1 after $(tail -n 1 "$scratch/kills"): $(cat "$scratch/why" 2>/dev/null || tail -n 3 "$scratch/stderr")" >>"$outer/failed"
    [ ! -e "$scratch/at_end" ] || while read -r command; do eval "$command"; done <"$scratch/at_end" >/dev/null 2>&1
    kill -TERM "$(cat "$scratch/proxy.pid" 2>/dev/null)" 2>/dev/null
    cat "$scratch/kills" >>"$outer/kills"
)

test_a_daemon_that_is_killed_loses_and_orphans_nothing() {
    local i
    : >"$scratch/failed"
    : >"$scratch/kills"
    for ((i = 0; i < jobs; i++)); do one_worker "loop$i" "$i" "$jobs" & done
    wait
    [ -z "${KZ_KILLS_RECORD:-}" ] || sort -n "$scratch/kills" >"$KZ_KILLS_RECORD"
    printf '     %d kills (%s), %d writes that the sync did not have\n' "$(grep -vc not-reached "$scratch/kills")" \
        "$(grep -v not-reached "$scratch/kills" | cut -d' ' -f2 | sort | uniq -c | awk '{ printf "%s%d %s", s, $1, $2; s = ", " }')" \
        "$(grep -c not-reached "$scratch/kills" || true)"
    [ ! -s "$scratch/failed" ] || fail "$(head -n 3 "$scratch/failed" | paste -sd';')"
    [ "$(grep -vc not-reached "$scratch/kills")" -gt $((kills / 2)) ] || fail "too few were killed"
}

cluster_of_all
proxy_certs
run_tests "$@"
