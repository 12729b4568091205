#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is seen of kzsync from outside: probes, metrics scraped by a real Prometheus, alerts that fire, logs. A real
# API server for all tests; see test/lib/platform.sh. `metrics.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"
. "$here/../lib/faultproxy.sh"
rules=$top/charts/kzsync/files/rules.yaml

# ---- asking --------------------------------------------------------------------------------------------

# listens LOG: the port that kzsync run with this log has taken last.
listens() { sed -nE 's/.* listen .*port=([0-9]+).*/\1/p; s/.*"event":"listen".*"port":"([0-9]+)".*/\1/p' "$1" | tail -n 1; }
is_listening() { [ -n "$(listens "$1")" ]; }
here_at() { echo "http://127.0.0.1:$(listens "${1:-$scratch/log}")"; }

ask() { curl -sS --max-time 5 "$(here_at)$1"; }
status_of() { curl -s --max-time 5 -o /dev/null -w '%{http_code}' "$(here_at "${2:-}")$1"; }
answers() { [ "$(status_of "$1" "${3:-}")" = "$2" ]; }

# value SERIES: of the daemon's metrics, "" when there is no such series.
value() { ask /metrics | awk -v s="$1" '$1 == s { print $2 }'; }
has_value() { [ "$(value "$1")" = "$2" ]; }

# serving ARG...: the daemon, which listens.
serving() {
    daemon --listen 127.0.0.1:0 "$@"
    check_soon 20 "kzsync listens" is_listening "$scratch/log"
}

# other NAME ARG...: another kzsync run for the same platform, log in $scratch/NAME.log; sets $pid.
other() {
    local name=$1
    shift
    "$KZSYNC" run -n "$own" --cache "$scratch/cache-$name" --repo "file://$repo" --interval 1s --listen 127.0.0.1:0 "$@" \
        >>"$scratch/$name.log" 2>&1 &
    pid=$!
    at_end "kill -9 $pid"
    check_soon 20 "$name listens" is_listening "$scratch/$name.log"
}

# ---- probes --------------------------------------------------------------------------------------------

test_probes_of_a_leader_and_a_standby() {
    new_platform probes
    module base
    namespace base
    config_map base a
    commit
    serving
    synced
    check_equal /healthz "$(ask /healthz)" ok
    check_equal /readyz "$(ask /readyz)" ok
    check_equal "another path" "$(status_of /)" 404
    check_equal "a POST" "$(curl -s -o /dev/null -w '%{http_code}' -d x "$(here_at)/healthz")" 405
    check_equal leader "$(value kzsync_leader)" 1
    other second
    check_soon 20 "the standby is ready" answers /readyz 200 "$scratch/second.log"
    check_equal "the standby leads" "$(curl -s "$(here_at "$scratch/second.log")/metrics" | sed -n 's/^kzsync_leader //p')" 0
    kill -TERM "$pid"
    wait "$pid" || fail "the standby ended with status $?"
    # The process that starts renderers is gone: nothing but a new process helps.
    kill -9 "$(pgrep -P "$daemon" | head -n 1)"
    config_map base a 2
    commit second
    check_soon 20 "/healthz fails" answers /healthz 503
    check_contains /healthz "$(ask /healthz)" "the process that starts renderers is gone"
    check_equal /readyz "$(status_of /readyz)" 200
}

test_readyz_says_why_not() {
    new_platform unready
    module base
    namespace base
    commit
    mv "$repo" "$repo.away"
    serving
    check_soon 10 "it says why" grep -q 'resolve\|repo' <(ask /readyz)
    check_equal "status of /readyz" "$(status_of /readyz)" 503
    check_equal "status of /healthz" "$(status_of /healthz)" 200
    check_equal "last success" "$(value 'kzsync_source_last_success_timestamp_seconds{source="platform"}')" 0
    mv "$repo.away" "$repo"
    check_soon 70 "ready" answers /readyz 200
}

test_a_wrong_address_is_one_error() {
    new_platform wrong
    module base
    commit
    kz run --repo "file://$repo" --listen localhost:80
    check_equal status "$status" 2
    check_contains error "$(cat "$scratch/err")" "'localhost:80' is no address to listen at"
    serving
    kz run --repo "file://$repo" --cache "$scratch/cache-2" --listen "127.0.0.1:$(listens "$scratch/log")"
    check_equal status "$status" 1
    check_contains error "$(cat "$scratch/err")" "Address already in use"
}

# ---- metrics -------------------------------------------------------------------------------------------

test_metrics_count_what_happened() {
    new_platform counted
    module base
    namespace base
    config_map base a
    config_map base b
    module gone
    config_map gone x
    commit
    serving
    synced
    check_equal "objects ok" "$(value 'kzsync_module_objects{module="base",state="ok"}')" 3
    check_equal "objects applied" "$(value 'kzsync_objects_applied_total{module="base"}')" 3
    check_equal state "$(value 'kzsync_module_state{module="base",state="ok"}')" 1
    check_equal behind "$(value 'kzsync_module_revision_behind_seconds{module="base"}')" 0
    check_equal "syncs" "$(value 'kzsync_syncs_total{module="base",result="ok"}')" 1
    check_equal "renders" "$(value 'kzsync_render_duration_seconds_count{renderer="yaml",cache="miss"}')" 2
    check_equal "fetches that changed something" "$(value 'kzsync_source_fetches_total{source="platform",result="changed"}')" 1
    check_equal "applies of ConfigMaps" "$(value 'kzsync_api_requests_total{verb="apply",code="2xx",resource="config"}' |
        awk '{ print ($1 >= 3) }')" 1
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"edited"}}' >/dev/null
    check_soon 10 "a repair is a sync" has_value 'kzsync_syncs_total{module="base",result="ok"}' 2
    # A module that is gone has no series.
    check_soon 5 "module gone is told" has_value 'kzsync_module_state{module="gone",state="ok"}' 1
    git -C "$repo" rm -rq modules/gone modules/gone.yaml
    config_map base c
    commit "without gone"
    synced
    check_soon 10 "the object is pruned" is_gone cm x
    check_soon 10 "series of the removed module are gone" no_series_of gone
    end_daemon
}
no_series_of() { ! ask /metrics | grep -q "module=\"$1\""; }

test_promtool_finds_nothing() {
    local bin
    bin=$("$top/test/lib/prometheus")
    new_platform lint
    module base
    namespace base
    config_map base a
    commit
    serving
    synced
    ask /metrics >"$scratch/metrics"
    check_equal "promtool check metrics" "$("$bin/promtool" check metrics <"$scratch/metrics" 2>&1)" ""
    check_works "promtool check rules" "$bin/promtool" check rules "$rules"
    check_works "promtool test rules" "$bin/promtool" test rules "$here/alerts_test.yaml"
    check_works "rules and dashboards ask for what is there" "$top/test/docs/alerts.py" "$top" "$scratch/metrics"
    end_daemon
}

# ---- alerts in a real Prometheus ------------------------------------------------------------------------

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# prometheus LOG...: scrapes those kzsync each second, with the rules in a hurry; sets $prometheus, its address.
prometheus() {
    local bin log targets=()
    bin=$("$top/test/lib/prometheus")
    for log in "$@"; do targets+=("'127.0.0.1:$(listens "$log")'"); done
    sed -E 's/^    for: .*/    for: 0s/; s/> (600|1800|86400)$/> 3/; s/\[(15|30)m\]/[2m]/; s/\[5m\]/[10s]/' "$rules" \
        >"$scratch/rules.yaml"
    check_equal "thresholds that are short" "$(grep -c '> 3$' "$scratch/rules.yaml")" 4
    cat >"$scratch/prometheus.yaml" <<END
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs:
- job_name: kzsync
  static_configs: [{targets: [$(IFS=,; echo "${targets[*]}")]}]
END
    prometheus=127.0.0.1:$(free_port)
    "$bin/prometheus" --config.file "$scratch/prometheus.yaml" --storage.tsdb.path "$scratch/tsdb" \
        --web.listen-address "$prometheus" >"$scratch/prometheus.log" 2>&1 &
    at_end "kill $!"
    check_soon 30 "Prometheus is ready" curl -sf "http://$prometheus/-/ready"
}

alerts() { curl -s "http://$prometheus/api/v1/alerts" | jq -r '.data.alerts[] | select(.state == "firing") |
    "\(.labels.alertname) \(.labels.module // .labels.source // .labels.queue // .labels.job // "")"' | sort -u; }
fires() { alerts | grep -qx "$1 *$2"; }
fires_not() { ! fires "$@"; }
check_fires() { check_soon 60 "alert $*" fires "$1" "${2:-}"; }

no_alerts() { [ -z "$(alerts)" ]; }
one_of_two_leads() { [ "$(curl -s "http://$prometheus/api/v1/query?query=kzsync_leader" | jq -r '[.data.result[].value[1]] | sort | join(" ")')" = "0 1" ]; }

# broken MODULE: a workload that never gets ready here, where no pods run.
broken() { deployment "$1" main 1; }

# What Grafana asks is asked as it would; all has an answer, but for what is only shown when it is there.
check_dashboards() {
    local file query got
    for file in "$top"/charts/kzsync/files/dashboards/*.json; do
        while read -r query; do
            query=${query//\$cluster/.*} query=${query//\$module/.*} query=${query//\$__rate_interval/30s}
            got=$(curl -s "http://$prometheus/api/v1/query" --data-urlencode "query=$query")
            check_equal "${file##*/}: $query: $(jq -r '.error // ""' <<<"$got") status" "$(jq -r .status <<<"$got")" success
            [[ $query == *' > 0' || $query == *' == 1' ]] || [ "$(jq '.data.result | length' <<<"$got")" != 0 ] ||
                fail "${file##*/}: nothing to show: $query"
        done < <(jq -r '.panels[].targets[].expr, .annotations.list[].expr' "$file")
    done
}

test_alerts_fire_for_real() {
    new_platform alerts
    module base
    namespace base
    config_map base a
    module failing $'sync: {onFailure: hold}\nhealth: {timeout: 2s, soak: 0s}'
    module back $'sync: {onFailure: rollback}\nhealth: {timeout: 2s, soak: 0s}'
    module stuck
    module resting 'paused: {reason: audit}'
    module drifting 'sync: {selfHeal: "off"}'
    config_map drifting d
    module fought
    config_map fought f
    module emptied
    for i in 0 1 2 3 4 5 6 7 8; do config_map emptied "e$i"; done
    for m in failing back stuck; do deployment "$m" main; sed -i "s/name: main/name: $m/" "$repo/modules/$m/main.yaml"; done
    config_map resting r
    commit
    serving
    check_soon 40 "the first sync" has_value 'kzsync_syncs_total{module="emptied",result="ok"}' 1
    check_soon 40 "the first sync" has_value 'kzsync_syncs_total{module="stuck",result="ok"}' 1
    check_soon 40 "the first sync" has_value 'kzsync_syncs_total{module="back",result="ok"}' 1
    prometheus "$scratch/log"
    check_fires KzsyncPausedLong resting
    check_equal "other alerts" "$(alerts | grep -v KzsyncPausedLong || true)" ""

    for m in failing back stuck; do broken "$m"; sed -i "s/name: main/name: $m/" "$repo/modules/$m/main.yaml"; done
    rm "$repo"/modules/emptied/e[1-8].yaml
    commit "a bad day"
    kubectl -n "$ns" patch cm d --type merge -p '{"data":{"key":"edited"}}' >/dev/null
    for i in 1 2 3 4; do
        kubectl -n "$ns" patch cm f --type merge --field-manager operator -p "{\"data\":{\"key\":\"x$i\"}}" >/dev/null
        [ "$i" = 4 ] || check_soon 5 "repair $i" field_is cm f '{.data.key}' 1
    done
    check_fires KzsyncModuleFailed failing
    check_fires KzsyncRolledBack back
    check_fires KzsyncSyncStuck stuck
    check_fires KzsyncBehind back
    check_fires KzsyncDrift drifting
    check_fires KzsyncFight fought
    check_fires KzsyncPruneRefused emptied
    check_fires KzsyncHeldLong emptied
    check_dashboards
    mv "$repo" "$repo.away"
    check_fires KzsyncSourceStale platform
    mv "$repo.away" "$repo"
    check_equal "alerts about module base" "$(alerts | grep ' base$' || true)" ""
    check_soon 60 "the source is read again" fires_not KzsyncSourceStale platform
    end_daemon
    check_fires KzsyncDown ''
}

test_nobody_leads_for_a_while() {
    new_platform leaders
    module base
    namespace base
    commit
    serving
    synced
    other second
    prometheus "$scratch/log" "$scratch/second.log"
    check_soon 30 "both are scraped" one_of_two_leads
    check_soon 10 "no alert is left of the start" no_alerts
    kill -9 "$daemon"
    check_fires KzsyncNoLeader kzsync
    check_soon 40 "the standby has taken over" fires_not KzsyncNoLeader kzsync
}

test_alerts_of_a_cluster_in_trouble() {
    at_end "'$top/test/lib/cluster' start $KZ_CLUSTER kube-apiserver"
    new_platform trouble
    module base
    namespace base
    config_map base a
    commit
    # From its tenth write on the API server behind this proxy wants silence, for a while.
    proxy "$scratch" --fault "write@10~20000:status=429" || fail "no proxy"
    at_end "kill $proxy"
    serving --kubeconfig "$scratch/kubeconfig"
    synced
    prometheus "$scratch/log"
    for i in 1 2 3 4 5 6 7 8 9; do config_map base "b$i"; done
    module slow $'renderer: exec:sleep\noptions: {command: [sleep, "20"]}'
    echo slow >"$repo/modules/slow/file"
    commit "much to do"
    check_fires KzsyncModuleUnknown slow
    rm -r "$repo/modules/slow" "$repo/modules/slow.yaml"
    commit "not that slow"
    check_fires KzsyncApiThrottled ''
    check_soon 90 "it has gone through" exists cm b9
    check_soon 60 "silence has ended" fires_not KzsyncApiThrottled ''
    # Without lease nothing may be written: it waits in line.
    "$top/test/lib/cluster" stop "$KZ_CLUSTER" kube-apiserver
    config_map base a 2
    commit "not now"
    check_fires KzsyncQueueOld api
    check_equal "/healthz without an API server" "$(status_of /healthz)" 200
    check_equal "/readyz without an API server" "$(status_of /readyz)" 200
    "$top/test/lib/cluster" start "$KZ_CLUSTER" kube-apiserver
    check_soon 60 "the queue moves again" fires_not KzsyncQueueOld api
}

# ---- logs ----------------------------------------------------------------------------------------------

has_sync() { [ "$("$KZSYNC" status -n "$own" -o json | jq -r --arg m "$1" '.modules[] | select(.name == $m) | .sync')" = "$2" ]; }

test_logs_are_json_with_module_revision_and_sync() {
    new_platform logged
    module base
    namespace base
    config_map base a
    module bad
    echo 'kind: [' >"$repo/modules/bad/bad.yaml"
    commit
    serving --log json
    check_soon 20 "base is healthy" has_value 'kzsync_module_state{module="base",state="ok"}' 1
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"edited"}}' >/dev/null
    check_soon 10 "the edit is undone" field_is cm a '{.data.key}' 1
    check_soon 10 "the repair is logged" is_in_log '"event":"drift"'
    check_soon 10 "the id of the repair is in the status" has_sync base "$(jq -r 'select(.event == "drift") | .sync' "$scratch/log")"
    end_daemon
    check_works "every line is JSON" jq -e 'has("time") and has("level") and has("event")' "$scratch/log"
    check_equal "lines of modules at work without revision or sync" \
        "$(jq -c 'select(.module == "base") | select((has("revision") and has("sync")) | not)' "$scratch/log")" ""
    check_equal "ids of the first sync and of the repair" "$(jq -r 'select(.event == "healthy") | .sync' "$scratch/log" | sort -u | wc -l)" 2
    check_equal "the repair's lines" "$(jq -r --arg id "$(jq -r 'select(.event == "drift") | .sync' "$scratch/log")" \
        'select(.sync == $id) | .event' "$scratch/log" | paste -sd' ')" "drift take healthy"
    check_equal "the mistake's line" "$(jq -r 'select(.event == "failed") | "\(.module) \(.step) \(has("sync"))"' "$scratch/log" | head -n 1)" \
        "bad render false"
}

cluster_of_all
proxy_certs
run_tests "$@"
