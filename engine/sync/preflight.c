/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/preflight.h"

#include <limits.h>

#include "base/buf.h"
#include "resource/kinds.h"
#include "sync/hook_record.h"
#include "sync/internal.h"
#include "sync/presence.h"
#include "sync/schemas.h"

enum { WORK_BYTES = 64 << 20, GATHER_BYTES = 64 << 20 };

struct kz_preflight {
    struct kz_arena *arena;
    struct kz_map missing; /* namespaces that are not there, or going -> themselves */
    struct kz_map asked;   /* all that were asked for -> themselves */
};

struct gather { /* one look at a module, until all is answered */
    struct kz_mod *m;
    unsigned epoch;
    size_t pending;
    void (*done)(struct kz_mod *m);
};

void kz_preflight_free(struct kz_preflight *p)
{
    if (p == NULL)
        return;
    kz_map_done(&p->missing);
    kz_map_done(&p->asked);
    kz_arena_free(p->arena); /* p itself lies in it */
}

static struct kz_preflight *preflight_new(void)
{
    struct kz_arena *a = kz_arena_new(GATHER_BYTES);
    struct kz_preflight *p = kz_new(a, struct kz_preflight);
    p->arena = a;
    kz_map_init(&p->missing);
    kz_map_init(&p->asked);
    return p;
}

/* ---- what is new ------------------------------------------------------------------------------------ */

bool kz_is_new(const struct kz_mod *m, const struct kz_step_now *s)
{
    return s->todo && !s->drift && kz_lives_find(m->e->lives, s->o->key) == NULL;
}

bool kz_is_due_hook(const struct kz_mod *m, const struct kz_want_object *o)
{
    static const enum kz_phase phases[] = {KZ_PHASE_PRE_SYNC, KZ_PHASE_SYNC, KZ_PHASE_POST_SYNC};
    for (size_t i = 0; o->hook != NULL && i < kz_countof(phases); i++)
        if (kz_hook_due(m, o, phases[i]))
            return true;
    return false;
}

static const struct kz_api *api_of(const struct kz_mod *m, const struct kz_want_object *o)
{
    return kz_kube_api(m->e->kube, o->id.group, o->version, o->id.kind);
}

bool kz_preflight_can_ask(const struct kz_mod *m, const struct kz_want_object *o)
{
    const struct kz_api *api = api_of(m, o);
    if (api == NULL || m->preflight == NULL)
        return false;
    return !api->namespaced || kz_map_find(&m->preflight->missing, o->id.ns) == NULL;
}

/* The set that a module has or is to have. */
static const struct kz_want *wish(const struct kz_mod *m)
{
    return m->next != NULL ? m->next : m->want;
}

/* The CustomResourceDefinition of a kind among the modules' objects: its name is PLURAL.GROUP, so those of the
 * group are tried. */
static const struct kz_schema *by_crd(const struct kz_mod *m, const struct kz_want_object *o)
{
    const struct kz_gvk what = {o->id.group, o->version, o->id.kind};
    const struct kz_map_slot *slot;
    if (kz_kind_is_builtin(o->id.group))
        return NULL;
    for (size_t i = 0; (slot = kz_map_next(&m->e->mods, &i)) != NULL;) {
        const struct kz_want *w = wish(slot->val);
        for (size_t k = 0; w != NULL && w->has_crds && k < w->n; k++) {
            struct kz_str plural, group = kz_str_cut(&plural, w->at[k].id.name, '.');
            const struct kz_schema *s = NULL;
            if (w->at[k].crd && kz_str_eq(group, o->id.group))
                s = kz_schema_cache_crd(m->e->schemas, &w->at[k], &what);
            if (s != NULL)
                return s;
        }
    }
    return NULL;
}

/* Operators install their kinds themselves. */
static bool runs_something(const struct kz_want *w, int before_wave)
{
    for (size_t i = 0; w != NULL && i < w->n && w->at[i].wave < before_wave; i++)
        if (w->at[i].runs_pods)
            return true;
    return false;
}

static bool depends_on_an_operator(const struct kz_mod *m)
{
    for (size_t i = 0; i < m->spec->n_depends; i++) {
        struct kz_str name = m->spec->depends[i].module;
        const struct kz_mod *dep = name.len == 0 ? NULL : kz_engine_mod(m->e, name);
        if (dep != NULL && runs_something(wish(dep), INT_MAX))
            return true;
    }
    return false;
}

bool kz_kind_may_come(const struct kz_mod *m, const struct kz_want_object *o)
{
    return api_of(m, o) != NULL || o->opt.wait_kind || runs_something(m->want, o->wave) ||
           depends_on_an_operator(m) || by_crd(m, o) != NULL;
}

enum kz_validate kz_validate_of(const struct kz_mod *m, const struct kz_want_object *o)
{
    const enum kz_validate one = (enum kz_validate)o->opt.validate;
    return one > m->spec->validate ? one : m->spec->validate;
}

/* ---- gathering -------------------------------------------------------------------------------------- */

static void answered(struct gather *g)
{
    if (--g->pending > 0)
        return;
    struct gather done = *g;
    free(g);
    if (done.m->epoch == done.epoch)
        done.done(done.m);
}

static void on_schemas(void *arg)
{
    answered(arg);
}

static void on_namespace(void *arg, struct kz_str ns, bool missing)
{
    struct gather *g = arg;
    if (missing && g->m->epoch == g->epoch)
        (void)kz_map_put(&g->m->preflight->missing, kz_str_dup(g->m->preflight->arena, ns), g->m);
    answered(g);
}

static void ask_namespace(struct gather *g, struct kz_str ns)
{
    struct kz_preflight *p = g->m->preflight;
    if (ns.len == 0 || kz_map_put(&p->asked, kz_str_dup(p->arena, ns), p) != NULL)
        return;
    g->pending++;
    kz_presence_namespace(g->m->e->presence, g->m, ns, on_namespace, g);
}

/* Its schema is to be had from the server. */
static bool is_served_kind(const struct kz_mod *m, const struct kz_want_object *o)
{
    return kz_validate_of(m, o) != KZ_VALIDATE_OFF && api_of(m, o) != NULL && by_crd(m, o) == NULL;
}

void kz_preflight_begin(struct kz_mod *m, void (*done)(struct kz_mod *m))
{
    struct gather *g = malloc(sizeof *g);
    kz_assert(g != NULL);
    kz_preflight_free(m->preflight);
    m->preflight = preflight_new();
    *g = (struct gather){.m = m, .epoch = m->epoch, .pending = 2, .done = done};
    const size_t all = m->want->n + m->want->n_hooks;
    struct kz_gvk *kinds = kz_new_n(m->preflight->arena, struct kz_gvk, all + 1);
    size_t n = 0;
    for (size_t i = 0; i < all; i++) {
        const struct kz_want_object *o = &m->want->at[i];
        if (o->hook == NULL ? !kz_is_new(m, &m->steps[i]) : !kz_is_due_hook(m, o))
            continue;
        if (o->hook == NULL && api_of(m, o) != NULL)
            ask_namespace(g, o->id.ns);
        if (is_served_kind(m, o))
            kinds[n++] = (struct kz_gvk){o->id.group, o->version, o->id.kind};
    }
    kz_schema_cache_need(m->e->schemas, kinds, n, on_schemas, g);
    answered(g); /* this function itself */
}

/* ---- mistakes --------------------------------------------------------------------------------------- */

void kz_preflight_look(struct kz_mistakes *out, struct kz_arena *a, const struct kz_mod *m,
                       const struct kz_want_object *o)
{
    const struct kz_gvk what = {o->id.group, o->version, o->id.kind};
    const struct kz_schema *s = by_crd(m, o);
    *out = (struct kz_mistakes){.n = 0};
    if (s == NULL)
        s = kz_schema_cache_find(m->e->schemas, &what);
    if (s != NULL && kz_validate_of(m, o) != KZ_VALIDATE_OFF)
        kz_schema_check(out, a, s, kz_want_body(a, o), kz_kind_is_builtin(o->id.group) || m->spec->n_ignores > 0);
}

/* What is certain first. */
static const struct kz_mistake *worst(const struct kz_mistakes *found)
{
    for (size_t i = 0; i < found->n; i++)
        if (!found->at[i].doubtful)
            return &found->at[i];
    return &found->at[0];
}

struct kz_str kz_mistakes_text(struct kz_arena *a, const struct kz_mistakes *found)
{
    const struct kz_mistake *first = worst(found);
    const size_t more = found->n + found->more - 1;
    struct kz_str out = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(first->path), first->path.len > 0 ? " " : "",
                                      KZ_ARG(first->text));
    return more == 0 ? out : kz_str_printf(a, KZ_FMT "; and %zu more", KZ_ARG(out), more);
}

int kz_mistakes_error(struct kz_err *err, const struct kz_mistakes *found, const struct kz_want_object *o)
{
    kz_autobuf struct kz_buf more = KZ_BUF(KZ_ERR_DETAIL);
    const struct kz_mistake *first = worst(found);
    (void)kz_fail(err, KZ_E_INVALID, KZ_FMT "%s" KZ_FMT, KZ_ARG(first->path), first->path.len > 0 ? " " : "",
                  KZ_ARG(first->text));
    (void)kz_want_blame(err, o);
    for (size_t i = 0; i < found->n; i++)
        if (&found->at[i] != first)
            kz_buf_printf(&more, "%s" KZ_FMT " " KZ_FMT, more.len > 0 ? "\n" : "", KZ_ARG(found->at[i].path),
                          KZ_ARG(found->at[i].text));
    if (found->more > 0)
        kz_buf_printf(&more, "\nand %zu more", found->more);
    if (more.len > 0)
        kz_err_detail(err, kz_buf_str(&more));
    return -(int)err->code;
}

void kz_mistakes_log(struct kz_mod *m, const struct kz_mistakes *found, const struct kz_want_object *o,
                     const char *effect)
{
    for (size_t i = 0; i < found->n; i++)
        kz_log(&m->log, KZ_WARN, "schema", KZ_F("object", o->key), KZ_F("field", found->at[i].path),
               KZ_F("reason", found->at[i].text), KZ_FS("effect", effect));
}

const struct kz_want_object *kz_preflight_customs(struct kz_mod *m, struct kz_err *err)
{
    for (size_t i = 0; i < m->want->n; i++) {
        const struct kz_step_now *s = &m->steps[i];
        kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
        struct kz_mistakes found;
        if (!kz_is_new(m, s) || api_of(m, s->o) != NULL || kz_validate_of(m, s->o) != KZ_VALIDATE_STRICT ||
            by_crd(m, s->o) == NULL)
            continue;
        kz_preflight_look(&found, a, m, s->o);
        if (!found.certain)
            continue;
        (void)kz_mistakes_error(err, &found, s->o);
        return s->o;
    }
    return NULL;
}
