# SPDX-License-Identifier: Apache-2.0
#
# Tests in plain bash. A script sources this, defines functions test_NAME and calls `run_tests "$@"`, which runs
# all of them, or those named, each in a subshell in a scratch folder of its own ($scratch). Each prints
# "ok NAME" or "FAIL NAME: why"; the last line is "N passed, M failed". Exit status 0 when nothing failed.
#
# A check prints why it failed and ends its test. What a test starts, it registers with `at_end`.

fail() {
    printf '%s\n' "$*" >"$scratch/why"
    exit 1
}

# at_end COMMAND: runs when the test ends, however it ends, last one first.
at_end() { printf '%s\n' "$1" >>"$scratch/at_end"; }

check_equal() { [ "$2" = "$3" ] || fail "$1: want '$3', got '$2'"; }
check_contains() { [[ $2 == *"$3"* ]] || fail "$1: '$3' is not in '$(head -c 600 <<<"$2")'"; }
check_no_diff() { diff -u "$2" "$3" >"$scratch/diff" || fail "$1 differs: $(grep '^[-+]' "$scratch/diff" | head -n 20 | paste -sd' ')"; }

# check_works WORDS COMMAND...
check_works() {
    local what=$1 out
    shift
    out=$("$@" 2>&1) || fail "$what: '$*' ended with status $?: $(tail -n 3 <<<"$out" | paste -sd' ')"
}

# check_soon SECONDS WORDS COMMAND...: the command must succeed within the time.
check_soon() {
    local limit=$((SECONDS + $1)) seconds=$1 what=$2
    shift 2
    until "$@" >"$scratch/soon" 2>&1; do
        [ "$SECONDS" -lt "$limit" ] || fail "$what: not within $seconds s: $(tail -n 3 "$scratch/soon" | paste -sd' ')"
        sleep 0.1
    done
}

run_one() (
    scratch=$(mktemp -d)
    trap 'exit 130' INT TERM HUP
    (
        set -Eeuo pipefail
        trap '[ -s "$scratch/why" ] || echo "line $LINENO: $BASH_COMMAND failed" >"$scratch/why"' ERR
        "test_$1"
    ) 2>"$scratch/stderr"
    local status=$?
    [ ! -e "$scratch/at_end" ] || while read -r command; do eval "$command"; done < <(tac "$scratch/at_end") >/dev/null 2>&1
    if [ "$status" = 0 ]; then
        echo "ok $1"
    else
        echo "FAIL $1: $(cat "$scratch/why" 2>/dev/null || echo "ended with status $status")"
        sed 's/^/    /' "$scratch/stderr" | tail -n 5
    fi
    [ -n "${KZ_KEEP:-}" ] && [ "$status" != 0 ] && echo "    kept: $scratch" || rm -rf "$scratch"
    return "$status"
)

run_tests() {
    local name passed=0 failed=0
    [ $# -gt 0 ] || set -- $(declare -F | sed -n 's/^declare -f test_//p')
    for name; do
        declare -F "test_$name" >/dev/null || { echo "FAIL $name: there is no such test"; failed=$((failed + 1)); continue; }
        # Not `if run_one`: in a condition, bash ignores `set -e` all the way down.
        run_one "$name"
        if [ $? = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    done
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
