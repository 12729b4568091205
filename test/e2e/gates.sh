#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Gates on a real API server: objects by field and condition, counts, requests to a real HTTP server, health rules
# of the platform's own, pods that say why, fields that are left to others. One control plane for all tests; see
# test/lib/platform.sh. `gates.sh NAME...` runs single tests.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/assert.sh"
. "$here/../lib/platform.sh"

# gated NAME GATE...: a platform with one module `web` that has these gates.
gated() {
    local name=$1
    shift
    new_platform "$name"
    module web "health: {timeout: 30s, grace: 2s, soak: 0s, gates: [$(paste -sd, <<<"$(printf '%s\n' "$@")")]}"
    namespace web
    config_map web a
}

# http_server: answers with the file $scratch/answer ("STATUS BODY"); its address in $url.
http_server() {
    echo "503 starting" >"$scratch/answer"
    python3 - "$scratch" <<'END' &
import http.server, sys
folder = sys.argv[1]
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = open(folder + "/answer").read().rstrip("\n").split(" ", 1)
        self.send_response(int(status))
        if status == "302":
            self.send_header("Location", body)
        self.end_headers()
        self.wfile.write(body.encode())
        with open(folder + "/asked", "a") as log:
            log.write(self.path + " " + str(self.headers.get("Authorization")) + "\n")
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
open(folder + "/port", "w").write(str(server.server_port))
server.serve_forever()
END
    at_end "kill $!"
    check_soon 10 "the HTTP server" test -s "$scratch/port"
    url=http://127.0.0.1:$(cat "$scratch/port")
}

note_has() { [[ $(note_of web) == *"$1"* ]]; }
status_of() { kubectl -n "$ns" patch "$1" "$2" --subresource status --type merge -p "{\"status\":$3}" >/dev/null; }

# ---- gates of a definition -----------------------------------------------------------------------------

test_an_http_gate_waits_for_its_answer() {
    http_server
    gated http "{http: {url: \"$url/ready?token=canary-1\", contains: 'all good'}, every: 1s}"
    commit
    daemon --gate-allow 127.0.0.0/8
    check_soon 15 "the gate is told" note_has "gate $url/ready: got 503, want 200"
    check_equal state "$(state_of web)" run
    echo "200 canary-2" >"$scratch/answer"
    check_soon 10 "the text is missed" note_has "got 200, but not the text 'all good'"
    echo "200 now all good" >"$scratch/answer"
    synced
    check_contains "what was asked for" "$(cat "$scratch/asked")" "/ready?token=canary-1 None"
    ! grep -q 'canary' "$scratch/log" || fail "query or answer are in the log"
    local asked
    asked=$(wc -l <"$scratch/asked")
    sleep 2
    check_equal "requests at rest" "$(wc -l <"$scratch/asked")" "$asked"
    end_daemon
}

test_an_http_gate_that_stays_shut_fails_the_module() {
    http_server
    gated shut "{http: {url: \"$url/ready\"}, every: 1s}"
    sed -i 's/timeout: 30s/timeout: 3s/' "$repo/modules/web.yaml"
    kz apply "$repo" --progress none --gate-allow 127.0.0.1
    check_equal "status of apply" "$status" 3
    check_contains "the error" "$(cat "$scratch/err")" "gate $url/ready: got 503, want 200 (deadline over)"
}

test_a_gate_may_not_ask_this_machine() {
    http_server
    gated inner "{http: {url: \"$url/ready\"}, every: 1s}"
    echo "200 ok" >"$scratch/answer"
    commit
    daemon
    check_soon 15 "the refusal" note_has "is at 127.0.0.1, which gates may not ask"
    sleep 1.5
    [ ! -e "$scratch/asked" ] || fail "it was asked: $(cat "$scratch/asked")"
    end_daemon
    kz apply "$repo" --gate-allow nonsense
    check_equal "status with a wrong range" "$status" 1
    check_contains "the error" "$(cat "$scratch/err")" "no address: 'nonsense'"
}

test_plan_asks_nobody() {
    http_server
    gated planned "{http: {url: \"$url/ready\"}, every: 1s}"
    kz plan "$repo"
    check_equal "status of plan" "$status" 0
    [ ! -e "$scratch/asked" ] || fail "plan asked: $(cat "$scratch/asked")"
}

test_gates_look_at_fields_conditions_and_counts() {
    gated looks "{kind: ConfigMap, name: switch, field: data.phase, in: [ready, done], every: 1s}" \
        "{kind: Deployment, namespace: looks, name: other, condition: Available, every: 1s}" \
        "{kind: Secret, count: {atLeast: 2, labels: app=web}, every: 1s}" \
        "{kind: Deployment, count: {exactly: 1, healthy: true}, every: 1s}"
    commit
    daemon
    check_soon 15 "no object" note_has "gate ConfigMap switch: is not there"
    kubectl -n "$ns" create configmap switch --from-literal phase=starting >/dev/null
    check_soon 10 "a field" note_has "gate ConfigMap switch: data.phase is starting, want one of ready, done"
    kubectl -n "$ns" patch configmap switch --type merge -p '{"data":{"phase":"done"}}' >/dev/null
    check_soon 10 "the next gate" note_has "gate Deployment other: is not there"
    kubectl -n "$ns" create deployment other --image registry.local/x --replicas 0 >/dev/null
    check_soon 20 "a count" note_has "gate count of Secret with app=web: 0 there, want at least 2"
    for i in 1 2; do
        kubectl -n "$ns" create secret generic "s$i" >/dev/null
        kubectl -n "$ns" label secret "s$i" app=web >/dev/null
    done
    synced
    end_daemon
}

test_a_new_definition_begins_anew() {
    gated anew "{kind: ConfigMap, name: never, every: 1s}" "{kind: ConfigMap, name: neither, every: 1s}"
    commit
    daemon
    check_soon 15 "the gate" note_has "gate ConfigMap never: is not there"
    module web "health: {timeout: 30s, soak: 0s, gates: [{kind: ConfigMap, name: a}]}"
    commit
    synced
    end_daemon
}

# ---- pods that say why ---------------------------------------------------------------------------------

# stuck NAME HEALTH: a platform with a Deployment of one pod, which stays as this test makes it; the pod in $pod.
stuck() {
    new_platform "$1"
    module web "health: {$2}"
    namespace web
    deployment web main 1
    commit
    daemon
    check_soon 20 "a pod" has_pod
    pod=$(kubectl -n "$ns" get pods -l app=main -o jsonpath='{.items[0].metadata.name}')
}
has_pod() { [ -n "$(kubectl -n "$ns" get pods -l app=main -o name)" ]; }

test_a_wait_for_capacity_does_not_count() {
    stuck capacity "timeout: 6s, grace: 1s, soak: 0s, capacity: 8s"
    status_of pod "$pod" '{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False",
        "reason":"Unschedulable","message":"0/3 nodes are available","lastTransitionTime":"2026-01-01T00:00:00Z"}]}'
    check_soon 5 "it is named" note_has "waits for capacity: 0/3 nodes are available"
    sleep 7
    check_equal "state after the deadline" "$(state_of web)" run
    check_soon 20 "the limit" has_state web fail
    check_contains "the error" "$(note_of web)" "(deadline over)"
    check_contains "the error" "$(note_of web)" "waits for capacity"
    end_daemon
}

test_a_permanent_reason_ends_the_gate_early() {
    stuck reason "timeout: 10m, grace: 2s, soak: 0s"
    status_of pod "$pod" '{"phase":"Pending","containerStatuses":[{"name":"main","image":"","imageID":"","ready":false,
        "restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]}'
    check_soon 15 "the failure" has_state web fail
    check_contains "the error" "$(note_of web)" "(grace time over)"
    check_contains "the error" "$(note_of web)" "container main: ImagePullBackOff: no such image"
    end_daemon
}

test_a_kind_has_times_of_its_own() {
    stuck times "timeout: 10m, soak: 0s, kinds: [{kind: Deployment, group: apps, timeout: 4s}]"
    check_soon 15 "the failure" has_state web fail
    check_contains "the error" "$(note_of web)" "(deadline over)"
    end_daemon
}

# ---- fields that are left to others --------------------------------------------------------------------

owner_of_replicas() { # managers that own .spec.replicas of Deployment main
    kubectl -n "$ns" get deployment main -o json --show-managed-fields |
        jq -r '[.metadata.managedFields[] | select(.fieldsV1["f:spec"]["f:replicas"]) | .manager] | sort | join(",")'
}

test_an_autoscaler_owns_replicas_from_the_start() {
    new_platform hpa
    module web "health: {soak: 0s}"
    namespace web
    deployment web main 3
    sed -i 's/replicas: 3/replicas: 3\n  paused: true/' "$repo/modules/web/main.yaml"
    put modules/web/hpa.yaml <<END
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: main}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: main}
  minReplicas: 2
  maxReplicas: 9
END
    commit
    daemon
    synced
    check_equal "replicas at birth" "$(field deployment main '{.spec.replicas}')" 3
    check_equal "owners of replicas" "$(owner_of_replicas)" ""
    local mark
    kubectl -n "$ns" patch deployment main --subresource scale --type merge -p '{"spec":{"replicas":7}}' \
        --field-manager kube-controller-manager >/dev/null
    mark=$(audit_mark)
    sleep 2
    check_equal "what kzsync does about it" "$(requests "$mark" | grep -vE '^get|/kz-|/leases/')" ""
    sed -i s/web:v1/web:v2/ "$repo/modules/web/main.yaml"
    commit image
    check_soon 15 "the new image" field_is deployment main '{.spec.template.spec.containers[0].image}' registry.local/web:v2
    check_equal "replicas after a new image" "$(field deployment main '{.spec.replicas}')" 7
    ! grep -q kzsync <<<"$(owner_of_replicas)" || fail "kzsync owns replicas"
    check_equal "conflicts" "$(requests "$mark" | grep ' 409$')" ""
    kz plan "$repo" --exit-code
    check_equal "plan afterwards: $(cat "$scratch/out") status" "$status" 0
    rm "$repo/modules/web/hpa.yaml"
    commit "no autoscaler any more"
    check_soon 15 "git decides again" field_is deployment main '{.spec.replicas}' 3
    end_daemon
}

test_a_field_that_is_ignored_later_keeps_its_value() {
    new_platform later
    module web "health: {soak: 0s}"
    namespace web
    config_map web a one
    deployment web main 4
    sed -i 's/replicas: 4/replicas: 4\n  paused: true/' "$repo/modules/web/main.yaml"
    apply
    check_equal "owners of replicas" "$(owner_of_replicas)" kzsync
    module web "health: {soak: 0s}
ignore: [{kind: Deployment, paths: [/spec/replicas]}, {kind: ConfigMap, name: a, paths: [/data/key]}]"
    kz plan "$repo" --details
    check_equal "status of plan" "$status" 0
    ! grep -q replicas "$scratch/out" || fail "the plan would change replicas: $(cat "$scratch/out")"
    apply
    check_equal "replicas" "$(field deployment main '{.spec.replicas}')" 4
    check_equal "owners of replicas" "$(owner_of_replicas)" ""
    check_equal "an ignored value" "$(field cm a '{.data.key}')" one
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"theirs"}}' >/dev/null
    config_map web a two
    apply
    check_equal "the value of somebody else" "$(field cm a '{.data.key}')" theirs
}

test_an_injected_ca_bundle_stays() {
    new_platform inject
    module web "health: {soak: 0s}"
    namespace web
    put modules/web/hook.yaml <<END
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: kz-inject-test}
webhooks:
- name: a.test.kubezero.com
  clientConfig: {caBundle: Cg==, service: {name: hook, namespace: inject}}
  rules: [{apiGroups: [test.kubezero.com], apiVersions: [v1], operations: [CREATE], resources: [nothing]}]
  sideEffects: None
  failurePolicy: Ignore
  admissionReviewVersions: [v1]
END
    commit
    daemon
    synced
    local bundle mark
    bundle=$(kubectl config view --raw -o "jsonpath={.clusters[0].cluster.certificate-authority-data}")
    mark=$(audit_mark)
    kubectl patch validatingwebhookconfiguration kz-inject-test --type json --field-manager cainjector \
        -p "[{\"op\":\"add\",\"path\":\"/webhooks/0/clientConfig/caBundle\",\"value\":\"$bundle\"}]" >/dev/null
    sleep 2
    check_equal "what kzsync does about it" "$(requests "$mark" | grep -vE '^get|/kz-|/leases/')" ""
    sed -i 's/failurePolicy: Ignore/failurePolicy: Ignore\n  timeoutSeconds: 3/' "$repo/modules/web/hook.yaml"
    commit timeout
    synced
    check_equal "the bundle" "$(kubectl get validatingwebhookconfiguration kz-inject-test -o 'jsonpath={.webhooks[0].clientConfig.caBundle}')" "$bundle"
    check_equal "the change" "$(kubectl get validatingwebhookconfiguration kz-inject-test -o 'jsonpath={.webhooks[0].timeoutSeconds}')" 3
    end_daemon
}

# ---- drift ---------------------------------------------------------------------------------------------

windowed() { # ALLOW-OR-DENY
    put kubezero.yaml <<END
apiVersion: kubezero.com/v1beta1
kind: Platform
metadata: {name: $platform}
spec:
  schedule:
    timezone: Europe/Berlin
    windows: [{name: always, $1: "* * * * *", duration: 2h}]
    default: {restart: [always]}
END
}

test_drift_waits_for_its_window() {
    new_platform window
    windowed allow
    module web "sync: {selfHeal: inWindow}
health: {soak: 0s}"
    namespace web
    config_map web a
    commit
    daemon
    synced
    windowed deny
    commit "the window closes"
    synced
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"edited"}}' >/dev/null
    check_soon 5 "it is said" note_has "ConfigMap a was changed in the cluster; waits for a window"
    check_equal "state" "$(state_of web)" drift
    sleep 2
    check_equal "the edit" "$(field cm a '{.data.key}')" edited
    windowed allow
    commit "the window opens"
    check_soon 30 "the edit is undone" field_is cm a '{.data.key}' 1
    kubectl -n "$ns" patch cm a --type merge -p '{"data":{"key":"edited"}}' >/dev/null
    check_soon 5 "so is the next, at once" field_is cm a '{.data.key}' 1
    end_daemon
}

# ---- rules of the platform's own -----------------------------------------------------------------------

test_rules_of_the_platform_decide() {
    new_platform rules
    put kubezero.yaml <<END
apiVersion: kubezero.com/v1beta1
kind: Platform
metadata: {name: rules}
spec:
  healthRules:
  - groups: [test.kubezero.com]
    kinds: [Engine]
    rules:
    - {field: status.up, atLeast: spec.size, then: healthy}
    - {field: status.up, exists: true, then: progressing, why: "{status.up} of {spec.size} up"}
    - {then: progressing, why: nobody has looked at it}
END
    module types
    crd types engines Engine
    module web 'dependsOn: [types]
health: {timeout: 60s, soak: 0s}'
    namespace web
    put modules/web/v8.yaml <<END
apiVersion: test.kubezero.com/v1
kind: Engine
metadata: {name: v8}
spec: {size: 3}
END
    commit
    daemon
    check_soon 20 "a rule" note_has "Engine v8: nobody has looked at it"
    kubectl -n "$ns" patch engine v8 --type merge -p '{"status":{"up":2}}' >/dev/null
    check_soon 10 "another rule" note_has "Engine v8: 2 of 3 up"
    sed -i 's/atLeast: spec.size/atLeast: 2/' "$repo/kubezero.yaml"
    commit "a milder rule"
    synced
    sed -i 's/atLeast: 2/atLeast: 9/' "$repo/kubezero.yaml"
    commit "a stricter rule"
    check_soon 10 "the new rule is seen at rest" sick_of_v8
    sed -i 's/atLeast: 9/atLeast: true/' "$repo/kubezero.yaml"
    commit "a wrong rule"
    check_soon 10 "the mistake has a place" is_in_log "kubezero.yaml:"
    end_daemon
}
sick_of_v8() { "$KZSYNC" status -n "$own" -o json | jq -e '.modules[] | select(.name == "web") | .healthy < .objects' >/dev/null; }

cluster_of_all
run_tests "$@"
