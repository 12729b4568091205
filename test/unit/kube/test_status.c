/* SPDX-License-Identifier: Apache-2.0
 *
 * Every error body of docs/internals/api-server.md 2.8, as the server sent it. */
#include "kube/status.h"
#include "value/json.h"

#include <criterion/criterion.h>

struct row {
    int status;
    const char *body;
    enum kz_verb verb;
    const char *group, *kind, *ns, *name;
    enum kz_outcome outcome;
    bool retry;
    enum kz_code code;
    const char *text;
};

#define ST(code, reason, message, details)                                                         \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"" message  \
    "\",\"reason\":\"" reason "\",\"details\":{" details "},\"code\":" #code "}"
#define CAUSE(reason, message, field)                                                              \
    "{\"reason\":\"" reason "\",\"message\":\"" message "\",\"field\":\"" field "\"}"
#define CM    KZ_VERB_APPLY, "", "ConfigMap", "shop", "web"
#define DEPLOY KZ_VERB_APPLY, "apps", "Deployment", "shop", "web"
#define SECRET KZ_VERB_APPLY, "", "Secret", "shop", "key"

static const struct row rows[] = {
    {400, ST(400, "BadRequest", "error decoding YAML: yaml: line 3: bad", ""), CM, KZ_REFUSED, false,
     KZ_E_INVALID, "apply ConfigMap shop/web: error decoding YAML: yaml: line 3: bad"},
    {401, ST(401, "Unauthorized", "Unauthorized", ""), CM, KZ_TRANSIENT, true, KZ_E_DENIED,
     "apply ConfigMap shop/web: the API server does not accept our credentials: Unauthorized"},
    {403,
     ST(403, "Forbidden",
        "deployments.apps \\\"web\\\" is forbidden: User \\\"system:serviceaccount:a:b\\\" cannot patch "
        "resource \\\"deployments\\\" in API group \\\"apps\\\" in the namespace \\\"shop\\\"",
        "\"name\":\"web\",\"group\":\"apps\",\"kind\":\"deployments\""),
     DEPLOY, KZ_REFUSED, false, KZ_E_DENIED,
     "apply Deployment shop/web: account 'system:serviceaccount:a:b' may not patch deployments in "
     "namespace shop"},
    {403,
     ST(403, "Forbidden",
        "configmaps \\\"web\\\" is forbidden: unable to create new content in namespace shop because it "
        "is being terminated",
        "\"name\":\"web\",\"kind\":\"configmaps\",\"causes\":[" CAUSE(
            "NamespaceTerminating", "namespace shop is being terminated", "metadata.namespace") "]"),
     CM, KZ_TRANSIENT, false, KZ_E_CONFLICT,
     "apply ConfigMap shop/web: namespace 'shop' is being deleted"},
    {403,
     ST(403, "Forbidden",
        "secrets \\\"key\\\" is forbidden: exceeded quota: q, requested: secrets=1, used: secrets=0", ""),
     DEPLOY, KZ_REFUSED, false, KZ_E_DENIED,
     "apply Deployment shop/web: exceeded quota: q, requested: secrets=1, used: secrets=0"},
    {404,
     ST(404, "NotFound", "configmaps \\\"web\\\" not found", "\"name\":\"web\",\"kind\":\"configmaps\""),
     CM, KZ_NO_OBJECT, false, KZ_E_NOTFOUND, "apply ConfigMap shop/web: not found"},
    {404,
     ST(404, "NotFound", "namespaces \\\"shop\\\" not found",
        "\"name\":\"shop\",\"kind\":\"namespaces\""),
     CM, KZ_NO_OBJECT, false, KZ_E_NOTFOUND,
     "apply ConfigMap shop/web: namespace 'shop' does not exist"},
    {404, ST(404, "NotFound", "the server could not find the requested resource", ""), CM, KZ_NO_KIND,
     false, KZ_E_NOTFOUND, "apply ConfigMap shop/web: the API server does not serve kind 'ConfigMap'"},
    {404, "404 page not found\n", DEPLOY, KZ_NO_KIND, false, KZ_E_NOTFOUND,
     "apply Deployment shop/web: the API server does not serve kind 'Deployment' of group apps"},
    {405, ST(405, "MethodNotAllowed", "the server does not allow this method", ""), CM, KZ_REFUSED,
     false, KZ_E_INVALID, "apply ConfigMap shop/web: the server does not allow this method"},
    {409,
     ST(409, "Conflict", "Apply failed with 1 conflict: x",
        "\"causes\":[" CAUSE("FieldManagerConflict", "conflict with \\\"kubectl-edit\\\" using v1",
                             ".data.a") "]"),
     CM, KZ_TAKEN, false, KZ_E_CONFLICT,
     "apply ConfigMap shop/web: .data.a belongs to 'kubectl-edit'"},
    {409,
     ST(409, "AlreadyExists", "leases \\\"kz\\\" already exists", "\"name\":\"kz\""), KZ_VERB_CREATE,
     "coordination.k8s.io", "Lease", "kz", "kz", KZ_MOVED_ON, false, KZ_E_CONFLICT,
     "create Lease kz/kz: it exists already"},
    {409,
     ST(409, "Conflict",
        "Operation cannot be fulfilled on ConfigMap \\\"d1\\\": the UID in the precondition (a) does not "
        "match", "\"name\":\"d1\",\"kind\":\"ConfigMap\""),
     KZ_VERB_DELETE, "", "ConfigMap", "shop", "d1", KZ_MOVED_ON, false, KZ_E_CONFLICT,
     "delete ConfigMap shop/d1: it was changed or replaced by somebody else meanwhile"},
    {409,
     ST(409, "Conflict", "Operation cannot be fulfilled on resourcequotas \\\"q\\\": the object has been "
        "modified", "\"name\":\"q\",\"kind\":\"resourcequotas\""),
     CM, KZ_TRANSIENT, true, KZ_E_CONFLICT,
     "apply ConfigMap shop/web: Operation cannot be fulfilled on resourcequotas \"q\": the object has "
     "been modified"},
    {410, ST(410, "Expired", "The resourceVersion for the provided list is too old.", ""),
     KZ_VERB_LIST, "", "ConfigMap", "", "", KZ_TRANSIENT, false, KZ_E_CONFLICT,
     "list kind ConfigMap: the version asked for is too old: The resourceVersion for the provided list "
     "is too old."},
    {413, ST(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728", ""), CM,
     KZ_REFUSED, false, KZ_E_LIMIT,
     "apply ConfigMap shop/web: the object is too large for the API server (limit 3 MiB): Request "
     "entity too large: limit is 3145728"},
    {415, ST(415, "UnsupportedMediaType", "the body of the request was in an unknown format", ""), CM,
     KZ_REFUSED, false, KZ_E_INVALID,
     "apply ConfigMap shop/web: the body of the request was in an unknown format"},
    {422,
     ST(422, "Invalid", "Deployment.apps \\\"web\\\" is invalid: [..]",
        "\"name\":\"web\",\"causes\":[" CAUSE("FieldValueInvalid", "Invalid value: -1: must be >= 0",
                                              "spec.replicas") "," CAUSE(
            "FieldValueInvalid", "Invalid value: -1: must be >= 0", "spec.replicas") "," CAUSE(
            "FieldValueRequired", "Required value", "spec.template.spec.containers[0].image") "]"),
     DEPLOY, KZ_REFUSED, false, KZ_E_INVALID,
     "apply Deployment shop/web: spec.replicas: Invalid value: -1: must be >= 0 (and 1 more)"},
    {422,
     ST(422, "Invalid", "x", "\"causes\":[" CAUSE("FieldValueInvalid",
        "Invalid value: v1.LabelSelector{}: field is immutable", "spec.selector") "]"),
     DEPLOY, KZ_IMMUTABLE, false, KZ_E_INVALID,
     "apply Deployment shop/web: spec.selector: Invalid value: v1.LabelSelector{}: field is immutable"},
    {422,
     ST(422, "Invalid", "x", "\"causes\":[" CAUSE("FieldValueInvalid",
        "Invalid value: x: field is immutable", "spec.selector") "," CAUSE(
        "FieldValueRequired", "Required value", "spec.template") "]"),
     DEPLOY, KZ_REFUSED, false, KZ_E_INVALID,
     "apply Deployment shop/web: spec.selector: Invalid value: x: field is immutable (and 1 more)"},
    {422,
     ST(422, "Invalid", "x", "\"causes\":[" CAUSE("FieldValueForbidden",
        "Forbidden: field is immutable when `immutable` is set", "data") "]"),
     SECRET, KZ_IMMUTABLE, false, KZ_E_INVALID, "apply Secret shop/key: data: FieldValueForbidden"},
    {422,
     ST(422, "Invalid", "x", "\"causes\":[" CAUSE("FieldValueInvalid",
        "Invalid value: []: may not change once set", "spec.clusterIPs[0]") "]"),
     KZ_VERB_APPLY, "", "Service", "shop", "web", KZ_IMMUTABLE, false, KZ_E_INVALID,
     "apply Service shop/web: spec.clusterIPs[0]: Invalid value: []: may not change once set"},
    {422,
     ST(422, "Invalid", "x", "\"causes\":[" CAUSE("FieldValueForbidden",
        "Forbidden: pod updates may not change fields other than `spec.containers[*].image`\\n  core...",
        "spec") "]"),
     KZ_VERB_APPLY, "", "Pod", "shop", "web", KZ_IMMUTABLE, false, KZ_E_INVALID,
     "apply Pod shop/web: spec: Forbidden: pod updates may not change fields other than "
     "`spec.containers[*].image`"},
    {422,
     ST(422, "Invalid", "x", "\"causes\":[" CAUSE("FieldValueInvalid",
        "Invalid value: \\\"u\\\": field is immutable", "metadata.uid") "]"),
     CM, KZ_MOVED_ON, false, KZ_E_CONFLICT,
     "apply ConfigMap shop/web: it was changed or replaced by somebody else meanwhile"},
    {422,
     ST(422, "Invalid", "configmaps \\\"hh\\\" is forbidden: ValidatingAdmissionPolicy 'p' with binding "
        "'p' denied request: no bad key", ""),
     CM, KZ_REFUSED, false, KZ_E_INVALID,
     "apply ConfigMap shop/web: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no bad "
     "key"},
    {429, "Too many requests, please try again later.\n", CM, KZ_TRANSIENT, true, KZ_E_REMOTE,
     "apply ConfigMap shop/web: the API server is busy (HTTP 429)"},
    {500,
     ST(500, "", "failed to create typed patch object (/yt; /v1, Kind=ConfigMap): .foo: field not "
        "declared in schema", ""),
     CM, KZ_REFUSED, false, KZ_E_INVALID, "apply ConfigMap shop/web: unknown field '.foo'"},
    {500,
     ST(500, "", "failed to create typed patch object (/yt; /v1, Kind=ConfigMap): errors:\\n  .foo: field "
        "not declared in schema\\n  .bar: field not declared in schema", ""),
     CM, KZ_REFUSED, false, KZ_E_INVALID,
     "apply ConfigMap shop/web: unknown field '.foo' (and more)"},
    {500,
     ST(500, "", "failed to create typed patch object (/key; /v1, Kind=Secret): .data.a: expected "
        "string, got &value.valueUnstructured{Value:hunter2}", ""),
     SECRET, KZ_REFUSED, false, KZ_E_INVALID,
     "apply Secret shop/key: the API server refused it (HTTP 500; the server's text is withheld)"},
    {500, ST(500, "", "etcdserver: request is too large", ""), CM, KZ_REFUSED, false, KZ_E_LIMIT,
     "apply ConfigMap shop/web: etcdserver: request is too large"},
    {500, ST(500, "", "etcdserver: mvcc: database space exceeded", ""), CM, KZ_TRANSIENT, true,
     KZ_E_REMOTE, "apply ConfigMap shop/web: etcdserver: mvcc: database space exceeded"},
    {500,
     ST(500, "InternalError", "Internal error occurred: failed calling webhook \\\"h.x\\\": failed to call "
        "webhook: Post \\\"https://h\\\": connection refused", ""),
     CM, KZ_TRANSIENT, true, KZ_E_REMOTE,
     "apply ConfigMap shop/web: the API server cannot reach webhook 'h.x': connection refused"},
    {503, "<html>503 Service Unavailable</html>", CM, KZ_TRANSIENT, true, KZ_E_REMOTE,
     "apply ConfigMap shop/web: the API server or an API behind it is not available (HTTP 503)"},
    {504,
     "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Timeout: request did not complete within the "
     "allotted timeout\",\"reason\":\"Timeout\",\"details\":{},\"code\":504}",
     CM, KZ_TRANSIENT, true, KZ_E_TIMEOUT,
     "apply ConfigMap shop/web: the API server did not finish in time: Timeout: request did not "
     "complete within the allotted timeout"},
    {408, "timed out", CM, KZ_TRANSIENT, true, KZ_E_TIMEOUT,
     "apply ConfigMap shop/web: the API server did not finish in time (HTTP 408)"},
    {403,
     ST(403, "Forbidden",
        "nodes \\\"n\\\" is forbidden: User \\\"u\\\" cannot get resource \\\"nodes\\\" in API group \\\"\\\" at the cluster scope", ""),
     KZ_VERB_GET, "", "Node", "", "n", KZ_REFUSED, false, KZ_E_DENIED, "read Node n: account 'u' may not get nodes"},
    {403,
     ST(403, "Forbidden",
        "serviceaccounts \\\"deployer\\\" is forbidden: User \\\"system:serviceaccount:kz:kzsync\\\" cannot impersonate "
        "resource \\\"serviceaccounts\\\" in API group \\\"\\\" in the namespace \\\"team-a\\\"", ""),
     DEPLOY, KZ_REFUSED, false, KZ_E_DENIED,
     "apply Deployment shop/web: account 'system:serviceaccount:kz:kzsync' may not act as (impersonate) service account "
     "team-a/deployer"},
    {403,
     ST(403, "Forbidden",
        "users \\\"x\\\" is forbidden: User \\\"u\\\" cannot impersonate resource \\\"users\\\" in API group \\\"\\\" at the cluster scope", ""),
     DEPLOY, KZ_REFUSED, false, KZ_E_DENIED, "apply Deployment shop/web: account 'u' may not impersonate users in namespace shop"},
    {403,
     ST(403, "Forbidden",
        "serviceaccounts \\\"x\\\" is forbidden: User \\\"u\\\" cannot impersonate resource \\\"serviceaccounts\\\" in API group "
        "\\\"\\\" at the cluster scope", ""),
     DEPLOY, KZ_REFUSED, false, KZ_E_DENIED,
     "apply Deployment shop/web: account 'u' may not impersonate serviceaccounts in namespace shop"},
    /* the same words in another order are somebody else's */
    {403, ST(403, "Forbidden", "is forbidden: User \\\"u\\\" may not enter", ""), CM, KZ_REFUSED, false, KZ_E_DENIED,
     "apply ConfigMap shop/web: User \"u\" may not enter"},
    {403, ST(403, "Forbidden", "is forbidden: User \\\"u\\\" cannot get path \\\"/x\\\"", ""), CM, KZ_REFUSED, false, KZ_E_DENIED,
     "apply ConfigMap shop/web: User \"u\" cannot get path \"/x\""},
    {404, ST(404, "NotFound", "namespaces \\\"shop\\\" not found", "\"name\":\"shop\",\"kind\":\"namespaces\""),
     KZ_VERB_GET, "", "Namespace", "", "shop", KZ_NO_OBJECT, false, KZ_E_NOTFOUND, "read Namespace shop: not found"},
    {422, ST(422, "Invalid", "x", "\"causes\":[{\"reason\":\"FieldValueInvalid\",\"message\":\"all of it\"}]"), CM, KZ_REFUSED,
     false, KZ_E_INVALID, "apply ConfigMap shop/web: all of it"},
    {400, ST(400, "BadRequest", "a \\u001b[31m \\u007f b", ""), CM, KZ_REFUSED, false, KZ_E_INVALID,
     "apply ConfigMap shop/web: a  [31m   b"},
    {500, ST(500, "", "failed to create typed patch object (/yt; /v1, Kind=ConfigMap): .foo: expected string", ""), CM,
     KZ_REFUSED, false, KZ_E_INVALID, "apply ConfigMap shop/web: .foo: expected string"},
    {500, ST(500, "InternalError", "failed calling webhook \\\"h.x\\\"", ""), CM, KZ_TRANSIENT, true, KZ_E_REMOTE,
     "apply ConfigMap shop/web: the API server cannot reach webhook 'h.x'"},

    /* ---- about a Secret: never the server's own words, which may quote it */
    {500,
     ST(500, "InternalError", "failed calling webhook \\\"h.x\\\": Post \\\"https://h\\\": it says hunter2", ""), SECRET,
     KZ_TRANSIENT, true, KZ_E_REMOTE, "apply Secret shop/key: the API server cannot reach webhook 'h.x'"},
    {422, ST(422, "Invalid", "policy 'p' denied request: hunter2", ""), SECRET, KZ_REFUSED, false, KZ_E_INVALID,
     "apply Secret shop/key: the API server refused it (HTTP 422 Invalid; the server's text is withheld)"},
    {429, "hunter2", SECRET, KZ_TRANSIENT, true, KZ_E_REMOTE,
     "apply Secret shop/key: the API server is busy (HTTP 429; the server's text is withheld)"},
    {400, ST(400, "BadRequest", "error decoding YAML: hunter2", ""), SECRET, KZ_REFUSED, false, KZ_E_INVALID,
     "apply Secret shop/key: the API server refused it (HTTP 400 BadRequest; the server's text is withheld)"},
    {409,
     ST(409, "Conflict", "Apply failed: hunter2",
        "\"causes\":[" CAUSE("FieldManagerConflict", "conflict with \\\"kubectl-edit\\\" using v1", ".data.password") "]"),
     SECRET, KZ_TAKEN, false, KZ_E_CONFLICT, "apply Secret shop/key: .data.password belongs to 'kubectl-edit'"},
    {302, "<html>log in</html>", CM, KZ_TRANSIENT, false, KZ_E_REMOTE,
     "apply ConfigMap shop/web: an answer that is not the API server's (HTTP 302)"},
};

Test(status, every_shape)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct row *r = &rows[i];
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_value *body = NULL;
        struct kz_err err;
        struct kz_verdict v;
        char line[2048];
        if (r->body[0] == '{' &&
            kz_json_read(&body, a, kz_str(r->body), KZ_STR("row"), &err) < 0)
            cr_assert_fail("row %zu: %s", i, err.frame[0]);
        const struct kz_ask ask = {
            .verb = r->verb,
            .guarded = true,
            .id = {kz_str(r->group), kz_str(r->kind), kz_str(r->ns), kz_str(r->name)}};
        const struct kz_http_reply reply = {
            .status = r->status, .body = kz_str(r->body), .retry_after = -1};
        kz_status_judge(&v, a, &ask, &reply, body);
        cr_expect_eq(v.outcome, r->outcome, "row %zu: outcome %d", i, (int)v.outcome);
        cr_expect_eq(v.retry, r->retry, "row %zu: retry", i);
        cr_expect_eq(v.err.code, r->code, "row %zu: code %s", i, kz_code_name(v.err.code));
        cr_expect_str_eq(kz_err_line(line, sizeof line, &v.err), r->text, "row %zu: %s", i, line);
    }
}

Test(status, conflicts)
{
    static const char body_text[] = ST(
        409, "Conflict", "Apply failed with 3 conflicts",
        "\"causes\":[" CAUSE("FieldManagerConflict", "conflict with \\\"kzsync\\\"", ".spec.replicas") ","
        CAUSE("FieldManagerConflict", "conflict with \\\"hpa\\\" with subresource \\\"scale\\\" using apps/v1",
              ".spec.replicas") ","
        CAUSE("FieldManagerConflict", "conflict with \\\"m\\\" using v1",
              ".spec.template.spec.containers[name=\\\"c\\\"].image") "]");
    static const struct {
        const char *manager, *path, *subresource;
    } want[] = {{"kzsync", ".spec.replicas", ""},
                {"hpa", ".spec.replicas", "scale"},
                {"m", ".spec.template.spec.containers[name=\"c\"].image", ""}};
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *body;
    struct kz_err err;
    struct kz_verdict v;
    const struct kz_ask ask = {.id = {.kind = KZ_STR("Deployment"), .name = KZ_STR("x")}};
    cr_assert(kz_json_read(&body, a, kz_str(body_text), KZ_STR("x"), &err) >= 0);
    kz_status_judge(&v, a, &ask, &(struct kz_http_reply){.status = 409, .retry_after = -1}, body);
    cr_assert_eq(v.outcome, KZ_TAKEN);
    cr_assert_eq(v.n_conflicts, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_assert(kz_str_is(v.conflicts[i].manager, want[i].manager));
        cr_assert(kz_str_is(v.conflicts[i].path, want[i].path));
        cr_assert(kz_str_is(v.conflicts[i].subresource, want[i].subresource));
    }
}

Test(status, unguarded_apply_that_lost_a_race_is_sent_again)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_verdict v;
    struct kz_ask ask = {.verb = KZ_VERB_APPLY, .id = {.kind = KZ_STR("ConfigMap")}};
    const struct kz_http_reply reply = {.status = 409, .retry_after = 90 * KZ_NS_PER_SEC};
    kz_status_judge(&v, a, &ask, &reply, NULL);
    cr_assert_eq(v.outcome, KZ_TRANSIENT);
    cr_assert(v.retry);
    cr_assert_eq(v.retry_after, 60 * KZ_NS_PER_SEC);
    ask.guarded = true;
    kz_status_judge(&v, a, &ask, &reply, NULL);
    cr_assert_eq(v.outcome, KZ_MOVED_ON);
}
