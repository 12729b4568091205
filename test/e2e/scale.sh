#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kzsync with much to do on a real API server: a module of 10,000 objects, whose inventory spans many ConfigMaps.
# `scale.sh NAME...` runs single tests; OBJECTS=N makes them smaller.
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

cluster_of_all
run_tests "$@"
