/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/normalise.h"

#include <openssl/evp.h>

#include "resource/kinds.h"

static bool in_list(struct kz_str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (kz_str_is(s, list[i]))
            return true;
    }
    return false;
}

/* Set by the server; in an apply they are refused (managedFields), ignored or a precondition. */
static const char *const server_metadata[] = {
    "creationTimestamp", "deletionGracePeriodSeconds",
    "deletionTimestamp", "generation",
    "managedFields",     "resourceVersion",
    "selfLink",          "uid",
};

/* Maps whose values are strings: there the server reads null as "". */
static const char *const string_maps[] = {
    "annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "parameters",
};

/* A new map with the same pairs: from here on ours to change. */
static struct kz_value *own_map(struct kz_arena *a, const struct kz_value *from)
{
    struct kz_value *m = kz_value_map(a);
    if (!kz_value_is(from, KZ_MAP))
        return m;
    m->line = from->line;
    m->col = from->col;
    kz_value_reserve(a, m, from->as.map.len);
    for (size_t i = 0; i < from->as.map.len; i++) {
        const struct kz_pair *p = &from->as.map.at[i];
        struct kz_pair *to = kz_value_add(a, m, p->key, p->val);
        to->line = p->line;
        to->col = p->col;
    }
    return m;
}

/* ---- nulls ----------------------------------------------------------------------------------- */

static struct kz_value *without_nulls(struct kz_arena *a, struct kz_value *v, bool strings);

static struct kz_value *map_without_nulls(struct kz_arena *a, struct kz_value *v, bool strings)
{
    struct kz_value *copy = NULL;
    for (size_t i = 0; i < v->as.map.len; i++) {
        struct kz_pair p = v->as.map.at[i];
        struct kz_value *val = p.val;
        if (!kz_value_is(val, KZ_NULL))
            val = without_nulls(a, val, in_list(p.key, string_maps, kz_countof(string_maps)));
        else
            val = strings ? kz_value_str(a, KZ_STR("")) : NULL;
        if (val == p.val)
            continue;
        if (copy == NULL)
            copy = own_map(a, v);
        if (val == NULL)
            (void)kz_value_del(copy, p.key);
        else
            kz_value_set(a, copy, p.key, val);
    }
    return copy == NULL ? v : copy;
}

/* v itself when it holds no null under a map, else a copy of the way there. Items of lists stay: a
 * list that became shorter would mean something else. Recursion is bounded: readers limit the depth. */
static struct kz_value *without_nulls(struct kz_arena *a, struct kz_value *v, bool strings)
{
    if (kz_value_is(v, KZ_MAP))
        return map_without_nulls(a, v, strings);
    if (!kz_value_is(v, KZ_LIST))
        return v;
    struct kz_value *copy = NULL;
    for (size_t i = 0; i < v->as.list.len; i++) {
        struct kz_value *item = without_nulls(a, v->as.list.at[i], false);
        if (copy == NULL && item != v->as.list.at[i]) {
            copy = kz_value_list(a);
            copy->line = v->line;
            copy->col = v->col;
            for (size_t k = 0; k < i; k++)
                kz_value_push(a, copy, v->as.list.at[k]);
        }
        if (copy != NULL)
            kz_value_push(a, copy, item);
    }
    return copy == NULL ? v : copy;
}

/* ---- metadata -------------------------------------------------------------------------------- */

static int check_strings(const struct kz_value *map, const char *what, struct kz_err *err)
{
    if (map == NULL || map->kind == KZ_NULL)
        return 0;
    if (map->kind != KZ_MAP)
        return kz_fail(err, KZ_E_INVALID, "metadata.%s must be a map, not %s", what,
                       kz_kind_name(map->kind));
    for (size_t i = 0; i < map->as.map.len; i++) {
        const struct kz_pair *p = &map->as.map.at[i];
        if (p->val->kind == KZ_STRING || p->val->kind == KZ_NULL)
            continue;
        (void)kz_fail(err, KZ_E_INVALID, "metadata.%s['" KZ_FMT "'] must be a string, not %s", what,
                      KZ_ARG(p->key), kz_kind_name(p->val->kind));
        return kz_err_hint(err, "put the value in quotes");
    }
    return 0;
}

static int set_labels(struct kz_arena *a, struct kz_value *meta, const struct kz_set_rules *rules,
                      struct kz_err *err)
{
    const struct kz_value *labels = kz_value_get(meta, "labels");
    int rc = check_strings(labels, "labels", err);
    if (rc < 0)
        return rc;
    struct kz_value *own = own_map(a, labels);
    if (rules->platform.len > 0)
        kz_value_set(a, own, KZ_STR(KZ_LABEL_PLATFORM), kz_value_str(a, rules->platform));
    if (rules->module.len > 0)
        kz_value_set(a, own, KZ_STR(KZ_LABEL_MODULE), kz_value_str(a, rules->module));
    if (own->as.map.len > 0)
        kz_value_set(a, meta, KZ_STR("labels"), own);
    else
        (void)kz_value_del(meta, KZ_STR("labels"));
    return 0;
}

/* An empty map would make us owner of "f:annotations": and then each annotation of a controller
 * looks like a write to a field of ours. */
static int set_annotations(struct kz_arena *a, struct kz_value *meta, struct kz_err *err)
{
    const struct kz_value *annotations = kz_value_get(meta, "annotations");
    int rc = check_strings(annotations, "annotations", err);
    if (rc < 0)
        return rc;
    struct kz_value *own = own_map(a, annotations);
    (void)kz_value_del(own, KZ_STR("kubectl.kubernetes.io/last-applied-configuration"));
    if (own->as.map.len > 0)
        kz_value_set(a, meta, KZ_STR("annotations"), own);
    else
        (void)kz_value_del(meta, KZ_STR("annotations"));
    return 0;
}

static int set_metadata(struct kz_arena *a, struct kz_value *body, const struct kz_id *id,
                        const struct kz_set_rules *rules, struct kz_err *err)
{
    struct kz_value *meta = own_map(a, kz_value_get(body, "metadata"));
    for (size_t i = 0; i < kz_countof(server_metadata); i++)
        (void)kz_value_del(meta, kz_str(server_metadata[i]));
    if (id->ns.len > 0)
        kz_value_set(a, meta, KZ_STR("namespace"), kz_value_str(a, id->ns));
    else
        (void)kz_value_del(meta, KZ_STR("namespace"));
    int rc = set_labels(a, meta, rules, err);
    if (rc == 0)
        rc = set_annotations(a, meta, err);
    if (rc == 0)
        kz_value_set(a, body, KZ_STR("metadata"), meta);
    return rc;
}

/* ---- Secret ---------------------------------------------------------------------------------- */

static struct kz_str base64(struct kz_arena *a, struct kz_str s)
{
    char *to = kz_arena_bytes(a, (s.len + 2) / 3 * 4 + 1);
    int len = EVP_EncodeBlock((unsigned char *)to, (const unsigned char *)s.ptr, (int)s.len);
    return kz_str_n(to, (size_t)len);
}

/* As the API server does it: stringData wins over data. Sent as it is, a key that was renamed would
 * stay in data for ever (docs/internals/api-server.md trap 4). */
static int fold_string_data(struct kz_arena *a, struct kz_value *body, struct kz_err *err)
{
    const struct kz_value *from = kz_value_get(body, "stringData");
    if (from == NULL)
        return 0;
    if (from->kind != KZ_MAP && from->kind != KZ_NULL)
        return kz_fail(err, KZ_E_INVALID, "stringData must be a map, not %s",
                       kz_kind_name(from->kind));
    struct kz_value *data = own_map(a, kz_value_get(body, "data"));
    for (size_t i = 0; i < kz_value_pairs(from); i++) {
        const struct kz_pair *p = &from->as.map.at[i];
        if (p->val->kind != KZ_STRING && p->val->kind != KZ_NULL) {
            (void)kz_fail(err, KZ_E_INVALID, "stringData['" KZ_FMT "'] must be a string, not %s",
                          KZ_ARG(p->key), kz_kind_name(p->val->kind));
            return kz_err_hint(err, "put the value in quotes");
        }
        struct kz_str text = base64(a, kz_value_as_str(p->val));
        kz_value_set(a, data, p->key, kz_value_str(a, text));
    }
    (void)kz_value_del(body, KZ_STR("stringData"));
    if (data->as.map.len > 0)
        kz_value_set(a, body, KZ_STR("data"), data);
    return 0;
}

int kz_normalise(struct kz_value **out, struct kz_arena *a, const struct kz_id *id,
                 const struct kz_set_rules *rules, const struct kz_value *body, struct kz_err *err)
{
    struct kz_value *v = own_map(a, body);
    (void)kz_value_del(v, KZ_STR("status"));
    int rc = set_metadata(a, v, id, rules, err);
    if (rc == 0 && kz_object_is_secret(id))
        rc = fold_string_data(a, v, err);
    if (rc < 0)
        return rc;
    *out = kz_kind_is_builtin(id->group) ? without_nulls(a, v, false) : v;
    return 0;
}
