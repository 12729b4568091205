/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/status.h"

#include <stdio.h>

enum { QUOTE_MAX = 300 };

bool kz_ask_is_secret(const struct kz_ask *ask)
{
    return ask->id.group.len == 0 && kz_str_is(ask->id.kind, "Secret");
}

struct kz_str kz_ask_text(struct kz_arena *a, const struct kz_ask *ask)
{
    static const char *const verbs[] = {
        [KZ_VERB_APPLY] = "apply",   [KZ_VERB_GET] = "read",
        [KZ_VERB_DELETE] = "delete", [KZ_VERB_PATCH] = "patch",
        [KZ_VERB_CREATE] = "create", [KZ_VERB_UPDATE] = "update",
        [KZ_VERB_LIST] = "list",     [KZ_VERB_LOGS] = "read the log of",
        [KZ_VERB_WATCH] = "watch",   [KZ_VERB_DISCOVER] = "ask the API server what it serves",
    };
    const struct kz_id *id = &ask->id;
    const char *verb = verbs[ask->verb];
    if (ask->verb == KZ_VERB_DISCOVER)
        return kz_str(verb);
    if (id->name.len > 0)
        return kz_str_printf(a, "%s " KZ_FMT, verb, KZ_ARG(kz_id_text(a, id)));
    if (id->ns.len > 0)
        return kz_str_printf(a, "%s kind " KZ_FMT " in namespace " KZ_FMT, verb, KZ_ARG(id->kind),
                             KZ_ARG(id->ns));
    return kz_str_printf(a, "%s kind " KZ_FMT, verb, KZ_ARG(id->kind));
}

/* First line of foreign text, bounded, without control characters. */
static struct kz_str quote(struct kz_arena *a, struct kz_str text)
{
    struct kz_str line;
    (void)kz_str_cut(&line, kz_str_trim(text), '\n');
    struct kz_str s = kz_str_dup(a, kz_str_head(line, QUOTE_MAX));
    char *p = kz_arena_bytes(a, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        p[i] = (unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f ? ' ' : s.ptr[i];
    return kz_str_n(p, s.len);
}

/* What follows the first `mark`, or all. */
static struct kz_str after(struct kz_str text, const char *mark)
{
    struct kz_str m = kz_str(mark);
    for (size_t i = 0; i + m.len <= text.len; i++)
        if (kz_str_starts(kz_str_skip(text, i), m))
            return kz_str_skip(text, i + m.len);
    return text;
}

static struct kz_str cause_text(struct kz_arena *a, const struct kz_value *cause, bool secret)
{
    struct kz_str field = quote(a, kz_value_path_str(cause, "field"));
    struct kz_str text =
        quote(a, secret ? kz_value_path_str(cause, "reason") : kz_value_path_str(cause, "message"));
    if (field.len == 0)
        return text;
    return kz_str_printf(a, KZ_FMT ": " KZ_FMT, KZ_ARG(field), KZ_ARG(text));
}

/* The first cause and how many more differ from it. */
static struct kz_str causes_text(struct kz_arena *a, const struct kz_value *causes, bool secret)
{
    struct kz_str first = cause_text(a, kz_value_at(causes, 0), secret);
    size_t more = 0;
    for (size_t i = 1; i < kz_value_len(causes); i++)
        more += !kz_str_eq(first, cause_text(a, kz_value_at(causes, i), secret));
    if (more == 0)
        return first;
    return kz_str_printf(a, KZ_FMT " (and %zu more)", KZ_ARG(first), more);
}

/* serviceaccounts "z" is forbidden: User "x" cannot impersonate resource "serviceaccounts" in API group "" in the
 * namespace "y": whatever the request was about, it did not come so far. */
static bool explain_impersonation(struct kz_verdict *v, struct kz_arena *a, const struct kz_status *st, struct kz_str user)
{
    struct kz_str name, ns;
    const struct kz_str rest = after(st->message, "in the namespace \"");
    if (!kz_str_starts(st->message, KZ_STR("serviceaccounts \"")) || rest.len == st->message.len)
        return false;
    (void)kz_str_cut(&name, after(st->message, "serviceaccounts \""), '"');
    (void)kz_str_cut(&ns, rest, '"');
    name = quote(a, name);
    ns = quote(a, ns);
    (void)kz_fail(&v->err, KZ_E_DENIED, "account '" KZ_FMT "' may not act as (impersonate) service account " KZ_FMT "/" KZ_FMT,
                  KZ_ARG(user), KZ_ARG(ns), KZ_ARG(name));
    (void)kz_err_hint(&v->err, "add " KZ_FMT " to rbac.impersonate of charts/kzsync", KZ_ARG(name));
    return true;
}

/* User "x" cannot patch resource "secrets" in API group "" in the namespace "y" */
static bool explain_rbac(struct kz_verdict *v, struct kz_arena *a, const struct kz_ask *ask,
                         const struct kz_status *st)
{
    struct kz_str text = after(st->message, "User \"");
    struct kz_str user, verb, resource, rest;
    if (text.len == st->message.len)
        return false;
    rest = kz_str_cut(&user, text, '"');
    if (!kz_str_starts(rest, KZ_STR(" cannot ")))
        return false;
    rest = kz_str_cut(&verb, kz_str_skip(rest, sizeof " cannot " - 1), ' ');
    if (!kz_str_starts(rest, KZ_STR("resource \"")))
        return false;
    (void)kz_str_cut(&resource, kz_str_skip(rest, sizeof "resource \"" - 1), '"');
    user = quote(a, user);
    verb = quote(a, verb);
    resource = quote(a, resource);
    if (kz_str_is(verb, "impersonate") && explain_impersonation(v, a, st, user))
        return true;
    const struct kz_str ns = ask->id.ns;
    (void)kz_fail(&v->err, KZ_E_DENIED,
                  "account '" KZ_FMT "' may not " KZ_FMT " " KZ_FMT "%s" KZ_FMT, KZ_ARG(user),
                  KZ_ARG(verb), KZ_ARG(resource), ns.len > 0 ? " in namespace " : "", KZ_ARG(ns));
    (void)kz_err_hint(&v->err, "kubectl auth can-i " KZ_FMT " " KZ_FMT "%s" KZ_FMT " --as " KZ_FMT,
                      KZ_ARG(verb), KZ_ARG(resource), ns.len > 0 ? " -n " : "", KZ_ARG(ns),
                      KZ_ARG(user));
    return true;
}

/* failed to create typed patch object (/yt; /v1, Kind=ConfigMap): .foo: field not declared in schema */
static struct kz_str schema_text(struct kz_arena *a, struct kz_str message)
{
    static const struct kz_str undeclared = KZ_STR_INIT(": field not declared in schema");
    struct kz_str text = after(message, "): ");
    bool several = kz_str_starts(text, KZ_STR("errors:"));
    if (several)
        text = after(text, "\n");
    text = quote(a, text);
    const char *more = several ? " (and more)" : "";
    if (kz_str_ends(text, undeclared))
        return kz_str_printf(a, "unknown field '" KZ_FMT "'%s",
                             KZ_ARG(kz_str_head(text, text.len - undeclared.len)), more);
    return kz_str_printf(a, KZ_FMT "%s", KZ_ARG(text), more);
}

static struct kz_str conflict_text(struct kz_arena *a, const struct kz_verdict *v)
{
    const struct kz_conflict *c = &v->conflicts[0];
    struct kz_str first = kz_str_printf(a, KZ_FMT " belongs to '" KZ_FMT "'",
                                        KZ_ARG(quote(a, c->path)), KZ_ARG(quote(a, c->manager)));
    if (v->n_conflicts == 1)
        return first;
    return kz_str_printf(a, KZ_FMT " (and %zu more fields)", KZ_ARG(first), v->n_conflicts - 1);
}

static struct kz_str missing_text(struct kz_arena *a, const struct kz_ask *ask,
                                  const struct kz_status *st)
{
    if (kz_str_is(st->kind, "namespaces") && !kz_str_is(ask->id.kind, "Namespace"))
        return kz_str_printf(a, "namespace '" KZ_FMT "' does not exist",
                             KZ_ARG(quote(a, st->name)));
    return KZ_STR("not found");
}

static const char *busy_text(int http)
{
    switch (http) {
    case 401:
        return "the API server does not accept our credentials";
    case 410:
        return "the version asked for is too old";
    case 413:
        return "the object is too large for the API server (limit 3 MiB)";
    case 429:
        return "the API server is busy";
    case 503:
        return "the API server or an API behind it is not available";
    case 408:
    case 504:
        return "the API server did not finish in time";
    default:
        return NULL;
    }
}

/* Anything else: our words for the status, then the server's. */
static struct kz_str general_text(struct kz_arena *a, const struct kz_ask *ask,
                                  const struct kz_status *st)
{
    const char *ours = busy_text(st->http);
    bool secret = kz_ask_is_secret(ask);
    if (kz_value_len(st->causes) > 0 && st->http == 422)
        return causes_text(a, st->causes, secret);
    struct kz_str hook = after(st->message, "failed calling webhook \"");
    if (hook.len != st->message.len) {
        struct kz_str name;
        struct kz_str rest = kz_str_cut(&name, hook, '"');
        for (struct kz_str next = rest; (next = after(rest, "\": ")).len < rest.len;) /* skip Post "https://...": */
            rest = next;
        return kz_str_printf(a, "the API server cannot reach webhook '" KZ_FMT "'%s" KZ_FMT,
                             KZ_ARG(quote(a, name)), secret || rest.len == 0 ? "" : ": ",
                             KZ_ARG(secret ? KZ_STR("") : quote(a, rest)));
    }
    if (secret)
        return kz_str_printf(a, "%s (HTTP %d%s" KZ_FMT "; the server's text is withheld)",
                             ours != NULL ? ours : "the API server refused it", st->http,
                             st->reason.len > 0 ? " " : "", KZ_ARG(quote(a, st->reason)));
    struct kz_str theirs = quote(a, after(st->message, "is forbidden: "));
    if (theirs.len == 0)
        return kz_str_printf(a, "%s (HTTP %d)",
                             ours != NULL ? ours : "an answer that is not the API server's",
                             st->http);
    if (ours == NULL)
        return theirs;
    return kz_str_printf(a, "%s: " KZ_FMT, ours, KZ_ARG(theirs));
}

static struct kz_str text_of(struct kz_verdict *v, struct kz_arena *a, const struct kz_ask *ask,
                             const struct kz_status *st)
{
    bool secret = kz_ask_is_secret(ask);
    if (v->outcome == KZ_NO_OBJECT)
        return missing_text(a, ask, st);
    if (v->outcome == KZ_NO_KIND)
        return kz_str_printf(a, "the API server does not serve kind '" KZ_FMT "'%s" KZ_FMT,
                             KZ_ARG(ask->id.kind), ask->id.group.len > 0 ? " of group " : "",
                             KZ_ARG(ask->id.group));
    if (v->outcome == KZ_TAKEN)
        return conflict_text(a, v);
    if (v->outcome == KZ_MOVED_ON)
        return kz_str_is(st->reason, "AlreadyExists")
                   ? KZ_STR("it exists already")
                   : KZ_STR("it was changed or replaced by somebody else meanwhile");
    if (st->http == 403 && v->outcome == KZ_TRANSIENT)
        return kz_str_printf(a, "namespace '" KZ_FMT "' is being deleted", KZ_ARG(ask->id.ns));
    if (kz_str_starts(st->message, KZ_STR("failed to create typed patch object")) && !secret)
        return schema_text(a, st->message);
    return general_text(a, ask, st);
}

void kz_status_explain(struct kz_verdict *v, struct kz_arena *a, const struct kz_ask *ask,
                       const struct kz_status *st, enum kz_code code)
{
    if (st->http != 403 || v->outcome != KZ_REFUSED || !explain_rbac(v, a, ask, st)) {
        struct kz_str text = text_of(v, a, ask, st);
        (void)kz_fail(&v->err, code, KZ_FMT, KZ_ARG(text));
    }
    if (v->outcome == KZ_NO_KIND)
        (void)kz_err_hint(&v->err,
                          "install the CustomResourceDefinition or check apiVersion and kind");
    (void)kz_wrap(&v->err, KZ_FMT, KZ_ARG(kz_ask_text(a, ask)));
}
