#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kzsync's source against real git servers: file, HTTPS with a token, a password and an authority of its own,
# SSH with a key and strict host keys; and what is said when one of these is wrong. One control plane and one
# pair of servers (test/lib/git-server) for all tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# served NAME: a platform with one ConfigMap, pushed to NAME.git of the servers; $creds is for credentials.
served() {
    new_platform "$1"
    module base
    config_map base a
    commit first
    git clone -q --bare "$repo" "$KZ_GIT_REPOS/$1.git"
    git -C "$repo" remote add origin "$KZ_GIT_REPOS/$1.git"
    creds=$scratch/credentials
    mkdir -p "$creds"
}

# credential FILE VALUE...: values of the one credential.
credential() {
    while [ $# -gt 0 ]; do
        printf '%s' "$2" >"$creds/$1"
        shift 2
    done
}

sync_from() { kz apply --repo "$1" --credentials "$creds" --progress none; }

check_synced() { # URL
    sync_from "$1"
    check_equal "$1: $(tail -n 3 "$scratch/err" | paste -sd' ') status" "$status" 0
    exists cm a || fail "the object is not there"
    # a second commit through the same mirror
    config_map base a 2
    commit second
    git -C "$repo" push -q origin main
    sync_from "$1"
    check_equal "second commit: status" "$status" 0
    check_equal "second commit" "$(field cm a '{.data.key}')" 2
    check_no_secret
}

check_no_secret() {
    ! grep -rq 'canary-' "$scratch/out" "$scratch/err" "$scratch/cache" || fail "a secret is in the output or the cache"
    ! kubectl -n "$own" get configmaps -o yaml 2>/dev/null | grep -q canary- || fail "a secret is in the cluster"
}

# check_refused URL WORDS: an error with these words, nothing applied.
check_refused() {
    sync_from "$1"
    [ "$status" != 0 ] || fail "it was accepted"
    check_equal "errors in: $(cat "$scratch/err")" "$(grep -c '^error: ' "$scratch/err")" 1
    check_contains "the error" "$(cat "$scratch/err")" "$2"
    is_gone cm a || fail "something was applied"
    check_no_secret
}

test_file() { served file && check_synced "file://$KZ_GIT_REPOS/file.git"; }

test_https_with_an_authority_of_its_own() {
    served ca
    credential url "$KZ_GIT_HTTPS" ca.crt "$(cat "$KZ_GIT_DIR/ca.crt")"
    check_synced "$KZ_GIT_HTTPS/open/ca.git"
}

test_https_with_a_password() {
    served basic
    credential url "$KZ_GIT_HTTPS" ca.crt "$(cat "$KZ_GIT_DIR/ca.crt")" username kz password "$KZ_GIT_PASSWORD"
    check_synced "$KZ_GIT_HTTPS/private/basic.git"
}

test_https_with_a_bearer_token() {
    served bearer
    credential url "$KZ_GIT_HTTPS" ca.crt "$(cat "$KZ_GIT_DIR/ca.crt")" bearerToken "$KZ_GIT_BEARER"
    check_synced "$KZ_GIT_HTTPS/bearer/bearer.git"
}

test_https_of_an_old_server() {
    served old
    credential url "$KZ_GIT_HTTPS" ca.crt "$(cat "$KZ_GIT_DIR/ca.crt")"
    check_synced "$KZ_GIT_HTTPS/old/old.git"
}

test_ssh() {
    served ssh
    credential url "${KZ_GIT_SSH%"$KZ_GIT_REPOS"}" sshPrivateKey "$(cat "$KZ_GIT_DIR/client_key")
" known_hosts "$(cat "$KZ_GIT_DIR/known_hosts")"
    check_synced "$KZ_GIT_SSH/ssh.git"
}

test_a_wrong_password() {
    served wrongpw
    credential url "$KZ_GIT_HTTPS" ca.crt "$(cat "$KZ_GIT_DIR/ca.crt")" username kz password canary-wrong-9913
    check_refused "$KZ_GIT_HTTPS/private/wrongpw.git" "refused"
}

test_no_password() {
    served nopw
    credential url "$KZ_GIT_HTTPS" ca.crt "$(cat "$KZ_GIT_DIR/ca.crt")"
    check_refused "$KZ_GIT_HTTPS/private/nopw.git" "credential"
}

test_an_unknown_authority() {
    served noca
    check_refused "$KZ_GIT_HTTPS/open/noca.git" "certificate"
}

test_a_redirect_to_another_server() {
    served away
    credential url "$KZ_GIT_HTTPS" ca.crt "$(cat "$KZ_GIT_DIR/ca.crt")" bearerToken "$KZ_GIT_BEARER"
    check_refused "$KZ_GIT_HTTPS/away/away.git" "redirect"
    ! grep -q canary "$KZ_GIT_AWAY_LOG" || fail "the other server saw the credential"
}

test_no_git_server() {
    served page
    credential url "$KZ_GIT_HTTPS" ca.crt "$(cat "$KZ_GIT_DIR/ca.crt")"
    check_refused "$KZ_GIT_HTTPS/page/page.git" "git"
    check_refused "$KZ_GIT_HTTPS/broken/page.git" "500"
}

test_an_unknown_host_key() {
    served nohost
    credential url "${KZ_GIT_SSH%"$KZ_GIT_REPOS"}" sshPrivateKey "$(cat "$KZ_GIT_DIR/client_key")
" known_hosts "example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJwS2kUJbMGvlmOYxIyZbJoJ2jRBoBKkEgNDRqOpLDo9"
    check_refused "$KZ_GIT_SSH/nohost.git" "host key"
}

test_a_changed_host_key() {
    served otherhost
    credential url "${KZ_GIT_SSH%"$KZ_GIT_REPOS"}" sshPrivateKey "$(cat "$KZ_GIT_DIR/client_key")
" known_hosts "$(cat "$KZ_GIT_DIR/known_hosts.changed")"
    check_refused "$KZ_GIT_SSH/otherhost.git" "host key"
}

test_a_strangers_key() {
    served nokey
    credential url "${KZ_GIT_SSH%"$KZ_GIT_REPOS"}" sshPrivateKey "$(cat "$KZ_GIT_DIR/stranger_key")
" known_hosts "$(cat "$KZ_GIT_DIR/known_hosts")"
    check_refused "$KZ_GIT_SSH/nokey.git" "key"
}

cluster_of_all
servers=$(mktemp -d)
trap '"$here/../lib/git-server" stop "$servers"; rm -rf "$servers" "$KZ_AUDIT_DIR"' EXIT
"$here/../lib/git-server" start "$servers" || { echo "FAIL git-server"; exit 1; }
. "$servers/env"
run_tests "$@"
