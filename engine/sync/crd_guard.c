/* SPDX-License-Identifier: Apache-2.0
 *
 * Custom resources whose definitions are about to go. With a CRD goes, most often, the controller of its
 * kind, and that one is deleted first; a custom resource that stays would lose both, and one with a finalizer
 * could never be deleted again. So before the first delete of a pass all custom resources of the CRDs that
 * are to go are listed live: if one is not to go as well, in the same pass, nothing goes. */
#include "sync/internal.h"

enum { ARENA = 64 << 20 };

struct guard {
    struct kz_mod *m;
    unsigned epoch;
    void (*done)(struct kz_mod *m, const char *why);
    struct kz_arena *arena;
    KZ_VEC(struct kz_id) crds; /* in the arena */
    size_t next;
    struct kz_str group, kind; /* of the present one's resources */
};

static void ask(struct guard *g);

static bool is_unwanted(const struct kz_mod *m, struct kz_str key)
{
    return kz_store_find(kz_store_module(m->e->store, kz_str(m->name)), key) != NULL &&
           kz_want_find(m->want, key) == NULL;
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
        if (is_unwanted(g->m, kz_id_key(g->arena, &who)))
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
        (void)kz_kube_list(g->m->e->kube, g->group, g->kind, KZ_STR(""), KZ_STR(""), on_listed, g);
    }
}

static void ask(struct guard *g)
{
    if (g->next < g->crds.len)
        (void)kz_kube_get(g->m->e->kube, &g->crds.at[g->next], on_got, g);
    else
        end(g, KZ_STR(""));
}

void kz_crd_guard(struct kz_mod *m, void (*done)(struct kz_mod *m, const char *why))
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const struct kz_map_slot *slot;
    struct guard *g = calloc(1, sizeof *g);
    kz_assert(g != NULL);
    *g = (struct guard){.m = m, .epoch = m->epoch, .done = done, .arena = kz_arena_new(ARENA)};
    for (size_t i = 0; (slot = kz_map_next(&rec->entries, &i)) != NULL;) {
        const struct kz_id *id = &((const struct kz_store_entry *)slot->val)->pub.id;
        if (kz_object_is_crd(id) && kz_want_find(m->want, slot->key) == NULL)
            kz_vec_push(&g->crds, kz_id_dup(g->arena, id));
    }
    m->in_flight = 1;
    ask(g);
}
