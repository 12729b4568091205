#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kzsync with much to do on a real API server: a module of 10,000 objects, whose inventory spans many ConfigMaps.
# And a platform of many modules, each with a Module object. `scale.sh NAME...` runs single tests; OBJECTS=N and
# MODULES=N make them smaller or larger.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

objects=${OBJECTS:-10000}

# many FROM TO: ConfigMaps of module big.
many() {
    awk -v from="$1" -v to="$2" 'BEGIN { for (i = from; i <= to; i++)
        printf "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%05d}\ndata: {number: \"%d\"}\n", i, i }' | put modules/big/all.yaml
}

shards() { kubectl -n "$own" get configmaps -l "kubezero.com/inventory=$platform" -o name | sort -t- -k4n; }

labelled() { kubectl -n "$ns" get configmaps -l "kubezero.com/platform=$platform" -o json |
    jq -r '.items[] | "ConfigMap/\(.metadata.namespace)/\(.metadata.name) \(.metadata.uid)"' | sort; }
known() { inventory | grep '^ConfigMap/'; }

test_a_module_of_ten_thousand_objects() {
    new_platform huge
    module big
    namespace big
    many 1 "$objects"
    commit
    # Killed on the way: what is there was written down before, in whichever shard.
    daemon
    check_soon 120 "the first ConfigMap" exists cm c00001
    sleep 2
    kill -9 "$daemon"
    wait "$daemon" 2>/dev/null || true
    labelled | cut -d' ' -f1 >"$scratch/labelled"
    known | cut -d' ' -f1 >"$scratch/known"
    check_equal "objects that the inventory does not know" "$(comm -23 "$scratch/labelled" "$scratch/known")" ""
    daemon
    synced 900
    end_daemon
    labelled >"$scratch/labelled"
    known >"$scratch/known"
    check_equal "ConfigMaps" "$(wc -l <"$scratch/labelled")" "$objects"
    check_no_diff "what is labelled and the inventory" "$scratch/labelled" "$scratch/known"
    local shard size n
    n=$(shards | wc -l)
    [ "$n" -gt $((objects / 1700)) ] || fail "the inventory has $n shards only"
    for shard in $(shards); do
        size=$(kubectl -n "$own" get "$shard" -o 'jsonpath={.data.inventory}' | wc -c)
        [ "$size" -le $((256 << 10)) ] || fail "$shard has $size bytes"
    done

    # Nothing to do writes nothing; one change writes one object. The first apply notes another revision: the folder.
    local mark
    apply
    mark=$(audit_mark)
    apply
    check_equal "writes" "$(requests "$mark" | grep -vE '^(get|list) ' || true)" ""
    sed -i 's/number: "7"/number: "8"/' "$repo/modules/big/all.yaml"
    commit
    apply
    check_contains "last line" "$(cat "$scratch/out")" "Apply: 1 applied, 0 deleted"

    # A shard that is gone is noticed, the last one too: nothing is pruned before a start has read it whole.
    many 1 $((objects - 1))
    commit
    kubectl -n "$own" delete "$(shards | tail -n 1)" >/dev/null
    kz apply "$repo" --progress none
    exists cm "$(printf 'c%05d' "$objects")" || fail "an object was pruned although a shard was missing"
    kz apply "$repo" --progress none
    known | cut -d' ' -f1 >"$scratch/known"
    labelled | cut -d' ' -f1 >"$scratch/labelled"
    check_equal "wanted objects that the inventory does not know" \
        "$(comm -23 "$scratch/labelled" "$scratch/known" | grep -v "$(printf 'c%05d' "$objects")")" ""
}

# written MARK: requests that changed Module objects since then.
written() { requests "$1" | grep -cE '^(patch|create|update|delete) /apis/kubezero.com/' || true; }
ready_modules() { kubectl -n "$own" get modules -o json | jq '[.items[] | select(.status.state == "ok")] | length'; }
all_are_ready() { [ "$(ready_modules)" = "$modules" ]; }
kib() { awk -v of="$1" '$1 == of":" { print $2 }' "/proc/$daemon/status"; }
port() { sed -nE 's/.* listen .*port=([0-9]+).*/\1/p' "$scratch/log" | tail -n 1; }

# What Module objects cost is bounded: each is written when it has come to something, a few times; nothing is at rest.
test_many_modules_have_objects() {
    local modules=${MODULES:-1000} i mark before start took
    new_platform many
    "$KZSYNC" crds | kubectl apply --server-side --force-conflicts -f - >/dev/null
    kubectl create namespace "$ns" >/dev/null
    for ((i = 0; i < modules; i++)); do
        mkdir -p "$repo/modules/m$i"
        printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m%d}\ndata: {key: "1"}\n' $i >"$repo/modules/m$i/a.yaml"
        printf 'apiVersion: kubezero.com/v1beta1\nkind: Module\nmetadata: {name: m%d}\nspec: {namespace: %s, source: {path: m%d}}\n' \
            $i "$ns" $i >"$repo/modules/m$i.yaml"
    done
    commit
    start=$SECONDS
    daemon --listen 127.0.0.1:0
    synced $((60 + modules / 5))
    took=$((SECONDS - start)) before=$(kib VmRSS)
    check_soon $((60 + modules / 20)) "all Modules are ok" all_are_ready
    echo "# $modules modules: in sync after $took s, all Module objects after $((SECONDS - start)) s;" \
        "$(written 0) writes of them, $(requests 0 | grep -cE '^(patch|create|update|delete) ') of all;" \
        "memory $before KiB then, $(kib VmRSS) now, $(kib VmHWM) at most"
    [ "$(written 0)" -le $((4 * modules + 100)) ] || fail "$(written 0) writes of $modules Module objects"
    for i in 1 2 3; do
        echo "# /metrics: $(curl -s -o "$scratch/metrics" -w '%{time_total} s, %{size_download} bytes' "http://127.0.0.1:$(port)/metrics")"
        sleep 1.1
    done
    mark=$(audit_mark)
    sleep 10
    check_equal "writes at rest" "$(written "$mark")" 0
    for ((i = 0; i < modules; i += 10)); do sed -i 's/"1"/"2"/' "$repo/modules/m$i/a.yaml"; done
    commit "a tenth of them"
    mark=$(audit_mark) start=$SECONDS
    synced $((60 + modules / 20))
    took=$((SECONDS - start))
    sleep 20
    echo "# a commit that changes $((modules / 10)) of them: in sync after $took s; $(written "$mark") writes of Module objects"
    [ "$(written "$mark")" -le $((4 * modules)) ] || fail "$(written "$mark") writes"
    end_daemon
}

cluster_of_all
run_tests "$@"
