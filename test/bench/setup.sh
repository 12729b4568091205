# SPDX-License-Identifier: Apache-2.0
#
# What `run` and `scale` begin with: a work folder that ends with them, programs, the workload, clusters. Sourced with
# $here set; they set $quick, $kzsync and, before make_workload, nothing else.

root=$(cd "$here/../.." && pwd)
cluster=$root/test/lib/cluster

say() { echo "bench: $*" >&2; }
die() { trap - ERR; say "$*"; exit 1; }
usage() { sed -n '4p' "$0" | sed 's/^# /usage: test\/bench\//' >&2; exit 2; }

bench_begin() {
    work=$(mktemp -d)
    results=$work/results.tsv
    : >"$results"
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
    owner=$$
    # shellcheck source=measure.sh
    . "$here/measure.sh"
}

# What was started in the background ends with us; clusters go with their owner.
clean_up() {
    local left
    left=$(jobs -p)
    [ -z "$left" ] || kill $left 2>/dev/null || :
    rm -rf "$work"
}

build_kzsync() {
    [ -z "$kzsync" ] || return 0
    say "building kzsync (release)"
    (cd "$root" && cmake --preset release && cmake --build --preset release --target kzsync) >"$work/build.log" 2>&1 ||
        die "the build failed: $(tail -n 5 "$work/build.log")"
    kzsync=$root/build/release/engine/cli/kzsync
}

build_bare() { gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$work/bare_apply" "$here/bare_apply.c" -lcurl; }

build_gitops() {
    local cache go
    cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/kzsync
    gitops=$cache/gitops-engine-$(cat "$here"/gitops-engine/* | sha256sum | cut -c1-12)
    [ ! -x "$gitops" ] || return 0
    say "building gitops-engine (about a minute)"
    mkdir -p "$cache"
    go=$("$root/node-image/kubernetes/go-toolchain" "$cache") || die "no Go"
    (cd "$here/gitops-engine" && GOTOOLCHAIN=auto CGO_ENABLED=0 "$go" build -trimpath -buildmode=pie \
        -ldflags '-s -w' -o "$gitops.$$" .) || die "gitops-engine does not build"
    mv "$gitops.$$" "$gitops"
}

# make_workload MODULES: $work/repo with $objects objects; the others get the same ones, with the labels that kzsync adds.
make_workload() {
    objects=$(($1 * 4))
    "$here/workload" "$work/repo" "$1"
    "$kzsync" render "$work/repo" -o json >"$work/rendered.json"
    mkdir "$work/plain"
    jq -c '.items[]' "$work/rendered.json" | awk -v dir="$work/plain" '{ f = sprintf("%s/%03d.yaml", dir, (NR - 1) / 4); print "---\n" $0 >f }'
    jq -r '{ServiceAccount: "api/v1", Service: "api/v1", Ingress: "apis/networking.k8s.io/v1", Deployment: "apis/apps/v1"} as $api |
        {ServiceAccount: "serviceaccounts", Service: "services", Ingress: "ingresses", Deployment: "deployments"} as $plural |
        .items[] | "/\($api[.kind])/namespaces/default/\($plural[.kind])/\(.metadata.name)\t\(tojson)"' "$work/rendered.json" >"$work/bodies"
    [ "$(wc -l <"$work/bodies")" = "$objects" ] || die "the workload has $(wc -l <"$work/bodies") objects, not $objects"
}

fresh_cluster() {
    local vars
    vars=$("$cluster" up --owner "$owner" "$@" 2>"$work/cluster.err") || die "no cluster: $(tail -n 1 "$work/cluster.err")"
    eval "$vars"
    [ "$quick" = yes ] || sleep 3 # a new API server is busy with itself for a moment
}
