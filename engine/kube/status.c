/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/status.h"

#include <strings.h>

static const int64_t RETRY_AFTER_MAX = 60 * KZ_NS_PER_SEC;

/* First match wins; part "" and reason NULL match anything. */
struct rule {
    int status;
    const char *reason;
    const char *part; /* of the message */
    enum kz_outcome outcome;
    bool retry;
    enum kz_code code;
};

static const struct rule rules[] = {
    {401, NULL,            "",                                             KZ_TRANSIENT, true,  KZ_E_DENIED  }, /* the token is read anew meanwhile */
    {403, NULL,            "because it is being terminated",               KZ_TRANSIENT, false, KZ_E_CONFLICT},
    {403, NULL,            "",                                             KZ_REFUSED,   false, KZ_E_DENIED  },
    {408, NULL,            "",                                             KZ_TRANSIENT, true,  KZ_E_TIMEOUT },
    {409, "AlreadyExists", "",                                             KZ_MOVED_ON,  false, KZ_E_CONFLICT},
    {409, NULL,            "on resourcequotas ",                           KZ_TRANSIENT, true,  KZ_E_CONFLICT}, /* others count too */
    {409, NULL,            "",                                             KZ_MOVED_ON,  false, KZ_E_CONFLICT},
    {410, NULL,            "",                                             KZ_TRANSIENT, false, KZ_E_CONFLICT}, /* list and watch begin again */
    {413, NULL,            "",                                             KZ_REFUSED,   false, KZ_E_LIMIT   },
    {429, NULL,            "",                                             KZ_TRANSIENT, true,  KZ_E_REMOTE  },
 /* Mistakes of the client that come as 500 without reason (docs/internals/api-server.md trap 2). */
    {500, NULL,            "failed to create typed patch object",          KZ_REFUSED,   false, KZ_E_INVALID },
    {500, NULL,            "failed to convert new object",                 KZ_REFUSED,   false, KZ_E_INVALID },
    {500, NULL,            "failed to prune fields",                       KZ_REFUSED,   false, KZ_E_INVALID },
    {500, NULL,            "failed to create manager for existing fields", KZ_REFUSED,   false, KZ_E_INVALID },
    {500, NULL,            "etcdserver: request is too large",             KZ_REFUSED,   false, KZ_E_LIMIT   },
    {500, NULL,            "trying to send message larger than max",       KZ_REFUSED,   false, KZ_E_LIMIT   },
    {500, NULL,            "resourceVersion should not be set",            KZ_REFUSED,   false, KZ_E_INVALID },
    {500, NULL,            "request to convert CR to an invalid",          KZ_REFUSED,   false, KZ_E_INVALID },
    {504, NULL,            "",                                             KZ_TRANSIENT, true,  KZ_E_TIMEOUT },
};

static const struct rule *find_rule(const struct kz_status *st)
{
    static const struct rule refused = {0, NULL, "", KZ_REFUSED, false, KZ_E_INVALID};
    static const struct rule odd = {0, NULL, "", KZ_TRANSIENT, false, KZ_E_REMOTE};
    static const struct rule server = {0, NULL, "", KZ_TRANSIENT, true, KZ_E_REMOTE};
    for (size_t i = 0; i < kz_countof(rules); i++) {
        const struct rule *r = &rules[i];
        if (r->status == st->http && (r->reason == NULL || kz_str_is(st->reason, r->reason)) &&
            kz_str_has(st->message, kz_str(r->part)))
            return r;
    }
    if (st->http >= 500)
        return &server;
    return st->http >= 400 ? &refused : &odd; /* a redirect is a proxy's, not the API server's */
}

static bool has_fold(struct kz_str text, const char *part)
{
    size_t n = kz_str(part).len;
    for (size_t i = 0; i + n <= text.len; i++)
        if (strncasecmp(text.ptr + i, part, n) == 0)
            return true;
    return false;
}

/* Ways in which the API server and CRD rules say "this field can't change". */
static bool is_immutable_text(struct kz_str text)
{
    static const char *const parts[] = {"immutable",
                                        "may not change once set",
                                        "updates may not change fields other than",
                                        "for fields other than",
                                        "may not be changed",
                                        "cannot be changed"};
    for (size_t i = 0; i < kz_countof(parts); i++)
        if (has_fold(text, parts[i]))
            return true;
    return false;
}

/* Immutable only if nothing else is wrong: an object that is invalid besides could be deleted for
 * its immutable field and then not be created again. */
static bool is_immutable(const struct kz_status *st)
{
    size_t n = kz_value_len(st->causes);
    size_t immutable = 0;
    for (size_t i = 0; i < n; i++) {
        const struct kz_value *cause = kz_value_at(st->causes, i);
        if (kz_str_is(kz_value_path_str(cause, "field"), "<nil>"))
            continue; /* "some validation rules were not checked" */
        if (!is_immutable_text(kz_value_path_str(cause, "message")))
            return false;
        immutable++;
    }
    return immutable > 0 || (n == 0 && is_immutable_text(st->message));
}

static bool has_cause_field(const struct kz_status *st, const char *field)
{
    for (size_t i = 0; i < kz_value_len(st->causes); i++)
        if (kz_str_is(kz_value_path_str(kz_value_at(st->causes, i), "field"), field))
            return true;
    return false;
}

/* conflict with "hpa" with subresource "scale" using apps/v1 */
static struct kz_str quoted_after(struct kz_str text, const char *lead)
{
    size_t n = kz_str(lead).len;
    for (size_t i = 0; i + n <= text.len; i++) {
        struct kz_str rest = kz_str_skip(text, i);
        if (!kz_str_starts(rest, kz_str(lead)))
            continue;
        struct kz_str name;
        (void)kz_str_cut(&name, kz_str_skip(rest, n), '"');
        return name;
    }
    return KZ_STR("");
}

static void read_conflicts(struct kz_verdict *v, struct kz_arena *a, const struct kz_status *st)
{
    size_t n = kz_value_len(st->causes);
    if (st->http != 409 || n == 0)
        return;
    struct kz_conflict *at = kz_new_n(a, struct kz_conflict, n);
    for (size_t i = 0; i < n; i++) {
        const struct kz_value *cause = kz_value_at(st->causes, i);
        if (!kz_str_is(kz_value_path_str(cause, "reason"), "FieldManagerConflict"))
            continue;
        struct kz_str text = kz_value_path_str(cause, "message");
        at[v->n_conflicts++] = (struct kz_conflict){
            .manager = quoted_after(text, "conflict with \""),
            .path = kz_value_path_str(cause, "field"),
            .subresource = quoted_after(text, "with subresource \""),
        };
    }
    v->conflicts = at;
}

static enum kz_code decide(struct kz_verdict *v, const struct kz_ask *ask,
                           const struct kz_status *st)
{
    const struct rule *r = find_rule(st);
    v->outcome = r->outcome;
    v->retry = r->retry;
    enum kz_code code = r->code;
    if (st->http == 404) {
        bool about_object = st->is_status && (st->name.len > 0 || st->kind.len > 0);
        v->outcome = about_object ? KZ_NO_OBJECT : KZ_NO_KIND;
        code = KZ_E_NOTFOUND;
    } else if (st->http == 409 && v->n_conflicts > 0) {
        v->outcome = KZ_TAKEN;
    } else if (v->outcome == KZ_MOVED_ON && !ask->guarded && ask->verb == KZ_VERB_APPLY) {
        /* Nothing was demanded of the object: the server lost a race with another writer. */
        v->outcome = KZ_TRANSIENT;
        v->retry = true;
    } else if (st->http == 422 && has_cause_field(st, "metadata.uid")) {
        /* a wrong uid in an apply (docs/internals/api-server.md 2.3) */
        v->outcome = KZ_MOVED_ON;
        code = KZ_E_CONFLICT;
    } else if (st->http == 422 && is_immutable(st)) {
        v->outcome = KZ_IMMUTABLE;
    }
    return code;
}

static struct kz_status read_status(int http, const struct kz_value *body)
{
    const struct kz_value *details = kz_value_get(body, "details");
    return (struct kz_status){
        .http = http,
        .message = kz_value_path_str(body, "message"),
        .reason = kz_value_path_str(body, "reason"),
        .name = kz_value_path_str(details, "name"),
        .kind = kz_value_path_str(details, "kind"),
        .causes = kz_value_get(details, "causes"),
        .is_status = kz_str_is(kz_value_path_str(body, "status"), "Failure"),
    };
}

static int64_t capped(int64_t ns)
{
    return ns > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : ns;
}

static void judge(struct kz_verdict *v, struct kz_arena *a, const struct kz_ask *ask, int http,
                  const struct kz_value *body)
{
    struct kz_status st = read_status(http, body);
    int64_t seconds = kz_value_path_int(body, "details.retryAfterSeconds", -1);
    if (v->retry_after < 0 && seconds > 0)
        v->retry_after = seconds > 60 ? RETRY_AFTER_MAX : seconds * KZ_NS_PER_SEC;
    read_conflicts(v, a, &st);
    enum kz_code code = decide(v, ask, &st);
    kz_status_explain(v, a, ask, &st, code);
}

void kz_status_judge_event(struct kz_verdict *out, struct kz_arena *a, const struct kz_ask *ask,
                           const struct kz_value *status)
{
    *out = (struct kz_verdict){.retry_after = -1};
    int64_t code = kz_value_path_int(status, "code", 500);
    judge(out, a, ask, code >= 400 && code < 600 ? (int)code : 500, status);
}

/* The connection failed. A refused certificate or name may be repaired, so the outcome is never
 * final; only what ends in a network or a timeout is tried again at once. */
static void judge_transport(struct kz_verdict *v, struct kz_arena *a, const struct kz_ask *ask,
                            const struct kz_err *cause)
{
    v->outcome = cause->code == KZ_E_LIMIT ? KZ_REFUSED : KZ_TRANSIENT;
    v->retry = cause->code == KZ_E_REMOTE || cause->code == KZ_E_TIMEOUT || cause->code == KZ_E_IO;
    v->err = *cause;
    (void)kz_wrap(&v->err, KZ_FMT, KZ_ARG(kz_ask_text(a, ask)));
}

void kz_status_judge(struct kz_verdict *out, struct kz_arena *a, const struct kz_ask *ask,
                     const struct kz_http_reply *reply, const struct kz_value *body)
{
    *out = (struct kz_verdict){.outcome = KZ_DONE, .retry_after = -1};
    if (reply->retry_after >= 0)
        out->retry_after = capped(reply->retry_after);
    if (reply->err != NULL)
        judge_transport(out, a, ask, reply->err);
    else if (reply->status < 200 || reply->status > 299)
        judge(out, a, ask, reply->status, body);
}
