#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The commands with which people look, against a real API server: status, wait, graph, why, diff, orphans, logs,
# doctor and completion; with what is wrong on purpose: names that there are not, no daemon, no rights, no server.
# docs/looking.md is made of them. `people.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# shop NAME: network <- web (a Deployment without pods), network <- store, web and store <- front.
shop() {
    new_platform "$1"
    module network
    namespace network
    config_map network net
    module web 'dependsOn: [network]'
    deployment web web
    config_map web settings
    module store 'dependsOn: [network]'
    config_map store a
    config_map store b
    module front 'dependsOn: [web, store]'
    config_map front page
}

running_shop() {
    shop "$@"
    commit
    daemon
    synced
}

# ends STATUS WORDS: the last command ended so, and said that.
ends() {
    check_equal "status ($(tail -n 2 "$scratch/err" | paste -sd' '))" "$status" "$1"
    check_contains "what it says" "$(cat "$scratch/out" "$scratch/err")" "$2"
}

out() { cat "$scratch/out"; }

# ---- status ----------------------------------------------------------------------------------------------

test_status_is_chosen_ordered_and_told_to_machines() {
    running_shop status
    kz status
    ends 0 "4 modules: 4 ok"
    kz status -o name
    check_equal "names" "$(out | paste -sd' ')" "front network store web"
    kz status 'w*' store -o name
    check_equal "a pattern and a name" "$(out | paste -sd' ')" "store web"
    kz status -o json
    check_equal "after in JSON" "$(jq -c '.modules | map({(.name): .after}) | add' "$scratch/out")" \
        '{"front":["web","store"],"network":null,"store":["network"],"web":["network"]}'
    kz status web -o yaml
    check_contains "YAML" "$(out)" "name: web"
    kz status --tree
    check_equal "the tree" "$(sed -n '4,$p' "$scratch/out" | cut -c1-30 | sed 's/ *[0-9].*//')" \
        "  ok  network
  ok  |- store
  ok  |  \`- front
  ok  \`- web"
    kz status front
    check_contains "all of one module" "$(out)" "after    web,store"
    kz status -l fail,held -o name
    check_equal "no module is in these states" "$(out)" ""
    kz status -o wide
    check_contains wide "$(out)" "web,store"
    kz status frnot
    ends 1 "has no module 'frnot', did you mean 'front'?"
    kz status -l failed
    ends 2 "there is no state 'failed', did you mean 'fail'?"
    end_daemon
}

watch_has() { grep -qE "$1" "$scratch/watch"; }

test_a_watch_tells_each_change_in_a_line() {
    running_shop watch
    "$KZSYNC" status -n "$own" --watch >"$scratch/watch" 2>"$scratch/watch.err" &
    at_end "kill $!"
    "$KZSYNC" status -n "$own" --watch -o json >"$scratch/docs" 2>"$scratch/docs.err" &
    at_end "kill $!"
    check_soon 10 "the first lines" watch_has ' ok      front objects=1 healthy=1'
    deployment web web 1 # never ready: no pod runs here
    config_map front page 2
    commit "a pod"
    check_soon 15 "front waits" watch_has ' wait    front .*after web'
    check_soon 15 "web is at work" watch_has ' run     web '
    deployment web web 0
    commit "no pod"
    synced
    check_soon 10 "front is ok again" eval 'tail -n 3 "$scratch/watch" | grep -q " ok      front"'
    check_equal "documents on lines of their own" "$(jq -c .kind "$scratch/docs" | sort -u)" '"Status"'
    status=0
    timeout --preserve-status -s INT 1 "$KZSYNC" status -n "$own" --watch >"$scratch/out" 2>"$scratch/err" || status=$?
    check_equal "status after Ctrl-C" "$status" 130
    [ "$(wc -l <"$scratch/docs")" -gt 2 ] || fail "there are $(wc -l <"$scratch/docs") documents"
    "$top/test/lib/cluster" stop "$KZ_CLUSTER" kube-apiserver >/dev/null
    at_end "'$top/test/lib/cluster' start '$KZ_CLUSTER' kube-apiserver"
    check_soon 30 "it says that nothing newer comes" watch_has '^stale: '
    "$top/test/lib/cluster" start "$KZ_CLUSTER" kube-apiserver >/dev/null
    config_map front page 3
    commit "after the API server was away"
    check_soon 60 "it goes on" eval 'tail -n 3 "$scratch/watch" | grep -q "revision=$(git -C "$repo" rev-parse --short=7 HEAD)"'
    end_daemon
}

test_wait_says_what_it_waits_for() {
    shop wait
    deployment web web 1
    commit
    daemon
    status=0
    "$KZSYNC" wait -n "$own" --timeout 4s >"$scratch/out" 2>"$scratch/err" || status=$?
    check_sane
    ends 8 "run     web"
    check_contains "what it waits for" "$(cat "$scratch/err")" "Deployment web: 0 of 1 replicas available"
    check_contains "and who waits for that" "$(cat "$scratch/err")" "wait    front  after web"
    kz wait --revision 0123456 --timeout 3s
    ends 8 "for revision 0123456: kzsync is at"
    kz wait --module network --timeout 1s --progress none
    ! grep -q 'still waiting' "$scratch/err" || fail "--progress none talks"
    deployment web web 0
    commit "no pod"
    synced
    kz wait --module netwrk --timeout 20s
    ends 1 "has no module 'netwrk', did you mean 'network'?"
    end_daemon
}

# brief: the status as the daemon writes it of very many modules.
brief() {
    kubectl -n "$own" get cm "kzsync-status-$platform" -o json |
        jq '.data.status |= (fromjson | .brief = 4 | .modules |= map({name, state, objects, healthy}) | tojson)' |
        kubectl replace -f - >/dev/null
}

# ---- graph -----------------------------------------------------------------------------------------------

test_graph_in_all_forms() {
    running_shop graph
    kz graph
    check_equal "the tree" "$(out)" "ok network
|- ok store
|  \`- ok front  (also after web)
\`- ok web

Longest path 3: network > store > front"
    kz graph --layers
    check_contains layers "$(out)" "ok network  ok store  ok front"
    kz graph -o json
    check_equal "layers in JSON" "$(jq -c '[.modules[] | [.name, .layer]]' "$scratch/out")" \
        '[["front",2],["network",0],["store",1],["web",1]]'
    kz graph -o dot
    check_contains dot "$(out)" '"network" -> "web";'
    kz graph -o mermaid
    check_contains mermaid "$(out)" 'n1 --> n3'
    kz graph -o name
    check_equal "in order" "$(out | paste -sd' ')" "network store web front"
    kz graph web
    ! out | grep -q store || fail "the graph around web has store: $(out)"
    kz graph wep
    ends 1 "did you mean 'web'?"
    end_daemon
    kz graph
    cp "$scratch/out" "$scratch/tree"
    brief
    kz graph
    check_no_diff "the tree of a brief status, with the inventory's edges," "$scratch/tree" "$scratch/out"
}

# ---- why -------------------------------------------------------------------------------------------------

test_why_goes_down_to_the_line_and_the_author() {
    running_shop why
    deployment web web 1
    config_map front page 2
    GIT_AUTHOR_NAME="A. Nother" commit "one replica"
    check_soon 15 "web waits for its pod" has_state web run
    check_soon 10 "front waits" has_state front wait
    kz why front --repo "$repo"
    check_contains "the chain" "$(out)" "\`- web  run"
    check_contains "the object" "$(out)" "Deployment $ns/web  progressing  0 of 1 replicas available"
    check_contains "the pod" "$(out)" "Pod $ns/web-"
    check_contains "the line" "$(out)" "modules/web/web.yaml:1 at $(git -C "$repo" rev-parse --short=7 HEAD)"
    check_contains "the commit" "$(out)" "by A. Nother: one replica"
    check_contains "the way back" "$(out)" "kzsync rollback web"
    kz why "deployment/$ns/web" --repo "$repo"
    check_contains "its module" "$(out)" "Module  web, run"
    check_contains "its fields" "$(out)" "by kzsync; status by kube-controller-manager"
    kz why deploy/web -o json
    check_equal "JSON" "$(jq -r '.module + " " + .state + " " + .object' "$scratch/out")" "web progressing Deployment/$ns/web"
    check_equal "without a working copy no author is made up" "$(jq -c '[.facts[] | select(.label == "Commit")]' "$scratch/out")" '[]'
    module late 'dependsOn: [web]'
    config_map late never
    GIT_AUTHOR_NAME="B. Second" commit "a module that has to wait"
    check_soon 15 "late waits" has_state late wait
    kz why late
    check_contains "the culprit" "$(out)" "\`- web  run"
    check_contains "without its repository the kept set tells" "$(out)" "modules/web/web.yaml:1 as of"
    kz why front
    check_contains "front" "$(out)" "kzsync logs web"
    end_daemon
}

test_why_of_what_was_never_healthy_asks_the_repository() {
    shop never
    deployment web web 1
    GIT_AUTHOR_NAME="C. Third" commit "never healthy"
    daemon
    check_soon 20 "web is at work" has_state web run
    cd "$repo"
    kz why deploy/web
    check_contains "rendered at the commit" "$(out)" "modules/web/web.yaml:1 at $(git rev-parse --short=7 HEAD)"
    check_contains "who wrote it" "$(out)" "by C. Third"
    cd "$scratch"
    kz why deploy/web
    check_contains "without a repository it says so" "$(out)" "with --repo, the module is rendered to find out"
    git init -q -b main "$scratch/other"
    kz why deploy/web --repo "$scratch/other"
    check_contains "another repository" "$(out)" "does not have $(git -C "$repo" rev-parse --short=7 HEAD)"
    kz why deploy/web --repo "$scratch/cache"
    ends 1 "is in no git working copy"
    end_daemon
}

test_why_of_names_that_there_are_not() {
    running_shop names
    kz why frnot
    ends 1 "did you mean 'front'?"
    kz why cm/nett
    ends 1 "no ConfigMap 'nett' is in the inventory"
    kz why "cm/$ns/nett"
    ends 1 "is neither in the cluster nor in the inventory"
    kz why gadget/x
    ends 1 "the API server knows no kind 'gadget'"
    kz why a/b/c/d
    ends 1 "names no object"
    kz why /
    ends 1 "names no object"
    kz why
    ends 2 "MODULE|OBJECT"
    kz why "cm/$ns/kube-root-ca.crt"
    ends 0 "none: it is not in the inventory"
    end_daemon
}

# ---- diff ------------------------------------------------------------------------------------------------

all_compared() { "$KZSYNC" diff -n "$own" | grep -q "5 of 5 modules compared"; }

test_diff_tells_who_changed_what_and_no_secrets() {
    shop diff
    module sec 'sync: {selfHeal: "off"}'
    put modules/sec/login.yaml <<END
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: canary-one-3381}
END
    config_map sec kept
    config_map sec going
    commit
    daemon
    synced
    check_soon 10 "the sets are kept" all_compared # a moment after all became healthy
    kz diff
    ends 0 "Diff: none; 5 of 5 modules compared."
    kubectl -n "$ns" patch cm kept --type merge --field-manager somebody -p '{"data":{"key":"edited"}}' >/dev/null
    kubectl -n "$ns" patch secret login --type merge -p '{"stringData":{"password":"canary-two-9942"}}' >/dev/null
    kubectl -n "$ns" delete cm going >/dev/null
    kz diff
    ends 10 "Diff: 2 changed, 1 deleted, in 1 of 5 modules."
    check_contains "who" "$(out)" "by somebody"
    check_contains "from where" "$(out)" "from modules/sec/kept.yaml:1"
    check_contains "what" "$(out)" "data.key  1 -> edited"
    check_contains "what is gone" "$(grep going "$scratch/out")" "was deleted"
    ! grep -q 'canary\|Y2FuYXJ5' "$scratch/out" "$scratch/err" || fail "diff shows a Secret"
    kz diff sec -o json
    check_equal "JSON" "$(jq -c '[.modules[0].objects[] | [.name, .differs]] | sort' "$scratch/out")" \
        '[["going","deleted"],["kept","changed"],["login","changed"]]'
    ! grep -q 'canary\|Y2FuYXJ5' "$scratch/out" || fail "diff -o json shows a Secret"
    kz diff network
    ends 0 "Diff: none"
    kz diff -o name
    check_equal "names" "$(out | sort | paste -sd' ')" "ConfigMap/$ns/going ConfigMap/$ns/kept Secret/$ns/login"
    kz why cm/kept
    check_contains "why says it too" "$(out)" "Differs ~ data.key 1 -> edited"
    check_contains "and by whom" "$(out)" "By      somebody, which set data.key"
    end_daemon
}

# ---- orphans ---------------------------------------------------------------------------------------------

found_three() { [ "$("$KZSYNC" orphans -n "$own" -o name | wc -l)" = 3 ]; }

test_orphans_are_found_and_left_alone() {
    running_shop orphans
    kz orphans --exit-code
    ends 0 "Orphans: 0 objects"
    kubectl -n "$ns" apply --server-side --field-manager kzsync -f - >/dev/null <<END
apiVersion: v1
kind: ConfigMap
metadata: {name: left, labels: {kubezero.com/platform: orphans, kubezero.com/module: web}}
data: {a: b}
END
    kubectl -n "$ns" create cm copied >/dev/null
    kubectl -n "$ns" label cm copied kubezero.com/platform=orphans >/dev/null
    kubectl -n "$ns" annotate cm b kubezero.com/prune=confirm >/dev/null
    rm "$repo/modules/store/b.yaml"
    commit "without b"
    check_soon 20 "the removal is held" has_state store held
    check_soon 10 "the kept set is without b" found_three
    kz orphans --exit-code
    ends 10 "Orphans: 3 objects that nothing wants."
    kz why store
    check_contains "why it is held" "$(out)" "store is held"
    check_contains "how to let it go" "$(out)" "kzsync approve store"
    kz orphans -o json
    check_equal "what they are" "$(jq -c '[.objects[] | [.name, .sort]] | sort' "$scratch/out")" \
        '[["b","unwanted"],["copied","label"],["left","orphan"]]'
    for name in left copied b; do exists cm $name || fail "$name was deleted"; done
    kubectl -n "$ns" label cm left kubezero.com/platform- kubezero.com/module- >/dev/null
    kz orphans -o name
    ! out | grep -q left || fail "without a label it is found: $(out)"
    kz orphans --every-object -o name
    check_contains "without a label, but with our fields" "$(out)" "ConfigMap/$ns/left"
    end_daemon
}

# ---- logs ------------------------------------------------------------------------------------------------

# crashed POD: what a kubelet would say of it.
crashed() {
    kubectl -n "$ns" patch pod "$1" --subresource status --type merge -p '{"status":{"phase":"Running","containerStatuses":[
        {"name":"main","ready":false,"restartCount":3,"image":"x","imageID":"","state":{"running":{"startedAt":null}},
         "lastState":{"terminated":{"exitCode":7,"reason":"Error","startedAt":null,"finishedAt":null}}}]}}' >/dev/null
}

warn() { # NAME COUNT
    kubectl -n "$ns" create -f - >/dev/null <<END
apiVersion: v1
kind: Event
metadata: {name: $1}
type: Warning
reason: BackOff
message: "back-off restarting\\nfailed container"
count: $2
lastTimestamp: $(date -u +%Y-%m-%dT%H:%M:%SZ)
involvedObject: {apiVersion: v1, kind: Pod, namespace: $ns, name: $pod}
END
}

pods_of_web() { kubectl -n "$ns" get pods -l app=web -o name; }
has_pods() { [ -n "$(pods_of_web)" ]; }

test_logs_and_events_of_what_crashes() {
    shop logs
    deployment web web 2
    commit
    daemon
    check_soon 20 "pods" has_pods
    check_soon 20 "web is at work" has_state web run
    pod=$(pods_of_web | sed -n "1s|.*/||p") # reads to the end: nobody gets a SIGPIPE
    crashed "$pod"
    warn one 3
    warn two 4
    kz logs web
    ends 0 "web  2 pods: 1 failing, 1 progressing"
    check_equal "what hurts comes first" "$(grep -c . <<<"$(grep -m 1 ' Pod ' "$scratch/out" | grep "$pod")")" 1
    check_contains "the reason" "$(out)" "container main: restarted 3 times: exit code 7"
    check_contains "the container before" "$(out)" "main, before its last end"
    check_contains "events are merged" "$(out)" "x7 Pod $pod BackOff: back-off restarting failed container"
    kz logs web -o json
    check_equal "in JSON" "$(jq -c '[.events[] | select(.reason == "BackOff") | .count]' "$scratch/out")" "[7]"
    kz logs web --since 1s
    sleep 2
    kz logs web --since 1s
    ! out | grep -q 'back-off' || fail "--since shows what is older"
    kz why front
    check_contains "why names the pod" "$(out)" "Pod $ns/$pod  failing  container main:"
    kz logs network
    ends 0 "network  0 pods"
    kz logs wep
    ends 1 "did you mean 'web'?"
    kz logs web --tail 0
    ends 2 "must be 1 to 100000"
    end_daemon
}

# ---- doctor ----------------------------------------------------------------------------------------------

result_of() { jq -r --arg c "$1" '[.checks[] | select(.check == $c) | .result] | unique | join(" ")' "$scratch/out"; }

test_doctor_finds_what_is_wrong() {
    running_shop doctor
    kz doctor --repo "file://$repo" -o json
    check_equal "status: $(out)" "$status" 0
    for check in server clock rights status modules source lease inventory git repository; do
        check_equal "$check" "$(result_of $check)" ok
    done
    kz doctor --repo "file://$scratch/nowhere"
    ends 3 "1 failure."
    kz doctor --as "system:serviceaccount:$own:default"
    ends 3 "may not"
    kubectl -n "$own" create cm kzsync-inventory-older-0 >/dev/null
    kubectl -n "$own" label cm kzsync-inventory-older-0 kubezero.com/inventory=older >/dev/null
    kz doctor
    ends 0 "also inventories of older"
    end_daemon
    kz doctor
    ends 3 "nobody leads"
    daemon
    synced
    kill -9 "$daemon"
    sleep 16
    kz doctor -o json
    check_equal "a dead leader" "$(result_of lease)" fail
    check_equal "status" "$status" 3
}

# ---- no daemon, no rights, no server -----------------------------------------------------------------------

# as_user NAME: a kubeconfig with which one is somebody else.
as_user() {
    kubectl config view --raw -o json | jq --arg who "$1" '.users[0].user.as = $who' >"$scratch/kubeconfig"
}

test_without_daemon_rights_or_server() {
    own=kz-nobody
    for command in status graph diff orphans; do
        kz $command
        ends 1 "no status in namespace $own"
    done
    kz why web
    ends 1 "is \`kzsync run\` at work there?"
    shop rights
    commit
    daemon
    synced
    as_user nobody@example.com
    for command in status graph diff orphans "why web" "logs web"; do
        # shellcheck disable=SC2086
        kz $command --kubeconfig "$scratch/kubeconfig"
        ends 5 "read the status in namespace $own: account 'nobody@example.com' may not list configmaps"
    done
    kz doctor --kubeconfig "$scratch/kubeconfig"
    ends 3 "you may not"
    kubectl -n "$own" create role reader --verb get,list,watch --resource configmaps >/dev/null
    kubectl -n "$own" create rolebinding reader --role reader --user nobody@example.com >/dev/null
    kz status --kubeconfig "$scratch/kubeconfig"
    ends 0 "4 modules: 4 ok"
    kz graph --kubeconfig "$scratch/kubeconfig"
    ends 0 "ok network"
    kz diff --kubeconfig "$scratch/kubeconfig"
    ends 5 "may not list secrets"
    check_equal "no log line among it" "$(grep -c 'warn  history' "$scratch/err" || true)" 0
    kz why web --kubeconfig "$scratch/kubeconfig"
    ends 0 "may not list secrets"
    kz why "cm/$ns/net" --kubeconfig "$scratch/kubeconfig"
    ends 5 "may not get configmaps in namespace $ns"
    kz logs web --kubeconfig "$scratch/kubeconfig"
    ends 5 "may not get"
    kz orphans --kubeconfig "$scratch/kubeconfig"
    ends 5 "may not list"
    kubectl create clusterrole "some-$ns" --verb list --resource configmaps >/dev/null
    kubectl create clusterrolebinding "some-$ns" --clusterrole "some-$ns" --user nobody@example.com >/dev/null
    kz orphans --kubeconfig "$scratch/kubeconfig"
    ends 0 "not looked at: kinds that you may not list: "
    jq '.clusters[0].cluster.server = "https://127.0.0.1:1"' "$scratch/kubeconfig" >"$scratch/away"
    kz status --kubeconfig "$scratch/away"
    ends 7 "127.0.0.1:1"
    end_daemon
}

# ---- without arguments, completion, speed --------------------------------------------------------------------

test_no_argument_is_status_or_short_help() {
    status=0
    KUBECONFIG=$scratch/none "$KZSYNC" >"$scratch/out" 2>"$scratch/err" || status=$?
    check_sane
    ends 0 "kzsync --help lists all commands."
    check_contains "why there is no status" "$(cat "$scratch/err")" "no status:"
    platform=usual ns=usual own=kzsync-system repo=$scratch/repo
    shop usual
    own=kzsync-system
    at_end "kubectl delete namespace kzsync-system --wait=false"
    commit
    daemon
    synced
    status=0
    "$KZSYNC" >"$scratch/out" 2>"$scratch/err" || status=$?
    ends 0 "4 modules: 4 ok"
    end_daemon
}

# complete WORD...: what bash would offer for the last one.
complete_words() {
    (
        set +u
        eval "$("$KZSYNC" completion bash)"
        COMP_WORDS=("$KZSYNC" "$@")
        COMP_CWORD=$#
        COMPREPLY=()
        _kzsync
        printf '%s\n' "${COMPREPLY[@]}" | paste -sd' '
    )
}

# zsh_names WORD...: what its function of modules offers behind these words. The shell's own compadd works in a line
# editor only.
zsh_names() {
    PATH=$(dirname "$KZSYNC"):$PATH zsh -f -c '
        compdef() { : }
        compadd() { shift; print -l -- ${(P)1} }
        source =(kzsync completion zsh)
        words=(kzsync "$@") CURRENT=$((${#words}))
        _kzsync_modules' zsh "$@" | paste -sd' '
}

# fish_words LINE: what fish offers at the end of it.
fish_words() {
    PATH=$(dirname "$KZSYNC"):$PATH fish --no-config -c 'kzsync completion fish | source; complete -C $argv[1]' "$1" |
        cut -f1 | paste -sd' '
}

test_completion_in_zsh_and_fish() {
    export XDG_CACHE_HOME=$scratch/names HOME=$scratch
    running_shop shells
    check_equal "zsh" "$(zsh_names status -n "$own" '')" "front network store web"
    check_equal "zsh, the namespace in one word" "$(zsh_names status --namespace="$own" '')" "front network store web"
    check_equal "fish" "$(fish_words "kzsync status -n $own ")" "front network store web"
    check_equal "fish, the beginning of a name" "$(fish_words "kzsync logs --namespace=$own w")" web
    check_equal "fish, of an option" "$(fish_words "kzsync wait -n $own --module s")" store
    check_contains "fish, commands" "$(fish_words "kzsync app")" approve
    end_daemon
}

test_completion_knows_the_modules() {
    export XDG_CACHE_HOME=$scratch/names
    running_shop complete
    check_equal "modules of status" "$(complete_words status -n "$own" '')" "front network store web"
    check_equal "of logs" "$(complete_words logs -n "$own" w)" web
    check_equal "of an option" "$(complete_words wait -n "$own" --module s)" store
    check_equal "no files" "$(complete_words why -n "$own" /)" ""
    sleep 1.1
    local mark
    mark=$(audit_mark)
    "$KZSYNC" __modules -n "$own" >/dev/null
    "$KZSYNC" __modules -n "$own" >"$scratch/out"
    check_equal "the names" "$(paste -sd' ' "$scratch/out")" "front network store web"
    check_equal "requests within a second" "$(requests "$mark" | grep -c labelSelector || true)" 1
    status=0
    sed -E 's|server: .*|server: https://10.255.255.1:6443|' "$KUBECONFIG" >"$scratch/away"
    local start=${EPOCHREALTIME/./}
    "$KZSYNC" __modules --kubeconfig "$scratch/away" >"$scratch/out" 2>"$scratch/err" || status=$?
    local took=$(((${EPOCHREALTIME/./} - start) / 1000))
    check_equal "status" "$status" 0
    check_equal "what it says of a server that is away" "$(cat "$scratch/out" "$scratch/err")" ""
    [ "$took" -lt 1000 ] || fail "it took $took ms"
    ! "$KZSYNC" --help | grep -q __modules || fail "the helper is listed"
    end_daemon
}

# A document as a daemon of 1,000 modules writes it: 170 KB.
test_a_thousand_modules_are_shown_at_once() {
    own=kz-thousand
    kubectl create namespace $own >/dev/null
    jq -n '{v: 1, kind: "Status", platform: "thousand", revision: "f4306566955bc46cdcab4d6d6110c3610dd9bb6e", objects: 12000,
        time: "2026-11-23T01:00:00Z", settled: false, modules: [range(1000) | {name: "module-\(.)", objects: 12, healthy: 12,
            state: (if . % 50 == 0 then "run" else "ok" end), revision: "f4306566955bc46cdcab4d6d6110c3610dd9bb6e",
            since: "2026-11-23T01:00:00Z", after: (if . == 0 then [] else ["module-\((. - 1) / 7 | floor)"] end)}]}' |
        jq '{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "kzsync-status-thousand", namespace: "kz-thousand",
            labels: {"kubezero.com/status": "thousand"}}, data: {status: tojson}}' >"$scratch/cm.json"
    kubectl apply --server-side -f "$scratch/cm.json" >/dev/null
    for form in "status" "status --tree" "graph" "graph -o json"; do
        local start=${EPOCHREALTIME/./}
        # shellcheck disable=SC2086
        kz $form
        local took=$(((${EPOCHREALTIME/./} - start) / 1000))
        check_equal "status of $form" "$status" 0
        echo "# $form of 1,000 modules: $took ms" >&2
        [ "$took" -lt "${KZ_LOOK_MS:-2000}" ] || fail "$form took $took ms"
    done
    kz status
    check_equal "modules" "$(grep -c module- "$scratch/out")" 1000
}

cluster_of_all
run_tests "$@"
