#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What kzsync bootstrap writes without a cluster: the Module, and the chart into a working copy.
#
#   test/cases/bootstrap.sh KZSYNC [CASE...]
#
# A case is a folder of test/cases/bootstrap: args (as bash reads them), want.yaml or want.err, and files that args
# name. KZ_UPDATE=1 writes what came out.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..
kzsync=$(realpath "$1")
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset KUBECONFIG
export HOME=$tmp
passed=0 failed=0

compare() { # compare WANT GOT
    [ -z "${KZ_UPDATE-}" ] || [ ! -e "$1" ] || cp "$2" "$1"
    if [ -e "$1" ]; then diff -u "$1" "$2"; else [ ! -s "$2" ] || { cat "$2"; false; }; fi
}

one() {
    local case=$here/bootstrap/$1 args status want=0
    eval "args=($(<"$case/args"))"
    (cd "$case" && timeout 60 "$kzsync" bootstrap --print-module "${args[@]}") >"$tmp/out" 2>"$tmp/err"
    status=$?
    [ ! -e "$case/want.err" ] || want=$(sed -n 's/^status //p' "$case/status" 2>/dev/null || echo 1)
    [ "$status" = "${want:-1}" ] || { echo "$1: status $status, not ${want:-1}"; cat "$tmp/err"; return 1; }
    compare "$case/want.yaml" "$tmp/out" && compare "$case/want.err" "$tmp/err"
}

# The chart that is written is the chart of the tree, and renders to the same.
written() {
    local repo=$tmp/repo chart=$tmp/repo/clusters/prod/modules/kzsync
    mkdir -p "$repo/clusters/prod"
    write() { "$kzsync" bootstrap --rights none --repo https://git.example.com/p.git --path clusters/prod --write "$repo" "$@"; }
    ! write 2>"$tmp/err" || { echo "a folder without a platform was taken"; return 1; }
    grep -q "has no kubezero.yaml" "$tmp/err" || { cat "$tmp/err"; return 1; }
    printf 'apiVersion: kubezero.com/v1beta1\nkind: Platform\nmetadata: {name: p}\nspec: {}\n' >"$repo/clusters/prod/kubezero.yaml"
    write --image registry.local/a:1 2>/dev/null || return 1
    diff -r -x image -x ci -x .helmignore "$top/charts/kzsync" "$chart" | grep -v README.md >"$tmp/diff"
    [ ! -s "$tmp/diff" ] || { cat "$tmp/diff"; return 1; }
    "$kzsync" lint "$repo/clusters/prod" >"$tmp/out" 2>&1 || { cat "$tmp/out"; return 1; }
    # Again: the chart is made anew, the definition stays as it is.
    echo stale >"$chart/templates/stale.yaml"
    echo "# mine" >>"$chart.yaml"
    write --image registry.local/b:2 2>/dev/null || return 1
    [ ! -e "$chart/templates/stale.yaml" ] || { echo "a file of an older chart is left"; return 1; }
    tail -n 1 "$chart.yaml" | grep -q '^# mine$' && grep -q registry.local/a "$chart.yaml" ||
        { echo "the definition was changed"; return 1; }
}

run() { # NAME COMMAND...
    local name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else echo "FAIL $name"; failed=$((failed + 1)); fi
}

if [ $# -gt 0 ]; then
    for name; do run "$name" one "$name"; done
else
    for name in $(ls "$here/bootstrap"); do run "$name" one "$name"; done
    run written written
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
