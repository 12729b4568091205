# SPDX-License-Identifier: Apache-2.0
#
# Those who compete in `run`. Each first_sync_NAME applies the 1,000 objects to a fresh cluster and notes its time.

# note METRIC CONTENDER VALUE
note() { printf '%s\t%s\t%s\n' "$@" >>"$results"; }

first_sync_bare() {
    local n failed seconds
    read -r n failed seconds < <("$work/bare_apply" "$KZ_API_SERVER" "$KZ_CLUSTER_DIR/pki" "$work/bodies" "${1:-16}")
    [ "$n/$failed" = "$objects/0" ] || die "the bare loop failed on $failed of $n objects"
    note first_sync "bare${1:+_$1}" "$seconds"
}

# As many in flight as kzsync has at most.
first_sync_bare_64() { first_sync_bare 64; }

first_sync_kubectl() {
    local start=$EPOCHREALTIME
    kubectl apply --server-side -R -f "$work/plain" >"$work/kubectl.log" 2>&1 || die "kubectl apply: $(tail -n 1 "$work/kubectl.log")"
    note first_sync kubectl "$(since "$start")"
}

# The first line of its output says how many were synced and how long it took, from the start of the process.
first_sync_gitops() {
    local word n failed seconds
    read -r word n failed seconds < <("$gitops" -dir "$work/plain" -interval 0 -server-side="${1:-false}" 2>"$work/gitops.err")
    [ "$word/$n/$failed" = "sync/$objects/0" ] || die "gitops-engine: '$word $n $failed': $(tail -n 1 "$work/gitops.err")"
    note first_sync "gitops${1:+_ssa}" "$seconds"
}

first_sync_gitops_ssa() { first_sync_gitops true; }

# start_kzsync: the daemon, its log in $work/kzsync.log with a time before each line; sets $daemon and $started.
start_kzsync() {
    : >"$work/kzsync.log"
    # Not `2> >(stamp)`: bash would make that a child of kzsync, and it would be measured as one.
    rm -f "$work/kzsync.pipe"
    mkfifo "$work/kzsync.pipe"
    stamp <"$work/kzsync.pipe" >>"$work/kzsync.log" &
    started=$EPOCHREALTIME
    "$kzsync" run --repo "$work/repo" --cache "$work/cache" "$@" 2>"$work/kzsync.pipe" &
    daemon=$!
}

stop_kzsync() {
    kill -s "${1:-TERM}" "$daemon"
    wait "$daemon" 2>/dev/null || :
}

settled="settled .*ok=$modules modules=$modules"

# The status in the cluster says that all is well.
status_is_settled() { api /api/v1/namespaces/kzsync-system/configmaps/kzsync-status-bench 2>/dev/null | grep -q '\\"settled\\":true'; }
# The inventory in the cluster knows every object's uid.
inventory_is_whole() {
    local uids
    uids=$(api '/api/v1/namespaces/kzsync-system/configmaps?labelSelector=kubezero.com/inventory%3Dbench' |
        grep -oE '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}' | sort -u | wc -l)
    [ "$uids" -ge "$objects" ]
}

# sync_kzsync: a daemon without a cache on a cluster without anything. Sets $all_ok (all modules are healthy) and
# $complete (the status in the cluster says so, and the inventory there is whole).
sync_kzsync() {
    local limit=$((SECONDS + 120))
    rm -rf "$work/cache"
    start_kzsync
    all_ok=$(line_time "$work/kzsync.log" "$settled" 120)
    until status_is_settled && inventory_is_whole; do
        [ "$SECONDS" -lt "$limit" ] || die "status or inventory are not in the cluster"
        sleep 0.05
    done
    complete=$EPOCHREALTIME
}

first_sync_kzsync() {
    sync_kzsync
    note modules_ok kzsync "$(since "$started" "$all_ok")"
    note first_sync kzsync "$(since "$started" "$complete")"
    note first_sync_cpu kzsync "$(cpu_seconds $(tree "$daemon"))"
    note peak_rss_mib kzsync "$(awk '/VmHWM/ { printf "%.1f\n", $2 / 1024 }' "/proc/$daemon/status")"
}

# ---- nothing to do ------------------------------------------------------------------------------------

# idle NAME AGENT PID SECONDS
idle() {
    local name=$1 agent=$2 pid=$3 seconds=$4 cpu from
    from=$(($(wc -l <"$KZ_CLUSTER_DIR/audit.log") + 1))
    cpu=$(cpu_seconds $(tree "$pid"))
    sleep "$seconds"
    note idle_cpu_percent "$name" "$(awk -v a="$cpu" -v b="$(cpu_seconds $(tree "$pid"))" -v s="$seconds" \
        'BEGIN { printf "%.2f\n", (b - a) / s * 100 }')"
    note idle_requests "$name" "$(requests "$KZ_CLUSTER_DIR/audit.log" "$from" "$agent")"
    note idle_rss_mib "$name" "$(awk -v k="$(memory_kib Rss $(tree "$pid"))" 'BEGIN { printf "%.1f\n", k / 1024 }')"
    note idle_pss_mib "$name" "$(awk -v k="$(memory_kib Pss $(tree "$pid"))" 'BEGIN { printf "%.1f\n", k / 1024 }')"
}

idle_gitops() {
    local pid
    "$gitops" -dir "$work/plain" -interval 5s >"$work/gitops.log" 2>&1 &
    pid=$!
    line_time "$work/gitops.log" "^sync $objects 0 " 300 >/dev/null
    sleep 6
    idle gitops gitops-engine "$pid" "$1"
    kill "$pid"
    wait "$pid" 2>/dev/null || :
}

# ---- kzsync at rest: restart, plan, one change ---------------------------------------------------------

# Killed, not asked: what a crash costs is what a restart costs.
restart_kzsync() {
    stop_kzsync KILL
    start_kzsync
    note start_to_in_sync kzsync "$(since "$started" "$(line_time "$work/kzsync.log" "$settled" 60)")"
}

# A plan has a cache of its own while the daemon runs.
plan_nothing() {
    local start=$EPOCHREALTIME
    "$kzsync" plan --repo "$work/repo" --cache "$work/plan-cache" >"$work/plan.log" 2>&1 || die "plan: $(tail -n 1 "$work/plan.log")"
    grep -q '^Plan: 0 to add, 0 to change, 0 to delete' "$work/plan.log" || die "plan: $(tail -n 1 "$work/plan.log")"
    note plan_nothing_to_do kzsync "$(since "$start")"
}

# One file of one module; the daemon is told to look, and has applied when the module is healthy again.
change_one() {
    local version=$1 told file=$work/repo/modules/m007/manifests/deployment.yaml
    sed -i "s|web:.*|web:1.5.$version|" "$file"
    git -C "$work/repo" -c user.name=bench -c user.email=bench@example.com commit -qam "m007: 1.5.$version"
    : >"$work/kzsync.log"
    told=$EPOCHREALTIME
    kill -USR1 "$daemon"
    note change_to_applied kzsync "$(since "$told" "$(line_time "$work/kzsync.log" 'healthy module=m007 .*applied=1' 30)")"
    line_time "$work/kzsync.log" "$settled" 10 >/dev/null
    note change_modules_rendered kzsync "$(sed -n 's/.* rendered .*modules=\([0-9]*\) cached=.*/\1/p' "$work/kzsync.log")"
    api /apis/apps/v1/namespaces/default/deployments/m007 | grep -q "web:1.5.$version" || die "m007 is not at 1.5.$version"
}
