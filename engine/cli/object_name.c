/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/object_name.h"

#include "resource/called.h"

bool kz_is_object_name(struct kz_str word)
{
    return kz_str_index(word, '/') < word.len;
}

struct kz_str kz_object_word(struct kz_arena *a, const struct kz_id *id)
{
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT "%s" KZ_FMT, KZ_ARG(id->kind), KZ_ARG(id->ns),
                         id->ns.len > 0 ? "/" : "", KZ_ARG(id->name));
}

static struct kz_str plural_of(const struct kz_look *l, const struct kz_id *id)
{
    const struct kz_api *api = kz_kube_api(kz_app_kube(l->app), id->group, KZ_STR(""), id->kind);
    return api == NULL ? KZ_STR("") : api->plural;
}

/* ---- in the inventory ------------------------------------------------------------------------------------ */

static int several(struct kz_look *l, const struct kz_called *w, const struct kz_id *a, const struct kz_id *b,
                   struct kz_err *err)
{
    (void)kz_fail(err, KZ_E_INVALID, "several objects are called " KZ_FMT "/" KZ_FMT ": " KZ_FMT ", " KZ_FMT,
                  KZ_ARG(w->kind), KZ_ARG(w->name), KZ_ARG(kz_id_text(l->arena, a)), KZ_ARG(kz_id_text(l->arena, b)));
    return kz_err_hint(err, "kzsync why " KZ_FMT, KZ_ARG(kz_object_word(l->arena, a)));
}

static int find_owned(const struct kz_id **out, struct kz_look *l, const struct kz_called *w, struct kz_err *err)
{
    const struct kz_store_module *m;
    const struct kz_map_slot *slot;
    *out = NULL;
    for (size_t i = 0; (m = kz_store_next(l->store, &i)) != NULL;)
        for (size_t k = 0; (slot = kz_map_next(&m->entries, &k)) != NULL;) {
            const struct kz_id *id = &((const struct kz_store_entry *)slot->val)->pub.id;
            if (!kz_called_is(w, id, plural_of(l, id)))
                continue;
            if (*out != NULL)
                return several(l, w, *out, id, err);
            *out = id;
        }
    return 0;
}

/* ---- as the server knows it ------------------------------------------------------------------------------- */

static bool find_kind(struct kz_id *out, struct kz_look *l, const struct kz_called *w)
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
        if (!kz_called_kind(w, &id, plural_of(l, &id)) || kz_kube_api(kz_app_kube(l->app), id.group, KZ_STR(""), id.kind) == NULL)
            continue;
        *out = id;
        return true;
    }
    return false;
}

int kz_object_find(struct kz_id *out, struct kz_look *l, struct kz_str word, struct kz_err *err)
{
    struct kz_called w = {0};
    const struct kz_id *owned = NULL;
    struct kz_id id;
    int rc = kz_called_read(&w, word, err);
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
