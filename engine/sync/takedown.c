/* SPDX-License-Identifier: Apache-2.0
 *
 * How modules go that have left the definitions: in which order, and with which hooks.
 *
 * What depended on a module goes before it, as the inventory remembers it from when both were defined. And
 * custom resources go before the module that has their CustomResourceDefinition, for that one has most often
 * their controller too, without which their finalizers hold them for ever. The definitions of one commit have
 * no circles, and what is recorded never names what was gone already; but the two kinds of order may be at odds
 * (a module depends on one that has custom resources for it): then the custom resources go first. Modules that have
 * custom resources of each other's kinds go crosswise: none waits for all of another, but first for those custom
 * resources to be gone, while all their controllers live; then each goes on (state_prune.c). */
#include "sync/internal.h"

/* ---- what is remembered ------------------------------------------------------------------------------- */

static void add_depends(struct kz_buf *b, const struct kz_mod *m)
{
    for (size_t i = 0; i < m->spec->n_depends; i++) {
        const struct kz_mod *dep = kz_engine_mod(m->e, m->spec->depends[i].module);
        if (dep == NULL || dep->removed)
            continue;
        if (b->len > 0)
            kz_buf_putc(b, ',');
        kz_buf_puts(b, dep->name);
    }
}

static void note_depends(struct kz_mod *m)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    add_depends(&b, m);
    if (!kz_store_set_after(m->e->store, rec, kz_buf_str(&b)) || (rec->entries.len == 0 && rec->shard < 0))
        return;
    kz_store_touch(m->e->store, rec);
    kz_store_flush_soon(m->e->store);
}

/* ---- the order ------------------------------------------------------------------------------------------ */

static bool owns(const struct kz_mod *m)
{
    return kz_store_module(m->e->store, kz_str(m->name))->entries.len > 0;
}

static bool goes(const struct kz_mod *m)
{
    return m != NULL && m->removed && owns(m);
}

static void goes_first(struct kz_mod *m, struct kz_mod *first, bool resources)
{
    for (size_t i = 0; i < m->first.len; i++)
        if (m->first.at[i].mod == first && m->first.at[i].resources == resources)
            return;
    kz_vec_push(&m->first, ((struct kz_takedown_edge){.mod = first, .resources = resources}));
}

static void order_by_depends(struct kz_mod *m)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    struct kz_str rest = kz_str(rec->after == NULL ? "" : rec->after), name;
    while (rest.len > 0) {
        rest = kz_str_cut(&name, rest, ',');
        struct kz_mod *dep = kz_engine_mod(m->e, name);
        if (goes(dep))
            goes_first(dep, m, false);
    }
}

/* Name of the CustomResourceDefinition of objects like this one; "": it is of no served kind. In the buffer. */
static struct kz_str crd_of(struct kz_buf *b, const struct kz_mod *m, const struct kz_id *id)
{
    const struct kz_api *api = kz_kube_api(m->e->kube, id->group, KZ_STR(""), id->kind);
    if (api != NULL)
        kz_buf_printf(b, KZ_FMT "." KZ_FMT, KZ_ARG(api->plural), KZ_ARG(id->group));
    return kz_buf_str(b);
}

/* crds: name of a CustomResourceDefinition -> the module that goes and has it */
static bool order_by_resources(struct kz_mod *m, const struct kz_map *crds)
{
    const struct kz_map_slot *slot;
    bool any = false;
    for (size_t i = 0; (slot = kz_map_next(&kz_store_module(m->e->store, kz_str(m->name))->entries, &i)) != NULL;) {
        const struct kz_id *id = &((const struct kz_store_entry *)slot->val)->pub.id;
        kz_autobuf struct kz_buf name = KZ_BUF(4096);
        struct kz_mod *has = kz_map_find(crds, crd_of(&name, m, id));
        if (has == NULL || has == m)
            continue;
        goes_first(has, m, true);
        any = true;
    }
    return any;
}

/* Does `from` wait, over whatever others, until `to` is gone? */
static bool waits_for(struct kz_mod *from, const struct kz_mod *to)
{
    KZ_VEC(struct kz_mod *) open = {0};
    struct kz_map seen;
    bool found = false;
    kz_map_init(&seen);
    kz_vec_push(&open, from);
    while (open.len > 0 && !found) {
        struct kz_mod *m = open.at[--open.len];
        found = m == to;
        if (kz_map_put(&seen, kz_str(m->name), m) != NULL)
            continue;
        for (size_t i = 0; i < m->first.len; i++)
            kz_vec_push(&open, m->first.at[i].mod);
    }
    kz_map_done(&seen);
    kz_vec_done(&open);
    return found;
}

/* What only depended gives way. Circles that are left then are of custom resources alone. */
static void break_circles(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        for (size_t k = m->first.len; k > 0; k--)
            if (!m->first.at[k - 1].resources && waits_for(m->first.at[k - 1].mod, m))
                kz_vec_swap_out(&m->first, k - 1);
    }
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        for (size_t k = 0; k < m->first.len; k++)
            m->first.at[k].crosswise = m->first.at[k].resources && waits_for(m->first.at[k].mod, m);
    }
}

static void map_crds(struct kz_map *out, struct kz_mod *m)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&kz_store_module(m->e->store, kz_str(m->name))->entries, &i)) != NULL;) {
        const struct kz_id *id = &((const struct kz_store_entry *)slot->val)->pub.id;
        if (kz_object_is_crd(id))
            (void)kz_map_put(out, id->name, m);
    }
}

void kz_takedown_settle(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    struct kz_map crds;
    bool resources = false;
    e->settles++;
    if (e->opt.mode == KZ_MODE_PLAN)
        return;
    kz_map_init(&crds);
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        m->first.len = 0;
        if (!m->removed)
            note_depends(m);
        else if (owns(m))
            map_crds(&crds, m);
    }
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (!goes(m))
            continue;
        order_by_depends(m);
        resources |= crds.len > 0 && order_by_resources(m, &crds);
    }
    if (resources)
        break_circles(e);
    kz_map_done(&crds);
}

/* What it still has then is kept by its own annotation. */
static bool has_gone(const struct kz_mod *m)
{
    bool ended = m->state == KZ_MOD_OK && m->want->removal && m->held_n == 0;
    return !goes(m) || ended;
}

bool kz_takedown_ready(struct kz_mod *m)
{
    m->skipped = false;
    for (size_t i = 0; i < m->first.len; i++) {
        const struct kz_mod *n = m->first.at[i].mod;
        if (has_gone(n) || m->first.at[i].crosswise)
            continue;
        kz_mod_say(m, "after %s, which is not gone yet and %s", n->name,
                   m->first.at[i].resources ? "has custom resources of this module's kinds" : "depended on it");
        m->skipped = kz_mod_at_rest(n) || n->state == KZ_MOD_FAILED;
        return false;
    }
    return true;
}

/* ---- crosswise ------------------------------------------------------------------------------------------- */

static bool has_crd(const struct kz_mod *m, struct kz_str name)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 10);
    const struct kz_id id = {.group = KZ_STR("apiextensions.k8s.io"), .kind = KZ_STR("CustomResourceDefinition"), .name = name};
    return kz_store_find(kz_store_module(m->e->store, kz_str(m->name)), kz_id_key(a, &id)) != NULL;
}

/* One of n's objects is of a kind of m's. */
static bool has_resources_of(const struct kz_mod *n, const struct kz_mod *m)
{
    const struct kz_map_slot *slot;
    bool has = false;
    for (size_t i = 0; !has && (slot = kz_map_next(&kz_store_module(n->e->store, kz_str(n->name))->entries, &i)) != NULL;) {
        kz_autobuf struct kz_buf name = KZ_BUF(4096);
        has = has_crd(m, crd_of(&name, n, &((const struct kz_store_entry *)slot->val)->pub.id));
    }
    return has;
}

struct kz_mod *kz_takedown_crossed(const struct kz_mod *m)
{
    for (size_t i = 0; i < m->first.len; i++)
        if (m->first.at[i].crosswise && has_resources_of(m->first.at[i].mod, m))
            return m->first.at[i].mod;
    return NULL;
}

bool kz_takedown_goes_ahead(const struct kz_mod *m, const struct kz_id *id)
{
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    const struct kz_str crd = crd_of(&b, m, id);
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&m->e->mods, &i)) != NULL;) {
        const struct kz_mod *n = slot->val;
        for (size_t k = 0; k < n->first.len; k++)
            if (n->first.at[k].crosswise && n->first.at[k].mod == m && has_crd(n, crd))
                return true;
    }
    return false;
}

/* ---- hooks of a definition that this process has never seen ------------------------------------------------ */

struct recall {
    struct kz_mod *m;
    unsigned epoch;
};

static void on_recalled(void *arg, struct kz_want *w, const struct kz_err *err)
{
    struct recall r = *(struct recall *)arg;
    struct kz_mod *m = r.m;
    char line[KZ_ERR_TEXT];
    free(arg);
    if (m->epoch != r.epoch) {
        kz_want_unref(w);
        return;
    }
    if (err != NULL)
        kz_log(&m->log, KZ_WARN, "delete-hooks-unknown", KZ_FS("reason", kz_err_line(line, sizeof line, err)));
    struct kz_want *bare = m->want;
    m->want = kz_want_empty(bare->revision, w);
    kz_want_unref(bare);
    kz_want_unref(w);
    kz_engine_need_kinds(m->e, m->want);
    if (!kz_mod_safe_point(m))
        kz_enter_journal(m);
}

bool kz_takedown_recall(struct kz_mod *m)
{
    if (!m->want->forgotten)
        return false;
    struct recall *r = malloc(sizeof *r);
    kz_assert(r != NULL);
    *r = (struct recall){.m = m, .epoch = m->epoch};
    kz_history_load(m->e->history, kz_str(m->name), KZ_STR(""), (struct kz_hash){0}, on_recalled, r);
    return true;
}
