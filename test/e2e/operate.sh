#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# docs/operating.md, from its first command to its last, on a real node: from an empty cluster to `kzsync bootstrap`, changes,
# a rollback, a pause, an approval, a window, an upgrade of kzsync through git, a bad release, a killed leader, and the
# end of kzsync. The commands are those of the page (test/lib/page), and none of it is left out; what this script does
# itself is what an operator does not do: requests all the time, of which none may fail, and misfortune. Needs root.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"
. "$here/../lib/pods.sh"
load=$top/test/lib/load
page=$top/docs/operating.md
old=0.1.0 new=0.3.0 # versions that the two images call themselves
export GIT_AUTHOR_NAME='J. Meyer' GIT_COMMITTER_NAME='J. Meyer'

# ---- the operator's desk -----------------------------------------------------------------------------------------

# desk: $home with a working copy of the platform, keys, and program kzsync.
desk() {
    home=$scratch/home repo=$home/platform own=kzsync-system ns=shop platform=shop
    mkdir -p "$home/bin"
    cp -r "$top/examples/shop" "$repo"
    opens_at "$(($(date +%s) + 12 * 3600))"
    git init -q -b main "$repo"
    commit "the platform"
    git clone -q --bare "$repo" "$KZ_GIT_REPOS/platform.git" 2>/dev/null
    git -C "$repo" remote add origin "$KZ_GIT_REPOS/platform.git"
    git -C "$repo" push -qu origin main
    credential "$home/keys/git" url "$KZ_GIT_HTTPS" username kz password "$KZ_GIT_PASSWORD" ca.crt "$(<"$KZ_GIT_DIR/ca.crt")"
    printf '%s\t%s\n' https://git.example.com "$KZ_GIT_HTTPS/private" >"$scratch/stand-ins"
    : >"$scratch/ran"
}

# install_program VERSION
install_program() {
    KZSYNC=$(program "$1")
    ln -sf "$KZSYNC" "$home/bin/kzsync"
}

# do_page NAME...: runs these blocks of the page.
do_page() {
    local name start
    for name; do
        start=$(now)
        (cd "$repo" && HOME=$home PATH=$home/bin:$PATH KZ_PAGE_STAND_INS=$scratch/stand-ins \
            "$top/test/lib/page" run "$page" "$name" 2>"$scratch/page.err") || fail "$(<"$scratch/page.err")"
        echo "# $name: $(($(now) - start)) ms"
        echo "$name" >>"$scratch/ran"
    done
}

# opens_at TIME: the platform's window begins in that minute of each day, as the platform's time zone has it.
opens_at() {
    sed -i "s/allow: \"[^\"]*\"/allow: \"$(TZ=Europe/Berlin date -d "@$1" '+%-M %-H * * *')\"/" "$repo/kubezero.yaml"
}

# ---- traffic -----------------------------------------------------------------------------------------------------

# traffic: requests begin with the first answer and end with end_traffic.
traffic() {
    at_end 'kill "$(<"$scratch/client")"'
    (
        until url=http://$(kubectl -n shop get service front -o 'jsonpath={.spec.clusterIP}')/ && "$load" --requests 1 "$url"; do
            sleep 0.2
        done >/dev/null 2>&1
        echo "$BASHPID" >"$scratch/client"
        exec "$load" --rate 50 --threads 16 --seconds 900 "$url" >"$scratch/load" 2>&1
    ) &
    client=$!
}

end_traffic() {
    sleep 1 # what ends last ends under load, too
    kill -TERM "$client"
    wait "$client" || fail "requests were lost: $(<"$scratch/load")"
    check_equal "failed requests of $(<"$scratch/load")" "$(jq .failed "$scratch/load")" 0
    check_equal "the versions of web that answered" "$(jq -r '.versions | keys | join(" ")' "$scratch/load")" "v1 v2 v3"
    echo "$(jq .requests "$scratch/load") requests, 0 failed; by version: $(jq -c .versions "$scratch/load")"
}

image_is() { field_is "$1" "$2" '{.spec.template.spec.containers[0].image}' "registry.local/web:$3"; }

# ---- misfortune --------------------------------------------------------------------------------------------------

leads_other() {
    local pod
    pod=$(leader)
    [ "$pod" != "$1" ] && kubectl -n "$own" get pod "$pod"
}

# lose_leader: its processes are killed, and its pod does not come back: another one leads, and delivers the next commit.
lose_leader() {
    local pod
    pod=$(leader)
    kill_leader
    kubectl -n "$own" delete pod "$pod" --force --grace-period 0 >/dev/null 2>&1
    sed -i 's/greeting: .*/greeting: hello again/' "$repo/modules/config/config.yaml"
    commit "another greeting"
    git -C "$repo" push -q
    check_soon 20 "another pod leads" leads_other "$pod"
    echo "leader killed: another one leads, and has written so, after $(($(now) - killed)) ms"
    check_soon 60 "the next commit is in place" in_sync_at "$(head_of)"
    echo "leader killed: the next commit is in sync after $(($(now) - killed)) ms"
    sed -i 's/greeting: .*/greeting: hello/' "$repo/modules/config/config.yaml"
}

# ---- the page ----------------------------------------------------------------------------------------------------

test_the_page() {
    local start opens
    start=$(now)
    "$top/test/lib/page" check "$page" >"$scratch/names" 2>"$scratch/page.err" || fail "$(<"$scratch/page.err")"
    desk
    install_program $old

    do_page lint keys doctor-first write-module
    traffic
    do_page bootstrap status objects
    do_page change graph why drift drift-undone
    do_page history rollback rolled-back forward
    do_page pause paused
    image_is deployment web v2 || fail "web was changed in a pause"
    do_page resume
    image_is deployment web v3 || fail "web was not changed after the pause"
    do_page held
    image_is statefulset store v1 || fail "store was changed without approval"
    do_page plan approve
    image_is statefulset store v2 || fail "store was not changed with its approval"
    do_page window
    image_is deployment front v1 || fail "front was changed outside of its window"
    do_page override
    image_is deployment front v2 || fail "front was not changed in spite of the override"
    opens=$((($(date +%s) + 80) / 60 * 60)) # in 20 to 80 s
    opens_at "$opens"
    commit "an earlier window"
    do_page window-again
    image_is deployment front v2 || fail "front was changed before its window"
    do_page rights
    [ "$(date +%s)" -lt "$opens" ] || fail "the machine is too slow for this test"
    do_page window-opens
    [ "$(date +%s)" -ge "$opens" ] || fail "front was changed too early"
    image_is deployment front v3 || fail "front was not changed in its window"

    install_program $new
    do_page upgrade upgraded
    check_soon 30 "the old pod is gone" pods_run $new
    do_page triage bad bad-why bad-fixed one-object stop go-on
    image_is deployment web v3 || fail "web is not as before the bad release"
    lose_leader
    do_page who-leads pods bootstrap-again let-go gone remove
    check_equal "pods of the platform" "$(kubectl -n shop get pods --field-selector status.phase=Running -o name | wc -l)" 6
    end_traffic

    sort "$scratch/names" >"$scratch/want"
    sort "$scratch/ran" >"$scratch/have"
    check_no_diff "what the page has and what was run" "$scratch/want" "$scratch/have"
    echo "from an empty cluster to one without kzsync: $((($(now) - start) / 1000)) s"
}

KZSYNC=$("$top/test/lib/kzsync-images" $old $new | tail -n 1)/$old/engine/cli/kzsync-cluster
cluster_of_all --mode node
start_pods $old $new
for version in $old $new; do # where the chart expects them
    "$top/test/lib/cluster" exec "$KZ_CLUSTER" ctr -n k8s.io images tag "registry.local/kzsync:$version" "docker.io/kubezero/kzsync:$version" >/dev/null
done
run_tests "$@"
