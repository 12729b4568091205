/* SPDX-License-Identifier: Apache-2.0
 *
 * Custom resources whose definitions are about to go. With a CRD goes, most often, the controller of its
 * kind, and that one is deleted first; a custom resource that stays would lose both, and one with a finalizer
 * could never be deleted again. So before the first delete of a pass all custom resources of the CRDs that
 * are to go are listed live: if one is not to go as well, in the same pass, or a module wants one, nothing goes. */
#include "sync/internal.h"

enum { ARENA = 64 << 20 };

struct guard {
    struct kz_mod *m;
    unsigned epoch;
    bool (*goes)(const struct kz_mod *m, struct kz_str key);
    void (*done)(struct kz_mod *m, const char *why);
    struct kz_arena *arena;
    KZ_VEC(struct kz_id) crds; /* in the arena */
    size_t next;
    struct kz_str group, kind; /* of the present one's resources */
};

static void ask(struct guard *g);

static void end(struct guard *g, struct kz_str why);

static bool is_of(const struct kz_mod *m, struct kz_str key)
{
    return kz_store_find(kz_store_module(m->e->store, kz_str(m->name)), key) != NULL;
}

static void guard_free(struct guard *g)
{
    kz_vec_done(&g->crds);
    kz_arena_free(g->arena);
    free(g);
}

static void end(struct guard *g, struct kz_str why)
{
    struct kz_mod *m = g->m;
    void (*done)(struct kz_mod *m, const char *why) = g->done;
    free(m->needed);
    m->needed = why.len == 0 ? NULL : strndup(why.ptr, why.len);
    m->in_flight = 0;
    guard_free(g);
    done(m, m->needed);
}

static void end_unknown(struct guard *g)
{
    end(g, kz_str_printf(g->arena, "whether custom resources of " KZ_FMT " exist is not known",
                         KZ_ARG(g->crds.at[g->next].name)));
}

/* What another module wants of this kind may be made at any moment. */
static const struct kz_want_object *wanted_by(const struct guard *g, const struct kz_mod *m)
{
    const struct kz_want *sets[] = {kz_mod_newest(m), m->want};
    for (size_t k = 0; k < kz_countof(sets); k++)
        for (size_t i = 0; m != g->m && sets[k] != NULL && i < sets[k]->n + sets[k]->n_hooks; i++)
            if (kz_str_eq(sets[k]->at[i].id.group, g->group) && kz_str_eq(sets[k]->at[i].id.kind, g->kind))
                return &sets[k]->at[i];
    return NULL;
}

static bool is_wanted(struct guard *g)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&g->m->e->mods, &i)) != NULL;) {
        const struct kz_mod *other = slot->val;
        const struct kz_want_object *o = wanted_by(g, other);
        if (o == NULL)
            continue;
        end(g, kz_str_printf(g->arena, "module %s wants " KZ_FMT " " KZ_FMT "%s" KZ_FMT, other->name,
                             KZ_ARG(o->id.kind), KZ_ARG(o->id.ns), o->id.ns.len > 0 ? "/" : "", KZ_ARG(o->id.name)));
        return true;
    }
    return false;
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct guard *g = arg;
    (void)id;
    if (g->m->epoch != g->epoch) {
        guard_free(g);
        return;
    }
    if (res->err != NULL) {
        end_unknown(g);
        return;
    }
    for (size_t i = 0; i < kz_value_len(res->body); i++) {
        const struct kz_value *item = kz_value_at(res->body, i);
        struct kz_id who = {.group = g->group, .kind = g->kind, .ns = kz_value_path_str(item, "metadata.namespace"),
                            .name = kz_value_path_str(item, "metadata.name")};
        struct kz_str key = kz_id_key(g->arena, &who);
        if (is_of(g->m, key) && g->goes(g->m, key))
            continue;
        end(g, kz_str_printf(g->arena, KZ_FMT " " KZ_FMT "%s" KZ_FMT " stays, and may need what would go here",
                             KZ_ARG(who.kind), KZ_ARG(who.ns), who.ns.len > 0 ? "/" : "", KZ_ARG(who.name)));
        return;
    }
    g->next++;
    ask(g);
}

static void on_got(void *arg, uint64_t id, const struct kz_result *res)
{
    struct guard *g = arg;
    (void)id;
    if (g->m->epoch != g->epoch) {
        guard_free(g);
    } else if (res->outcome == KZ_NO_OBJECT) {
        g->next++;
        ask(g);
    } else if (res->err != NULL) {
        end_unknown(g);
    } else {
        g->group = kz_str_dup(g->arena, kz_value_path_str(res->body, "spec.group"));
        g->kind = kz_str_dup(g->arena, kz_value_path_str(res->body, "spec.names.kind"));
        if (is_wanted(g))
            return;
        (void)kz_kube_list(kz_mod_kube(g->m), g->group, g->kind, KZ_STR(""), KZ_STR(""), on_listed, g);
    }
}

static void ask(struct guard *g)
{
    if (g->next < g->crds.len)
        (void)kz_kube_get(kz_mod_kube(g->m), &g->crds.at[g->next], on_got, g);
    else
        end(g, KZ_STR(""));
}

void kz_crd_guard(struct kz_mod *m, bool (*goes)(const struct kz_mod *m, struct kz_str key),
                  void (*done)(struct kz_mod *m, const char *why))
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const struct kz_map_slot *slot;
    struct guard *g = calloc(1, sizeof *g);
    kz_assert(g != NULL);
    *g = (struct guard){.m = m, .epoch = m->epoch, .goes = goes, .done = done, .arena = kz_arena_new(ARENA)};
    for (size_t i = 0; (slot = kz_map_next(&rec->entries, &i)) != NULL;) {
        const struct kz_id *id = &((const struct kz_store_entry *)slot->val)->pub.id;
        if (kz_object_is_crd(id) && goes(m, slot->key))
            kz_vec_push(&g->crds, kz_id_dup(g->arena, id));
    }
    m->in_flight = 1;
    ask(g);
}
