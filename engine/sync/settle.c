/* SPDX-License-Identifier: Apache-2.0
 *
 * The last step of a cycle: replies become wants, kinds get their scope, two modules that want one object are
 * refused, watches are opened for every kind, and when their lists are complete each module gets its want. */
#include "resource/kinds.h"
#include "sync/hold.h"
#include "sync/internal.h"
#include "sync/select.h"
#include "sync/tenants.h"

enum { ARENA_CLAIMS = 256 << 20, BODY_BYTES = 64 << 20 };

/* Only a kind that its module may bring tells a scope. */
static void note_crd(struct kz_engine *e, const struct kz_mod *m, const struct kz_value *body)
{
    if (!kz_str_is(kz_value_path_str(body, "kind"), "CustomResourceDefinition") || !kz_tenants_may_bring(m, body))
        return;
    struct kz_str key = kz_str_printf(e->claim_arena, KZ_FMT "/" KZ_FMT, KZ_ARG(kz_value_path_str(body, "spec.group")),
                                      KZ_ARG(kz_value_path_str(body, "spec.names.kind")));
    static char namespaced[] = "Namespaced", cluster[] = "Cluster";
    (void)kz_map_put(&e->provided, key,
                     kz_str_is(kz_value_path_str(body, "spec.scope"), "Cluster") ? cluster : namespaced);
}

static void note_crds(struct kz_engine *e, const struct kz_mod *m)
{
    const struct kz_value *objects = kz_value_get(m->reply, "objects");
    for (size_t i = 0; i < kz_value_len(objects); i++)
        note_crd(e, m, kz_value_get(kz_value_at(objects, i), "body"));
}

/* The same of what was rendered before and is in this commit as it was: it need not be in the cluster yet. Only who has
 * no other word for a scope than these asks for it, and that are tenants. */
static void note_kept_crds(struct kz_engine *e, const struct kz_mod *m)
{
    const struct kz_want *w = kz_mod_newest(m);
    for (size_t i = 0; e->platform->n_tenants > 0 && w != NULL && w->has_crds && i < w->n; i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(BODY_BYTES);
        if (w->at[i].crd)
            note_crd(e, m, kz_want_body(a, &w->at[i]));
    }
}

enum kz_scope_word kz_engine_scope(const struct kz_engine *e, struct kz_str group, struct kz_str kind)
{
    char key[512];
    const struct kz_api *api = kz_kube_api(e->kube, group, KZ_STR(""), kind);
    if (api != NULL)
        return api->namespaced ? KZ_SCOPE_NAMESPACED : KZ_SCOPE_CLUSTER;
    int n = snprintf(key, sizeof key, KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(kind));
    const char *scope = n < 0 || (size_t)n >= sizeof key ? NULL : kz_map_find(&e->provided, kz_str_n(key, (size_t)n));
    return scope == NULL ? KZ_SCOPE_UNKNOWN : scope[0] == 'N' ? KZ_SCOPE_NAMESPACED : KZ_SCOPE_CLUSTER;
}

static int scope_of(void *arg, struct kz_str group, struct kz_str kind)
{
    const enum kz_scope_word scope = kz_engine_scope(arg, group, kind);
    if (scope != KZ_SCOPE_UNKNOWN)
        return (int)scope;
    int known = kz_kind_namespaced(group, kind);
    if (known >= 0)
        return known;
    return kz_kind_is_builtin(group) ? -1 : 1; /* a kind that comes later is most likely namespaced: await.c */
}

/* The reply becomes a want; not yet handed to the module. */
static struct kz_want *build(struct kz_engine *e, struct kz_mod *m)
{
    struct kz_want *w = NULL;
    struct kz_err err;
    struct kz_scope scope = {.namespaced = scope_of, .arg = e};
    if (m->removed && kz_mod_newest(m) != NULL && kz_mod_newest(m)->removal)
        return NULL;
    if (m->removed) {
        w = kz_want_empty(e->revision, m->want);
        w->forgotten = m->want == NULL && e->history != NULL;
        return w;
    }
    if (m->reply == NULL)
        return NULL;
    if (kz_want_build(&w, m->spec, kz_str(e->platform_name), e->revision, m->rendering_key, scope, m->reply,
                      &err) < 0) {
        kz_mod_render_failed(m, &err);
        w = NULL;
    } else if (kz_tenants_check(m, w, &err) < 0) {
        kz_tenants_refused(m, &err);
        kz_want_unref(w);
        w = NULL;
    } else {
        w->release = m->release;
        w->release.seeded = m->asks.seed;
        w->subject = kz_str_dup(w->arena, e->subject);
    }
    kz_arena_free(m->reply_arena);
    m->reply_arena = NULL;
    m->reply = NULL;
    return w;
}

/* What the definitions want of the module after this cycle, also when it failed before and an older set is kept. */
static const struct kz_want *newest(const struct kz_mod *m)
{
    if (m->built != NULL)
        return m->built;
    if (m->hold != NULL || m->next != NULL)
        return kz_mod_newest(m);
    return m->aside != NULL && !m->removed ? m->aside : m->want;
}

/* Modules stand in the map in the order in which they became known, which is not the same on every run:
 * the text names them, and the place, in the order of their names. */
static void refuse_both(struct kz_mod *one, struct kz_mod *two, struct kz_str key)
{
    struct kz_mod *const pair[] = {one, two};
    bool sorted = strcmp(one->name, two->name) < 0;
    const struct kz_mod *a = sorted ? one : two, *b = sorted ? two : one;
    const struct kz_want_object *o = kz_want_find(newest(a), key);
    const struct kz_mod *first = kz_tenants_first(one, two, key);
    for (size_t i = 0; i < 2; i++) {
        struct kz_err err;
        if (pair[i] == first)
            continue;
        (void)kz_fail(&err, KZ_E_CONFLICT, KZ_FMT " " KZ_FMT "%s" KZ_FMT " is in module %s and in module %s",
                      KZ_ARG(o->id.kind), KZ_ARG(o->id.ns), o->id.ns.len > 0 ? "/" : "", KZ_ARG(o->id.name),
                      a->name, b->name); /* the same text twice: people see it once */
        (void)kz_err_at(&err, o->origin.file, o->origin.line, 0);
        if (first == NULL)
            (void)kz_err_hint(&err, "remove it from one of the two; neither is applied until then");
        else
            (void)kz_err_hint(&err, "it stays with module %s: remove it from module %s", first->name, pair[i]->name);
        if (pair[i]->render_err == NULL) { /* the first reason is the real one */
            kz_mod_render_failed(pair[i], &err);
            pair[i]->violates = first == NULL ? KZ_VIOLATES_NOTHING : KZ_VIOLATES;
        }
        pair[i]->clashes = true;
    }
}

/* Two modules that want one object both keep what they have; the others go on. true: some did not keep
 * what was built just now, so that what they want is something else again. */
static bool find_duplicates(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    bool dropped = false;
    kz_map_clear(&e->claims);
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        const struct kz_want *w = newest(m);
        for (size_t k = 0; w != NULL && k < w->n + w->n_hooks; k++) {
            struct kz_mod *other = kz_map_put(&e->claims, w->at[k].key, m);
            if (other != NULL)
                refuse_both(m, other, w->at[k].key);
        }
    }
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (m->render_err == NULL || m->built == NULL)
            continue;
        kz_want_unref(m->built);
        m->built = NULL;
        dropped = true;
    }
    return dropped;
}

/* Claims point into wants; the map is rebuilt when wants were dropped after a duplicate. */
static void claim(struct kz_engine *e, struct kz_mod *m, const struct kz_want *w)
{
    for (size_t k = 0; w != NULL && k < w->n + w->n_hooks; k++)
        if (kz_map_find(&e->claims, w->at[k].key) == NULL)
            (void)kz_map_put(&e->claims, kz_str_dup(e->claim_arena, w->at[k].key), m);
}

/* What is wanted now goes before what a module has until then, or went back to, and still stands on. */
static void rebuild_claims(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    kz_map_clear(&e->claims);
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;)
        claim(e, slot->val, newest(slot->val));
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        const bool stands = !m->removed || (m->built == NULL && m->next == NULL);
        claim(e, m, stands ? m->want : NULL);
    }
}

/* Modules whose inputs are as they were stand in neither figure. */
static void log_renders(const struct kz_engine *e)
{
    char rendered[24], cached[24];
    if (e->rendered + e->cached == 0)
        return;
    (void)snprintf(rendered, sizeof rendered, "%zu", e->rendered);
    (void)snprintf(cached, sizeof cached, "%zu", e->cached);
    kz_log(NULL, KZ_INFO, "rendered", KZ_F("revision", kz_revision_short(e->revision)),
           KZ_FS("modules", rendered), KZ_FS("cached", cached));
}

void kz_cycle_settle(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    log_renders(e);
    kz_arena_free(e->claim_arena);
    e->claim_arena = kz_arena_new_tight(ARENA_CLAIMS);
    kz_map_clear(&e->provided);
    kz_map_clear(&e->claims);
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        const struct kz_mod *m = slot->val;
        if (m->reply != NULL)
            note_crds(e, m);
        else if (!m->removed)
            note_kept_crds(e, m);
    }
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        m->built = build(e, m);
    }
    while (find_duplicates(e))
        continue;
    rebuild_claims(e);
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        const struct kz_mod *m = slot->val;
        kz_engine_need_kinds(e, m->built);
    }
    struct kz_store_module *rec;
    for (size_t i = 0; (rec = kz_store_next(e->store, &i)) != NULL;)
        for (size_t j = 0; (slot = kz_map_next(&rec->entries, &j)) != NULL;) {
            const struct kz_store_entry *entry = slot->val;
            kz_lives_need(e->lives, entry->pub.id.group, entry->pub.id.kind);
        }
    kz_cycle_enter(e, KZ_CYCLE_SETTLE);
    if (kz_lives_ready(e->lives))
        kz_cycle_lists_ready(e);
}

/* A set that failed its gate before is not tried again until its content changes. */
static bool quarantined(struct kz_mod *m, const struct kz_want *w)
{
    return !kz_hash_is_none(kz_store_module(m->e->store, kz_str(m->name))->bad) &&
           kz_hash_eq(kz_store_module(m->e->store, kz_str(m->name))->bad, w->key);
}

/* Without the list of a kind nothing can be said about its objects: that module waits, others go on. */
static bool blind(struct kz_mod *m, const struct kz_want *w)
{
    for (size_t i = 0; i < w->n + w->n_hooks; i++) {
        const struct kz_err *why = kz_lives_trouble(m->e->lives, w->at[i].id.group, w->at[i].id.kind);
        if (why == NULL)
            continue;
        struct kz_err err = *why;
        (void)kz_wrap(&err, "cannot read " KZ_FMT " objects from the cluster", KZ_ARG(w->at[i].id.kind));
        kz_mod_render_failed(m, &err);
        return true;
    }
    return false;
}

/* A tenant's module asks for what is another's. */
static bool wants_foreign(struct kz_mod *m, const struct kz_want *w)
{
    struct kz_err err;
    if (kz_tenants_foreign(m, w, &err) == 0)
        return false;
    kz_tenants_refused(m, &err);
    m->violates = KZ_VIOLATES_NOW;
    return true;
}

static void hand_over(struct kz_mod *m)
{
    struct kz_engine *e = m->e;
    struct kz_want *w = m->built;
    m->built = NULL;
    if (w == NULL)
        return;
    if (wants_foreign(m, w) || blind(m, w)) {
        kz_want_unref(w);
        return;
    }
    m->newest = w->key;
    m->newest_base = m->removed ? w->key : m->rendering_base;
    if (!kz_selects(e, m)) {
        kz_want_unref(w);
    } else if (e->opt.mode == KZ_MODE_PLAN) {
        m->want = w;
        m->steps = calloc(w->n + 1, sizeof *m->steps);
        kz_assert(m->steps != NULL);
        for (size_t i = 0; i < w->n; i++)
            m->steps[i].o = &w->at[i];
        kz_mod_plan(m);
    } else if (!e->opt.retry_quarantined && quarantined(m, w)) {
        const struct kz_log log = kz_mod_log_newest(m);
        kz_log(&log, KZ_WARN, "quarantined", KZ_FS("effect", "it failed before and is not tried again"));
        m->quarantined = true;
        m->set_aside = kz_want_content(w);
        kz_hold_drop(m);
        kz_mod_set_aside(m, w);
        kz_rollback_recall(m);
    } else {
        m->quarantined = false;
        kz_mod_set_aside(m, NULL);
        kz_hold_take(m, w);
    }
}

void kz_cycle_lists_ready(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    if (e->cycle != KZ_CYCLE_SETTLE || kz_steer_waits(e))
        return;
    struct kz_err err;
    if (e->opt.mode != KZ_MODE_RUN)
        e->source_err.code = KZ_OK;
    if (kz_select_check(e, &err) < 0) {
        e->source_err = err;
        kz_cycle_rest(e, e->opt.interval);
        return;
    }
    kz_takedown_settle(e);
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;)
        hand_over(slot->val);
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;)
        kz_hold_settled(slot->val);
    kz_cycle_look_at_held(e);
    kz_cycle_rest(e, e->opt.interval);
}
