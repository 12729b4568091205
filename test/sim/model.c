/* SPDX-License-Identifier: Apache-2.0 */
#include "tenants.h"

#include <stdio.h>

/* ---- making ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *group, *kind;
} kinds[SIM_OKINDS_] = {
    [SIM_NAMESPACE] = {"", "Namespace"},     [SIM_CONFIGMAP] = {"", "ConfigMap"},
    [SIM_SECRET] = {"", "Secret"},           [SIM_SERVICE] = {"", "Service"},
    [SIM_ACCOUNT] = {"", "ServiceAccount"},  [SIM_DEPLOYMENT] = {"apps", "Deployment"},
    [SIM_JOB] = {"batch", "Job"},            [SIM_CRD] = {"apiextensions.k8s.io", "CustomResourceDefinition"},
    [SIM_CUSTOM] = {"", ""},
};

static unsigned roll(struct sim_model *m, unsigned n)
{
    return (unsigned)sim_below(&m->rng, n);
}

static struct sim_odef object_new(struct sim_model *m, const struct sim_mdef *d, enum sim_okind kind)
{
    struct kz_arena *a = m->w->arena;
    struct sim_odef o = {.kind = kind, .variant = ++m->variants, .size = roll(m, 4)};
    o.id = (struct kz_id){.group = kz_str(kinds[kind].group), .kind = kz_str(kinds[kind].kind), .ns = d->ns,
                          .name = kz_str_printf(a, KZ_FMT "-%u", KZ_ARG(d->name), ++m->names)};
    o.wave = roll(m, 8) == 0 ? 1 : 0;
    if (kind == SIM_NAMESPACE) {
        o.id.ns = KZ_STR("");
        o.id.name = d->ns;
        o.wave = 0;
    } else if (kind == SIM_CRD) {
        o.number = ++m->crds;
        o.id.ns = KZ_STR("");
        o.id.name = kz_str_printf(a, "things%u.sim.example.com", o.number);
        o.wave = 0;
    } else if (kind == SIM_CUSTOM) {
        o.number = 1 + roll(m, m->crds);
        o.id.group = KZ_STR("sim.example.com");
        o.id.kind = kz_str_printf(a, "Thing%u", o.number);
    }
    if ((kind == SIM_JOB && roll(m, 2) == 0) || (kind == SIM_CONFIGMAP && roll(m, 12) == 0)) {
        static const char *const phases[] = {"PreSync", "PreSync", "PostSync", "PostSync", "Sync", "SyncFail"};
        static const char *const policies[] = {NULL, NULL, "HookSucceeded", "HookFailed", "HookSucceeded,HookFailed"};
        o.hook = phases[roll(m, 6)];
        o.hook_remove = policies[roll(m, 5)];
    }
    o.recreate = kind == SIM_DEPLOYMENT && roll(m, 3) == 0;
    o.key = kz_id_key(a, &o.id);
    return o;
}

static enum sim_okind any_kind(struct sim_model *m)
{
    static const enum sim_okind common[] = {SIM_CONFIGMAP, SIM_CONFIGMAP, SIM_CONFIGMAP, SIM_SECRET,
                                            SIM_SERVICE,   SIM_ACCOUNT,   SIM_DEPLOYMENT, SIM_DEPLOYMENT,
                                            SIM_JOB};
    if (m->crds > 0 && roll(m, 6) == 0)
        return SIM_CUSTOM;
    return common[roll(m, (unsigned)kz_countof(common))];
}

static struct sim_mdef *mdef_alloc(struct sim_model *m)
{
    struct sim_mdef *d = kz_new(m->w->arena, struct sim_mdef);
    kz_vec_push(&m->defs, d);
    return d;
}

static unsigned tenant_roll(struct sim_model *m, unsigned n)
{
    return (unsigned)sim_below(&m->tenant_rng, n);
}

static struct sim_mdef *mdef_new(struct sim_model *m)
{
    static const char *const failures[] = {"rollback", "rollback", "rollback", "hold", "continue"};
    static const char *const heals[] = {"always", "always", "always", "always", "off"};
    static const char *const conflicts[] = {"take", "take", "take", "yield", "fail"};
    static const char *const soaks[] = {"0s", "1s", "3s"};
    struct sim_mdef *d = mdef_alloc(m);
    d->name = kz_str_printf(m->w->arena, "m%03u", ++m->names);
    d->tree = ++m->trees;
    d->enabled = true;
    d->prune = roll(m, 10) > 0;
    d->on_failure = failures[roll(m, 5)];
    d->self_heal = heals[roll(m, 5)];
    d->on_conflict = conflicts[roll(m, 5)];
    d->soak = soaks[roll(m, 3)];
    d->concurrency = 1 + (int)roll(m, 8);
    d->ns = KZ_STR("default");
    d->tenant = m->tenants && tenant_roll(m, 2) == 0;
    if (roll(m, 3) == 0) {
        d->ns = kz_str_printf(m->w->arena, "ns-" KZ_FMT, KZ_ARG(d->name));
        kz_vec_push(&d->objects, object_new(m, d, SIM_NAMESPACE));
    }
    if (roll(m, 5) == 0)
        kz_vec_push(&d->objects, object_new(m, d, SIM_CRD));
    for (unsigned n = 1 + roll(m, roll(m, 4) == 0 ? 20 : 5); n > 0; n--)
        kz_vec_push(&d->objects, object_new(m, d, any_kind(m)));
    return d;
}

/* The definition for writing: one that older commits do not see. */
static struct sim_mdef *edit(struct sim_model *m, struct sim_commit *c, size_t i)
{
    const struct sim_mdef *old = c->modules.at[i];
    struct sim_mdef *d = mdef_alloc(m);
    *d = *old;
    memset(&d->objects, 0, sizeof d->objects);
    memset(&d->depends, 0, sizeof d->depends);
    for (size_t k = 0; k < old->objects.len; k++)
        kz_vec_push(&d->objects, old->objects.at[k]);
    for (size_t k = 0; k < old->depends.len; k++)
        kz_vec_push(&d->depends, old->depends.at[k]);
    d->tree = ++m->trees;
    c->modules.at[i] = d;
    return d;
}

static bool is_needed_crd(const struct sim_odef *o)
{
    return o->kind == SIM_CRD || o->kind == SIM_NAMESPACE;
}

/* ---- what a commit does ----------------------------------------------------------------------------------------- */

static void change_objects(struct sim_model *m, struct sim_commit *c, size_t i)
{
    struct sim_mdef *d = edit(m, c, i);
    for (size_t k = 0; k < d->objects.len; k++)
        if (roll(m, 2) == 0) {
            struct sim_odef *o = &d->objects.at[k];
            o->variant = ++m->variants;
            o->size = roll(m, 4);
            o->broken = (o->kind == SIM_DEPLOYMENT || o->hook != NULL) && roll(m, 6) == 0;
        }
}

static void add_objects(struct sim_model *m, struct sim_commit *c, size_t i)
{
    struct sim_mdef *d = edit(m, c, i);
    for (unsigned n = 1 + roll(m, 3); n > 0; n--)
        kz_vec_push(&d->objects, object_new(m, d, any_kind(m)));
}

static void remove_objects(struct sim_model *m, struct sim_commit *c, size_t i)
{
    struct sim_mdef *d = edit(m, c, i);
    size_t keep = 0;
    unsigned odds = 2 + roll(m, 4);
    for (size_t k = 0; k < d->objects.len; k++)
        if (is_needed_crd(&d->objects.at[k]) || (keep == 0 && k + 1 == d->objects.len) || roll(m, odds) > 0)
            d->objects.at[keep++] = d->objects.at[k];
    d->objects.len = keep;
}

static void move_object(struct sim_model *m, struct sim_commit *c, size_t i)
{
    size_t j = roll(m, (unsigned)c->modules.len);
    if (i == j || c->modules.at[i]->objects.len < 2 || c->modules.at[i]->tenant != c->modules.at[j]->tenant)
        return;
    struct sim_mdef *from = edit(m, c, i), *to = edit(m, c, j);
    size_t k = roll(m, (unsigned)from->objects.len);
    struct sim_odef o = from->objects.at[k];
    /* Not out of a namespace that one of the two brings: they could wait for each other. */
    if (is_needed_crd(&o) || !kz_str_is(o.id.ns, "default") || sim_mdef_object(to, o.key) != NULL)
        return;
    kz_vec_push(&to->objects, o);
    if (roll(m, 5) > 0) /* else both have it: a mistake */
        kz_vec_swap_out(&from->objects, k);
}

static void break_module(struct sim_model *m, struct sim_commit *c, size_t i)
{
    struct sim_mdef *d = edit(m, c, i);
    if (roll(m, 2) == 0) {
        d->render_fails = !d->render_fails;
        return;
    }
    for (size_t k = 0; k < d->objects.len; k++) {
        struct sim_odef *o = &d->objects.at[k];
        if (o->kind != SIM_DEPLOYMENT)
            continue;
        o->variant = ++m->variants;
        if (roll(m, 4) == 0)
            o->selector++;
        else
            o->broken = !o->broken;
        return;
    }
}

static void change_spec(struct sim_model *m, struct sim_commit *c, size_t i)
{
    struct sim_mdef *d = edit(m, c, i);
    unsigned what = roll(m, 4);
    if (what == 0)
        d->enabled = !d->enabled;
    else if (what == 1)
        d->prune = !d->prune;
    else
        d->depends.len = 0;
    for (size_t k = 0; what > 1 && k < i; k++)
        if (roll(m, 3) == 0)
            kz_vec_push(&d->depends, c->modules.at[k]->name);
}

static void add_module(struct sim_model *m, struct sim_commit *c)
{
    struct sim_mdef *d = mdef_new(m);
    for (size_t k = 0; k < c->modules.len; k++)
        if (roll(m, 3) == 0)
            kz_vec_push(&d->depends, c->modules.at[k]->name);
    kz_vec_push(&c->modules, d); /* names grow, so the order holds */
}

/* Nobody may depend on what is not there or not enabled. */
static void mend_depends(struct sim_model *m, struct sim_commit *c)
{
    for (size_t i = 0; i < c->modules.len; i++) {
        bool bad = false;
        for (size_t k = 0; k < c->modules.at[i]->depends.len; k++) {
            const struct sim_mdef *dep = sim_commit_module(c, c->modules.at[i]->depends.at[k]);
            bad |= dep == NULL || !dep->enabled;
        }
        if (!bad)
            continue;
        struct sim_mdef *d = edit(m, c, i);
        size_t keep = 0;
        for (size_t k = 0; k < d->depends.len; k++) {
            const struct sim_mdef *dep = sim_commit_module(c, d->depends.at[k]);
            if (dep != NULL && dep->enabled)
                d->depends.at[keep++] = d->depends.at[k];
        }
        d->depends.len = keep;
    }
}

static void remove_module(struct sim_commit *c, size_t i)
{
    if (c->modules.len < 2)
        return;
    for (; i + 1 < c->modules.len; i++)
        c->modules.at[i] = c->modules.at[i + 1];
    c->modules.len--;
}

static void mutate(struct sim_model *m, struct sim_commit *c)
{
    size_t i = roll(m, (unsigned)c->modules.len);
    switch (roll(m, 16)) {
    case 0: case 1: case 2: case 3:
        change_objects(m, c, i);
        break;
    case 4: case 5:
        add_objects(m, c, i);
        break;
    case 6: case 7: case 8:
        remove_objects(m, c, i);
        break;
    case 9: case 10:
        move_object(m, c, i);
        break;
    case 11: case 12:
        break_module(m, c, i);
        break;
    case 13:
        change_spec(m, c, i);
        break;
    case 14:
        add_module(m, c);
        break;
    default:
        remove_module(c, i);
        break;
    }
}

/* ---- windows, approvals, pauses ---------------------------------------------------------------------------------- */

static unsigned policy_roll(struct sim_model *m, unsigned n)
{
    return (unsigned)sim_below(&m->policy_rng, n);
}

static void change_policy(struct sim_model *m, struct sim_mdef *d)
{
    static const char *const approvals[] = {NULL, NULL, NULL, NULL, NULL, "destructive", "destructive", "restart", "restart", "routine"};
    static const char *const windows[] = {NULL, NULL, NULL, NULL, "often", "often", "seldom", "seldom", ""};
    d->approve = approvals[policy_roll(m, kz_countof(approvals))];
    for (unsigned c = 0; c < SIM_CLASSES_; c++)
        d->windows[c] = windows[policy_roll(m, kz_countof(windows))];
    d->paused = policy_roll(m, 8) == 0;
    d->paused_drift = policy_roll(m, 4) == 0;
    d->paused_until = policy_roll(m, 3) == 0 ? 0 : (m->wall + m->w->now) / SIM_SEC * SIM_SEC + (int64_t)(1 + policy_roll(m, 90)) * SIM_SEC;
}

void sim_model_use_policy(struct sim_model *m, int64_t wall)
{
    m->policy = true;
    m->wall = wall;
    m->policy_rng.state = m->w->seed * 23 + 3;
    m->head->windows = true;
    for (size_t i = 0; i < m->defs.len; i++) {
        change_policy(m, m->defs.at[i]);
        m->defs.at[i]->paused = false;
    }
}

/* ---- a tenant ------------------------------------------------------------------------------------------------------- */

/* Mostly all that its modules have; else without one kind, or without the namespace that most of them are in. */
static void change_rules(struct sim_model *m, struct sim_commit *c)
{
    c->rules = SIM_RULES_ALL;
    if (tenant_roll(m, 3) > 0)
        c->rules &= ~(1U << tenant_roll(m, SIM_OKINDS_ + 1));
    sim_say(m->w, "the tenant's rules are %x", c->rules);
}

void sim_model_use_tenants(struct sim_model *m)
{
    m->tenants = true;
    m->tenant_rng.state = m->w->seed * 29 + 11;
    m->head->rules = SIM_RULES_ALL;
    for (size_t i = 0; i < m->defs.len; i++)
        m->defs.at[i]->tenant = tenant_roll(m, 2) == 0;
}

static struct sim_commit *commit_new(struct sim_model *m, const struct sim_commit *parent,
                                     const struct sim_commit *content)
{
    struct sim_commit *c = kz_new(m->w->arena, struct sim_commit);
    *c = (struct sim_commit){.number = (unsigned)m->commits.len, .parent = parent};
    c->windows = m->policy;
    c->rules = content == NULL ? SIM_RULES_ALL : content->rules;
    (void)snprintf(c->hex, sizeof c->hex, "c%06x0%032llx", c->number + 1, (unsigned long long)sim_next(&m->rng));
    for (size_t i = 0; content != NULL && i < content->modules.len; i++)
        kz_vec_push(&c->modules, content->modules.at[i]);
    kz_vec_push(&m->commits, c);
    m->head = c;
    return c;
}

void sim_model_init(struct sim_model *m, struct sim_world *w)
{
    *m = (struct sim_model){.w = w, .rng = {.state = w->seed * 5 + 2}};
    struct sim_commit *c = commit_new(m, NULL, NULL);
    for (unsigned n = 3 + roll(m, 6); n > 0; n--)
        add_module(m, c);
}

void sim_model_init_large(struct sim_model *m, struct sim_world *w, unsigned modules, unsigned objects)
{
    static const enum sim_okind few[] = {SIM_CONFIGMAP, SIM_SECRET, SIM_SERVICE, SIM_ACCOUNT};
    *m = (struct sim_model){.w = w, .rng = {.state = w->seed * 5 + 2}};
    struct sim_commit *c = commit_new(m, NULL, NULL);
    for (unsigned i = 0; i < modules; i++) {
        struct sim_mdef *d = mdef_alloc(m);
        *d = (struct sim_mdef){.name = kz_str_printf(w->arena, "m%05u", i), .tree = ++m->trees, .ns = KZ_STR("default"),
                               .enabled = true, .prune = true, .on_failure = "rollback", .self_heal = "always",
                               .on_conflict = "take", .soak = "0s", .concurrency = 16};
        for (unsigned k = 0; k < objects; k++) {
            struct sim_odef o = object_new(m, d, few[k % kz_countof(few)]);
            o.hook = NULL;
            kz_vec_push(&d->objects, o);
        }
        kz_vec_push(&c->modules, d);
    }
}

void sim_model_change(struct sim_model *m, size_t i)
{
    struct sim_commit *c = commit_new(m, m->head, m->head);
    edit(m, c, i)->objects.at[0].variant = ++m->variants;
}

void sim_model_push(struct sim_model *m)
{
    const struct sim_commit *parent = m->head, *content = m->head;
    if (m->commits.len > 1 && roll(m, 8) == 0) /* a force-push, or a revert */
        content = m->commits.at[roll(m, (unsigned)m->commits.len)];
    if (content != m->head && roll(m, 2) == 0)
        parent = content->parent;
    struct sim_commit *c = commit_new(m, parent, content);
    for (unsigned n = 1 + roll(m, 4); n > 0; n--)
        mutate(m, c);
    if (m->policy && policy_roll(m, 2) == 0)
        change_policy(m, edit(m, c, policy_roll(m, (unsigned)c->modules.len)));
    if (m->tenants && tenant_roll(m, 3) == 0)
        change_rules(m, c);
    mend_depends(m, c);
    c->load_fails = roll(m, 20) == 0;
    sim_say(m->w, "commit %.7s: %zu modules%s%s", c->hex, c->modules.len, parent != content ? ", rewritten" : "",
            c->load_fails ? ", cannot be loaded" : "");
}

static bool was_reselected(const struct sim_model *m, struct kz_str key)
{
    for (size_t i = 0; i < m->defs.len; i++) {
        const struct sim_odef *o = sim_mdef_object(m->defs.at[i], key);
        if (o != NULL && o->selector > 0)
            return true;
    }
    return false;
}

static bool has_crd(const struct sim_commit *c, unsigned number)
{
    for (size_t i = 0; i < c->modules.len; i++)
        for (size_t k = 0; c->modules.at[i]->enabled && k < c->modules.at[i]->objects.len; k++) {
            const struct sim_odef *o = &c->modules.at[i]->objects.at[k];
            if (o->kind == SIM_CRD && o->number == number)
                return true;
        }
    return false;
}

void sim_model_repair(struct sim_model *m)
{
    struct sim_commit *c = commit_new(m, m->head, m->head);
    struct kz_map seen;
    kz_map_init(&seen);
    for (size_t i = 0; i < c->modules.len; i++) {
        struct sim_mdef *d = edit(m, c, i);
        d->render_fails = d->paused = false;
        d->on_conflict = "take";
        size_t keep = 0;
        for (size_t k = 0; k < d->objects.len; k++) {
            struct sim_odef o = d->objects.at[k];
            if (kz_map_find(&seen, o.key) != NULL || (o.kind == SIM_CUSTOM && !has_crd(c, o.number)))
                continue;
            (void)kz_map_put(&seen, o.key, m);
            if (o.broken)
                o.variant = ++m->variants;
            o.broken = false;
            if (was_reselected(m, o.key)) { /* the live one may have either selector: begin anew */
                o = object_new(m, d, SIM_DEPLOYMENT);
            }
            d->objects.at[keep++] = o;
        }
        d->objects.len = keep;
        if (keep == 0)
            kz_vec_push(&d->objects, object_new(m, d, SIM_CONFIGMAP));
    }
    kz_map_done(&seen);
    c->rules = SIM_RULES_ALL;
    mend_depends(m, c);
    sim_say(m->w, "commit %.7s: all mistakes mended", c->hex);
}

void sim_model_done(struct sim_model *m)
{
    for (size_t i = 0; i < m->defs.len; i++) {
        kz_vec_done(&m->defs.at[i]->objects);
        kz_vec_done(&m->defs.at[i]->depends);
    }
    for (size_t i = 0; i < m->commits.len; i++)
        kz_vec_done(&m->commits.at[i]->modules);
    kz_vec_done(&m->defs);
    kz_vec_done(&m->commits);
}

/* ---- looking -------------------------------------------------------------------------------------------------------- */

const struct sim_commit *sim_model_find(const struct sim_model *m, struct kz_str hex)
{
    for (size_t i = 0; i < m->commits.len; i++)
        if (kz_str_is(hex, m->commits.at[i]->hex))
            return m->commits.at[i];
    return NULL;
}

bool sim_commit_descends(const struct sim_commit *c, const struct sim_commit *from)
{
    while (c != NULL && c != from)
        c = c->parent;
    return c != NULL;
}

struct sim_mdef *sim_commit_module(const struct sim_commit *c, struct kz_str name)
{
    size_t lo = 0, hi = c->modules.len;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int cmp = kz_str_cmp(c->modules.at[mid]->name, name);
        if (cmp == 0)
            return c->modules.at[mid];
        if (cmp < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const struct sim_odef *sim_mdef_object(const struct sim_mdef *d, struct kz_str key)
{
    for (size_t i = 0; i < d->objects.len; i++)
        if (kz_str_eq(d->objects.at[i].key, key))
            return &d->objects.at[i];
    return NULL;
}
