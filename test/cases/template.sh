#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kzsync template on small charts, without helm: what stands below Helm's message, and the source map.
#
#   test/cases/template.sh KZSYNC [CASE...]
#
# A case is a folder of test/cases/template:
#   chart/     the chart
#   args       arguments as bash reads them; default: chart
#   want.out, want.err, want.map   what has to come out; none: not looked at
# The exit status is 1 when want.err begins with "Error:", else 0. KZ_UPDATE=1 writes what came out.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/template
kzsync=$(realpath "$1")
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset KUBECONFIG HELM_NAMESPACE HELM_KUBECONTEXT
export HOME=$tmp
passed=0 failed=0

compare() { # compare WANT GOT
    [ -z "${KZ_UPDATE-}" ] || [ ! -e "$1" ] || cp "$2" "$1"
    [ ! -e "$1" ] || diff -u "$1" "$2"
}

one() {
    local case=$here/$1 args=(chart) status want=0
    [ ! -e "$case/args" ] || eval "args=($(cat "$case/args"))"
    [ ! -e "$case/want.map" ] || args+=(--source-map "$tmp/map")
    (cd "$case" && timeout 60 "$kzsync" template "${args[@]}") >"$tmp/out" 2>"$tmp/err"
    status=$?
    grep -q '^Error:' "$case/want.err" 2>/dev/null && want=1
    [ "$status" = "$want" ] || { echo "$1: status $status, not $want"; cat "$tmp/err"; return 1; }
    compare "$case/want.out" "$tmp/out" && compare "$case/want.err" "$tmp/err" &&
        compare "$case/want.map" "$tmp/map"
}

[ $# -gt 0 ] || set -- $(ls "$here")
for name in "$@"; do
    if one "$name"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $name"; fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
