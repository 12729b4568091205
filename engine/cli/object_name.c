/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/object_name.h"

#include <strings.h>

struct wish {
    struct kz_str kind, group, ns, name; /* group, ns "": any */
};

/* What kubectl calls the kinds that platforms are made of. */
static const struct {
    const char *word, *kind;
} shorts[] = {
    {"cm", "ConfigMap"},
    {"crd", "CustomResourceDefinition"},
    {"cj", "CronJob"},
    {"deploy", "Deployment"},
    {"ds", "DaemonSet"},
    {"ep", "Endpoints"},
    {"hpa", "HorizontalPodAutoscaler"},
    {"ing", "Ingress"},
    {"netpol", "NetworkPolicy"},
    {"no", "Node"},
    {"ns", "Namespace"},
    {"pc", "PriorityClass"},
    {"pdb", "PodDisruptionBudget"},
    {"po", "Pod"},
    {"pv", "PersistentVolume"},
    {"pvc", "PersistentVolumeClaim"},
    {"quota", "ResourceQuota"},
    {"rs", "ReplicaSet"},
    {"sa", "ServiceAccount"},
    {"sc", "StorageClass"},
    {"sts", "StatefulSet"},
    {"svc", "Service"},
};

bool kz_is_object_name(struct kz_str word)
{
    return kz_str_index(word, '/') < word.len;
}

struct kz_str kz_object_word(struct kz_arena *a, const struct kz_id *id)
{
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT "%s" KZ_FMT, KZ_ARG(id->kind), KZ_ARG(id->ns),
                         id->ns.len > 0 ? "/" : "", KZ_ARG(id->name));
}

static bool same_word(struct kz_str a, struct kz_str b)
{
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static bool is_kind(const struct kz_look *l, const struct wish *w, const struct kz_id *id)
{
    const struct kz_api *api = kz_kube_api(kz_app_kube(l->app), id->group, KZ_STR(""), id->kind);
    if (w->group.len > 0 && !same_word(w->group, id->group))
        return false;
    for (size_t i = 0; i < kz_countof(shorts); i++)
        if (same_word(w->kind, kz_str(shorts[i].word)) && kz_str_is(id->kind, shorts[i].kind))
            return true;
    return same_word(w->kind, id->kind) || (api != NULL && same_word(w->kind, api->plural));
}

static int read_wish(struct wish *w, struct kz_str word, struct kz_err *err)
{
    struct kz_str rest = kz_str_cut(&w->kind, word, '/'), first;
    const size_t dot = kz_str_index(w->kind, '.');
    w->group = kz_str_skip(w->kind, dot + 1);
    w->kind = kz_str_head(w->kind, dot);
    w->name = kz_str_cut(&first, rest, '/');
    if (w->name.len == 0)
        w->name = first;
    else
        w->ns = first;
    if (w->kind.len > 0 && w->name.len > 0 && kz_str_index(w->name, '/') == w->name.len)
        return 0;
    (void)kz_fail(err, KZ_E_INVALID, "'%.*s' names no object", word.len > 80 ? 80 : (int)word.len, word.ptr);
    return kz_err_hint(err, "write kind/name or kind/namespace/name, as deployment/shop/web");
}

/* ---- in the inventory ------------------------------------------------------------------------------------ */

static int several(struct kz_look *l, const struct wish *w, const struct kz_id *a, const struct kz_id *b,
                   struct kz_err *err)
{
    (void)kz_fail(err, KZ_E_INVALID, "several objects are called " KZ_FMT "/" KZ_FMT ": " KZ_FMT ", " KZ_FMT,
                  KZ_ARG(w->kind), KZ_ARG(w->name), KZ_ARG(kz_id_text(l->arena, a)), KZ_ARG(kz_id_text(l->arena, b)));
    return kz_err_hint(err, "kzsync why " KZ_FMT, KZ_ARG(kz_object_word(l->arena, a)));
}

static int find_owned(const struct kz_id **out, struct kz_look *l, const struct wish *w, struct kz_err *err)
{
    const struct kz_store_module *m;
    const struct kz_map_slot *slot;
    *out = NULL;
    for (size_t i = 0; (m = kz_store_next(l->store, &i)) != NULL;)
        for (size_t k = 0; (slot = kz_map_next(&m->entries, &k)) != NULL;) {
            const struct kz_id *id = &((const struct kz_store_entry *)slot->val)->pub.id;
            if (!kz_str_eq(id->name, w->name) || (w->ns.len > 0 && !kz_str_eq(id->ns, w->ns)) || !is_kind(l, w, id))
                continue;
            if (*out != NULL)
                return several(l, w, *out, id, err);
            *out = id;
        }
    return 0;
}

/* ---- as the server knows it ------------------------------------------------------------------------------- */

static bool find_kind(struct kz_id *out, struct kz_look *l, const struct wish *w)
{
    struct kz_value *all = kz_value_list(l->arena);
    kz_kube_api_versions(kz_app_kube(l->app), l->arena, all);
    for (size_t i = 0; i < kz_value_len(all); i++) {
        struct kz_str word = kz_value_as_str(kz_value_at(all, i));
        const size_t slash = kz_str_rindex(word, '/');
        if (slash == word.len)
            continue;
        struct kz_id id = {.kind = kz_str_skip(word, slash + 1)};
        struct kz_str version;
        kz_api_version_split(&id.group, &version, kz_str_head(word, slash));
        if (!is_kind(l, w, &id) || kz_kube_api(kz_app_kube(l->app), id.group, KZ_STR(""), id.kind) == NULL)
            continue;
        *out = id;
        return true;
    }
    return false;
}

int kz_object_find(struct kz_id *out, struct kz_look *l, struct kz_str word, struct kz_err *err)
{
    struct wish w = {0};
    const struct kz_id *owned = NULL;
    struct kz_id id;
    int rc = read_wish(&w, word, err);
    if (rc >= 0)
        rc = find_owned(&owned, l, &w, err);
    if (rc < 0)
        return rc;
    if (owned != NULL) {
        *out = kz_id_dup(l->arena, owned);
        return 0;
    }
    if (!find_kind(&id, l, &w)) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "the API server knows no kind '" KZ_FMT "'", KZ_ARG(w.kind));
        return kz_err_hint(err, "kubectl api-resources lists all kinds");
    }
    const struct kz_api *api = kz_kube_api(kz_app_kube(l->app), id.group, KZ_STR(""), id.kind);
    id.ns = api->namespaced ? w.ns : KZ_STR("");
    id.name = w.name;
    if (api->namespaced && w.ns.len == 0) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "no " KZ_FMT " '" KZ_FMT "' is in the inventory of platform " KZ_FMT,
                      KZ_ARG(id.kind), KZ_ARG(w.name), KZ_ARG(kz_look_platform(l)));
        return kz_err_hint(err, "for one that kzsync did not apply, say its namespace: " KZ_FMT "/NAMESPACE/" KZ_FMT,
                           KZ_ARG(id.kind), KZ_ARG(w.name));
    }
    *out = kz_id_dup(l->arena, &id);
    return 0;
}
