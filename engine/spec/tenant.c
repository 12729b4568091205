/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/tenant.h"

#include "base/glob.h"
#include "value/json.h"

#include <stdarg.h>

#define AGGREGATE "rbac.authorization.k8s.io/aggregate-to-"

/* ---- reading ------------------------------------------------------------------------------- */

static struct kz_names names_of(struct kz_arena *a, const struct kz_value *list)
{
    const size_t n = kz_value_len(list);
    struct kz_str *at = kz_new_n(a, struct kz_str, n + 1);
    for (size_t i = 0; i < n; i++)
        at[i] = kz_str_dup(a, kz_value_as_str(kz_value_at(list, i)));
    return (struct kz_names){.at = at, .n = n};
}

void kz_tenant_read(struct kz_tenant *out, struct kz_arena *a, const struct kz_value *item, struct kz_str file)
{
    const struct kz_value *spec = kz_value_get(item, "spec"), *kinds = kz_value_get(spec, "kinds");
    struct kz_tenant_kinds *rows = kz_new_n(a, struct kz_tenant_kinds, kz_value_len(kinds) + 1);
    for (size_t i = 0; i < kz_value_len(kinds); i++) {
        const struct kz_value *v = kz_value_at(kinds, i);
        rows[i] = (struct kz_tenant_kinds){.group = kz_str_dup(a, kz_value_path_str(v, "group")),
                                           .kinds = names_of(a, kz_value_get(v, "kinds")),
                                           .names = names_of(a, kz_value_get(v, "names"))};
    }
    *out = (struct kz_tenant){
        .name = kz_str_dup(a, kz_value_path_str(spec, "name")),
        .user = kz_str_printf(a, "system:serviceaccount:" KZ_FMT ":" KZ_FMT,
                              KZ_ARG(kz_value_path_str(spec, "serviceAccount.namespace")),
                              KZ_ARG(kz_value_path_str(spec, "serviceAccount.name"))),
        .folders = names_of(a, kz_value_get(item, "folders")),
        .paths = names_of(a, kz_value_get(item, "paths")),
        .repositories = names_of(a, kz_value_get(spec, "repositories")),
        .namespaces = names_of(a, kz_value_get(spec, "namespaces")),
        .urls = names_of(a, kz_value_get(spec, "urls")),
        .kinds = rows,
        .n_kinds = kz_value_len(kinds),
        .file = file,
        .line = (uint32_t)kz_value_path_int(item, "line", 0),
    };
    const struct kz_arena_mark before = kz_arena_here(a);
    struct kz_value *rules = kz_value_copy(a, item);
    (void)kz_value_del(rules, KZ_STR("line")); /* a rule that moves in its file is the same rule */
    kz_json_hash(&out->hash, rules);
    kz_arena_rewind(a, before);
}

/* ---- the answer ---------------------------------------------------------------------------- */

static bool fits(const struct kz_names *patterns, struct kz_str text)
{
    for (size_t i = 0; i < patterns->n; i++)
        if (kz_glob_match(patterns->at[i], text))
            return true;
    return false;
}

static bool lists(const struct kz_names *words, struct kz_str word, bool any)
{
    for (size_t i = 0; i < words->n; i++)
        if (kz_str_eq(words->at[i], word) || (any && kz_str_is(words->at[i], "*")))
            return true;
    return false;
}

/* What to do: the rule that has to say it, where that stands. */
KZ_PRINTF(3, 4)
static int denied(const struct kz_tenant *t, struct kz_err *err, const char *fmt, ...)
{
    char what[120];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (t->file.len == 0)
        return kz_err_hint(err, "define tenant " KZ_FMT " in the Platform's tenants", KZ_ARG(t->name));
    return kz_err_hint(err, "take it out, or have %s of tenant " KZ_FMT " (" KZ_FMT ":%u)", what, KZ_ARG(t->name),
                       KZ_ARG(t->file), t->line);
}

int kz_tenant_allows_namespace(const struct kz_tenant *t, struct kz_str ns, struct kz_err *err)
{
    if (t == NULL || fits(&t->namespaces, ns))
        return 0;
    if (ns.len == 0)
        (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may not look into all namespaces", KZ_ARG(t->name));
    else
        (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may not touch namespace '" KZ_FMT "'", KZ_ARG(t->name),
                      KZ_ARG(kz_str_head(ns, 63)));
    return denied(t, err, "it added to the namespaces");
}

static bool has_group(const struct kz_tenant_kinds *k, struct kz_str group, bool any)
{
    return kz_str_eq(k->group, group) || (any && kz_str_is(k->group, "*"));
}

static int fail_kind(const struct kz_tenant *t, const struct kz_id *id, enum kz_scope_word scope, bool listed,
                     struct kz_err *err)
{
    struct kz_str kind = kz_str_head(id->kind, 63), group = kz_str_head(id->group, 100);
    const char *wide = scope == KZ_SCOPE_CLUSTER ? "cluster-wide " : "";
    if (listed)
        (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may have no %s" KZ_FMT " named '" KZ_FMT "'", KZ_ARG(t->name),
                      wide, KZ_ARG(kind), KZ_ARG(kz_str_head(id->name, 63)));
    else
        (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may have no %s" KZ_FMT "%s" KZ_FMT, KZ_ARG(t->name), wide,
                      KZ_ARG(kind), group.len > 0 ? "." : "", KZ_ARG(group));
    if (listed)
        return denied(t, err, "the name added to the kinds");
    return denied(t, err, "the kind%s added to the kinds", scope == KZ_SCOPE_CLUSTER ? " and the name" : "");
}

int kz_tenant_allows(const struct kz_tenant *t, const struct kz_id *id, enum kz_scope_word scope, struct kz_err *err)
{
    const bool namespaced = scope == KZ_SCOPE_NAMESPACED;
    const bool is_namespace = id->group.len == 0 && kz_str_is(id->kind, "Namespace");
    bool listed = false, named = false;
    if (t == NULL)
        return 0;
    if (scope == KZ_SCOPE_UNKNOWN) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "nothing serves kind " KZ_FMT "%s" KZ_FMT ", so its scope is not known",
                      KZ_ARG(kz_str_head(id->kind, 63)), id->group.len > 0 ? "." : "",
                      KZ_ARG(kz_str_head(id->group, 100)));
        return kz_err_hint(err, "a tenant's module (" KZ_FMT ") can have it once its CustomResourceDefinition is in the "
                           "cluster", KZ_ARG(t->name));
    }
    for (size_t i = 0; i < t->n_kinds && !named; i++) {
        const struct kz_tenant_kinds *k = &t->kinds[i];
        if (!has_group(k, id->group, namespaced) || !lists(&k->kinds, id->kind, namespaced))
            continue;
        listed = true;
        named = k->names.n == 0 ? namespaced || is_namespace : fits(&k->names, id->name);
    }
    if (!named)
        return fail_kind(t, id, scope, listed, err);
    if (namespaced)
        return kz_tenant_allows_namespace(t, id->ns, err);
    return is_namespace ? kz_tenant_allows_namespace(t, id->name, err) : 0;
}

/* ---- what a body says ---------------------------------------------------------------------- */

static int check_owners(const struct kz_tenant *t, const struct kz_id *id, const struct kz_value *owners,
                        const struct kz_tenant_set *set, struct kz_err *err)
{
    for (size_t i = 0; i < kz_value_len(owners); i++) {
        const struct kz_value *o = kz_value_at(owners, i);
        struct kz_str version;
        struct kz_id beside = {.kind = kz_value_path_str(o, "kind"), .ns = id->ns, .name = kz_value_path_str(o, "name")};
        kz_api_version_split(&beside.group, &version, kz_value_path_str(o, "apiVersion"));
        struct kz_id wide = beside;
        wide.ns = KZ_STR("");
        if (set != NULL && (set->has(set->arg, &beside) || set->has(set->arg, &wide)))
            continue;
        (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may not name an owner that is not of the module: " KZ_FMT " '"
                      KZ_FMT "'", KZ_ARG(t->name), KZ_ARG(kz_str_head(beside.kind, 63)),
                      KZ_ARG(kz_str_head(beside.name, 63)));
        return kz_err_hint(err, "take metadata.ownerReferences out");
    }
    return 0;
}

/* Roles of others take in what such a role says: admin, edit and view are those of all. */
static int check_role(const struct kz_tenant *t, const struct kz_value *body, struct kz_err *err)
{
    const struct kz_value *labels = kz_value_path(body, "metadata.labels");
    const struct kz_value *rule = kz_value_get(body, "aggregationRule");
    bool adds = rule != NULL && rule->kind != KZ_NULL;
    for (size_t i = 0; i < kz_value_pairs(labels); i++)
        adds |= kz_str_starts(labels->as.map.at[i].key, KZ_STR(AGGREGATE));
    if (!adds)
        return 0;
    (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may have no role that is aggregated with others", KZ_ARG(t->name));
    return kz_err_hint(err, "take aggregationRule and the labels " AGGREGATE "* out");
}

int kz_tenant_allows_object(const struct kz_tenant *t, const struct kz_id *id, enum kz_scope_word scope,
                            const struct kz_value *body, const struct kz_tenant_set *set, struct kz_err *err)
{
    int rc = kz_tenant_allows(t, id, scope, err);
    if (rc < 0 || t == NULL)
        return rc;
    if (kz_value_path(body, "metadata.generateName") != NULL) {
        (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may not let the server make names", KZ_ARG(t->name));
        return kz_err_hint(err, "take metadata.generateName out");
    }
    rc = check_owners(t, id, kz_value_path(body, "metadata.ownerReferences"), set, err);
    if (rc == 0 && kz_str_is(id->group, "rbac.authorization.k8s.io") && kz_str_is(id->kind, "ClusterRole"))
        rc = check_role(t, body, err);
    return rc;
}

/* ---- what modules are made of -------------------------------------------------------------- */

bool kz_tenant_is_below(struct kz_str path, struct kz_str folder)
{
    return folder.len == 0 || kz_str_eq(path, folder) ||
           (kz_str_starts(path, folder) && path.ptr[folder.len] == '/');
}

int kz_tenant_allows_path(const struct kz_tenant *t, struct kz_str path, struct kz_err *err)
{
    if (t == NULL)
        return 0;
    for (size_t i = 0; i < t->folders.n; i++)
        if (kz_tenant_is_below(path, t->folders.at[i]))
            return 0;
    for (size_t i = 0; i < t->paths.n; i++)
        if (kz_tenant_is_below(path, t->paths.at[i]))
            return 0;
    (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may not read '" KZ_FMT "' of the repository", KZ_ARG(t->name),
                  KZ_ARG(kz_str_head(path, 100)));
    return denied(t, err, "the folder added to the paths");
}

int kz_tenant_allows_repository(const struct kz_tenant *t, struct kz_str url, struct kz_err *err)
{
    if (t == NULL || fits(&t->repositories, url))
        return 0;
    (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may not use repository '" KZ_FMT "'", KZ_ARG(t->name),
                  KZ_ARG(kz_str_head(url, 100)));
    return denied(t, err, "it added to the repositories");
}

int kz_tenant_allows_url(const struct kz_tenant *t, struct kz_str url, struct kz_err *err)
{
    if (t == NULL || fits(&t->urls, url))
        return 0;
    (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may not ask '" KZ_FMT "'", KZ_ARG(t->name),
                  KZ_ARG(kz_str_head(url, 100)));
    return denied(t, err, "it added to the urls");
}
