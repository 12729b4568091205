/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/look_live.h"
#include "base/vec.h"
#include "resource/object.h"

enum { NAMESPACES_FEW = 4 };

struct lister {
    struct kz_look *l;
    struct kz_seen *at;
    size_t n;
    struct kz_map by_key; /* key -> struct kz_seen * */
    struct kz_map lists;  /* "group/Kind/ns" -> struct kz_query *, as they are asked */
    KZ_VEC(struct kz_query) queries;
    struct kz_str selector;
};

/* ---- which lists --------------------------------------------------------------------------------------- */

static size_t namespaces_of(const struct lister *r)
{
    struct kz_str seen[NAMESPACES_FEW];
    size_t n = 0;
    for (size_t i = 0; i < r->n && n <= NAMESPACES_FEW; i++) {
        bool known = r->at[i].id.ns.len == 0;
        for (size_t k = 0; k < n && k < NAMESPACES_FEW; k++)
            known = known || kz_str_eq(seen[k], r->at[i].id.ns);
        if (known)
            continue;
        if (n < NAMESPACES_FEW)
            seen[n] = r->at[i].id.ns;
        n++;
    }
    return n;
}

static void plan_lists(struct lister *r)
{
    const bool each = namespaces_of(r) <= NAMESPACES_FEW;
    for (size_t i = 0; i < r->n; i++) {
        struct kz_id id = {
            .group = r->at[i].id.group, .kind = r->at[i].id.kind, .ns = each ? r->at[i].id.ns : KZ_STR("")};
        struct kz_str key = kz_id_key(r->l->arena, &id);
        if (kz_map_find(&r->lists, key) != NULL)
            continue;
        (void)kz_map_put(&r->lists, key, r);
        kz_vec_push(&r->queries, ((struct kz_query){.verb = KZ_QUERY_LIST, .id = id, .selector = r->selector}));
    }
}

/* ---- what came ----------------------------------------------------------------------------------------- */

static void take(struct lister *r, const struct kz_value *object)
{
    struct kz_id id;
    struct kz_str version;
    if (!kz_id_of(&id, &version, object))
        return;
    struct kz_seen *s = kz_map_find(&r->by_key, kz_id_key(r->l->arena, &id));
    if (s != NULL)
        s->live = object;
}

static bool same_kind(const struct kz_id *a, const struct kz_id *b)
{
    return kz_str_eq(a->group, b->group) && kz_str_eq(a->kind, b->kind);
}

/* A list that was refused is the answer for each of its objects. */
static void take_refusal(struct lister *r, const struct kz_query *q)
{
    for (size_t i = 0; i < r->n; i++)
        if (same_kind(&r->at[i].id, &q->id) && (q->id.ns.len == 0 || kz_str_eq(q->id.ns, r->at[i].id.ns)))
            r->at[i].err = &q->err;
}

static int ask_lists(struct lister *r, struct kz_err *err)
{
    const int rc = kz_query_all(r->l->app, r->l->arena, r->queries.at, r->queries.len, 0, err);
    for (size_t i = 0; rc >= 0 && i < r->queries.len; i++) {
        const struct kz_query *q = &r->queries.at[i];
        for (size_t k = 0; k < kz_value_len(q->body); k++)
            take(r, kz_value_at(q->body, k));
        if (q->err.code == KZ_E_DENIED || q->outcome == KZ_NO_KIND) {
            struct kz_query *kept = kz_new(r->l->arena, struct kz_query);
            *kept = *q;
            take_refusal(r, kept);
        }
    }
    return rc;
}

static int ask_singles(struct lister *r, struct kz_err *err)
{
    struct kz_query *queries = kz_new_n(r->l->arena, struct kz_query, r->n + 1);
    struct kz_seen **whose = kz_new_n(r->l->arena, struct kz_seen *, r->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (r->at[i].live != NULL || (r->at[i].err != NULL && r->at[i].err->code != KZ_E_DENIED))
            continue;
        whose[n] = &r->at[i];
        queries[n++] = (struct kz_query){.verb = KZ_QUERY_GET, .id = r->at[i].id};
    }
    const int rc = kz_query_all(r->l->app, r->l->arena, queries, n, 0, err);
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        whose[i]->live = queries[i].body;
        whose[i]->err = queries[i].body != NULL || queries[i].outcome == KZ_NO_OBJECT ? NULL : &queries[i].err;
    }
    return rc;
}

static int judge(struct lister *r, struct kz_err *err)
{
    const int64_t now = kz_env_wall(kz_app_env(r->l->app));
    struct kz_rules *rules;
    const int rc = kz_rules_new(&rules, NULL, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < r->n; i++)
        r->at[i].verdict = kz_health_of(rules, r->at[i].live, now);
    kz_rules_free(rules);
    return 0;
}

int kz_look_live(struct kz_look *l, struct kz_seen *at, size_t n, struct kz_str module, struct kz_err *err)
{
    struct lister r = {.l = l, .at = at, .n = n};
    kz_map_init(&r.by_key);
    kz_map_init(&r.lists);
    r.selector = kz_str_printf(l->arena, KZ_LABEL_PLATFORM "=" KZ_FMT, KZ_ARG(kz_look_platform(l)));
    if (module.len > 0)
        r.selector =
            kz_str_printf(l->arena, KZ_FMT "," KZ_LABEL_MODULE "=" KZ_FMT, KZ_ARG(r.selector), KZ_ARG(module));
    for (size_t i = 0; i < n; i++)
        (void)kz_map_put(&r.by_key, kz_id_key(l->arena, &at[i].id), &at[i]);
    plan_lists(&r);
    int rc = ask_lists(&r, err);
    if (rc >= 0)
        rc = ask_singles(&r, err);
    if (rc >= 0)
        rc = judge(&r, err);
    kz_vec_done(&r.queries);
    kz_map_done(&r.lists);
    kz_map_done(&r.by_key);
    return rc;
}

int kz_look_live_module(struct kz_seen **out, size_t *n, struct kz_look *l, struct kz_str module, struct kz_err *err)
{
    const struct kz_entry **entries = kz_look_entries(n, l, module);
    struct kz_seen *at = kz_new_n(l->arena, struct kz_seen, *n + 1);
    for (size_t i = 0; i < *n; i++)
        at[i] = (struct kz_seen){.entry = entries[i], .id = entries[i]->id};
    *out = at;
    return kz_look_live(l, at, *n, module, err);
}
