/* SPDX-License-Identifier: Apache-2.0
 *
 * From the objects of a platform to the rights that keeping them takes: one rule for each API group, also for
 * the kinds that it brings itself. What charts look up, and the accounts that modules run as, no plan shows;
 * charts/kzsync/README.md tells how those are added. */
#include "cli/bootstrap.h"

#include "base/map.h"
#include "base/vec.h"

static const char *const verbs[] = {"get", "list", "watch", "create", "update", "patch", "delete"};
/* Nobody may give rights that he has not got, but for those who hold these. */
static const char *const more_verbs[] = {"bind", "escalate"};

struct resource {
    struct kz_str group, plural;
};

struct resources {
    struct kz_arena *arena;
    struct kz_map seen; /* "group/plural" */
    KZ_VEC(struct resource) all;
};

static void add(struct resources *r, struct kz_str group, struct kz_str plural)
{
    const struct kz_str key = kz_str_printf(r->arena, KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(plural));
    if (kz_map_put(&r->seen, key, r) == NULL)
        kz_vec_push(&r->all, ((struct resource){kz_str_dup(r->arena, group), kz_str_dup(r->arena, plural)}));
}

static void add_kind(struct resources *r, struct kz_app *app, const struct kz_id *id)
{
    const struct kz_api *api = kz_kube_api(kz_app_kube(app), id->group, KZ_STR(""), id->kind);
    struct kz_str plural;
    if (api != NULL)
        add(r, id->group, api->plural);
    if (!kz_object_is_crd(id))
        return;
    const struct kz_str group = kz_str_cut(&plural, id->name, '.'); /* its name is PLURAL.GROUP */
    add(r, group, plural);
}

static int by_name(const void *a, const void *b)
{
    const struct resource *x = a, *y = b;
    const int groups = kz_str_cmp(x->group, y->group);
    return groups != 0 ? groups : kz_str_cmp(x->plural, y->plural);
}

static bool is_role(const struct resource *r)
{
    return kz_str_is(r->group, "rbac.authorization.k8s.io") && kz_str_ends(r->plural, KZ_STR("roles"));
}

static struct kz_value *rule_of(struct kz_arena *a, const struct resource *first, const struct resource *end)
{
    struct kz_value *rule = kz_value_map(a), *groups = kz_value_list(a), *names = kz_value_list(a),
                    *words = kz_value_list(a);
    bool roles = false;
    kz_value_push(a, groups, kz_value_str(a, first->group));
    for (const struct resource *r = first; r < end; r++) {
        kz_value_push(a, names, kz_value_str(a, r->plural));
        roles |= is_role(r);
    }
    for (size_t i = 0; i < kz_countof(verbs); i++)
        kz_value_push(a, words, kz_value_cstr(a, verbs[i]));
    for (size_t i = 0; roles && i < kz_countof(more_verbs); i++)
        kz_value_push(a, words, kz_value_cstr(a, more_verbs[i]));
    kz_value_set(a, rule, KZ_STR("apiGroups"), groups);
    kz_value_set(a, rule, KZ_STR("resources"), names);
    kz_value_set(a, rule, KZ_STR("verbs"), words);
    return rule;
}

static void collect(struct resources *r, struct kz_app *app, const struct kz_engine_view *v)
{
    for (size_t i = 0; i < v->n_modules; i++) {
        /* What kzsync itself needs is in its chart. */
        const bool own = kz_str_is(v->modules[i].name, KZ_BOOTSTRAP_MODULE);
        const struct kz_plan *p = own ? NULL : v->modules[i].plan;
        for (size_t k = 0; p != NULL && k < p->n_steps; k++)
            add_kind(r, app, &p->steps[k].id);
    }
}

const struct kz_value *kz_bootstrap_rules(struct kz_arena *a, struct kz_app *app, const struct kz_engine_view *v)
{
    struct resources r = {.arena = a};
    struct kz_value *rules = kz_value_list(a);
    kz_map_init(&r.seen);
    collect(&r, app, v);
    if (r.all.len > 0) {
        add(&r, KZ_STR(""), KZ_STR("namespaces")); /* a module's own is made when it is missing */
        qsort(r.all.at, r.all.len, sizeof *r.all.at, by_name);
    }
    for (size_t i = 0, n; i < r.all.len; i = n) {
        for (n = i; n < r.all.len && kz_str_eq(r.all.at[n].group, r.all.at[i].group);)
            n++;
        kz_value_push(a, rules, rule_of(a, r.all.at + i, r.all.at + n));
    }
    kz_map_done(&r.seen);
    kz_vec_done(&r.all);
    return rules;
}
