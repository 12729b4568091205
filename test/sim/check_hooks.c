/* SPDX-License-Identifier: Apache-2.0
 *
 * What is asked of hooks: none runs twice for one content, none of PreSync is overtaken, and none of
 * PostSync comes early. */
#include "check_hooks.h"

#include "resource/object.h"

static bool has_phase(const struct sim_odef *o, const char *phase)
{
    return o->hook != NULL && strcmp(o->hook, phase) == 0;
}

static bool ended_well(const struct sim_check *c, unsigned variant)
{
    return variant < c->variants.len && (c->variants.at[variant] & SIM_VARIANT_HEALTHY) != 0;
}

static struct kz_str module_of(const struct sim_object *o)
{
    return kz_value_as_str(kz_value_get(kz_value_path(o->body, "metadata.labels"), KZ_LABEL_MODULE));
}

static bool is_wanted(const struct sim_check *c, struct kz_str key)
{
    for (size_t slot = 0; slot < SIM_SLOTS; slot++) {
        const struct sim_told *t = &c->told[slot];
        for (size_t i = 0; i < t->seen.len; i++)
            if (t->seen.at[i]->def != NULL && sim_mdef_object(t->seen.at[i]->def, key) != NULL)
                return true;
    }
    return false;
}

void sim_hooks_stored(struct sim_check *c, const struct sim_object *o, const struct kz_value *before, bool by_us,
                      unsigned variant, bool healthy)
{
    const struct kz_value *notes = kz_value_path(o->body, "metadata.annotations");
    struct kz_str phase = kz_value_as_str(kz_value_get(notes, "argocd.argoproj.io/hook"));
    if (phase.len == 0 || kz_str_is(phase, "SyncFail"))
        return;
    if (o->gone && (!by_us || !is_wanted(c, o->key))) { /* how it ended may never have been seen; or it left git */
        (void)kz_map_del(&c->runs, o->key);
        return;
    }
    /* A late write of the module that had it before is not told from ours. */
    const struct sim_run *last = kz_map_find(&c->runs, o->key);
    if (by_us && !o->gone && before == NULL && last != NULL && last->variant == variant &&
        kz_str_eq(last->module, module_of(o)))
        sim_violation(c->w, "HOOK", "hook " KZ_FMT " runs again in version %u", KZ_ARG(o->key), variant);
    if (by_us && !o->gone && before == NULL) /* made anew for other content: that of before is forgotten, also when this fails */
        (void)kz_map_del(&c->runs, o->key);
    if (!o->gone && healthy && c->leader == 0) { /* who leads next sees it, or replaces it before */
        (void)kz_map_del(&c->runs, o->key);
    } else if (!o->gone && healthy) {
        struct sim_run *run = kz_new(c->w->arena, struct sim_run);
        *run = (struct sim_run){.key = o->key, .variant = variant,
                                .module = kz_str_dup(c->w->arena, module_of(o))};
        (void)kz_map_put(&c->runs, o->key, run);
    }
}

/* A hook that a definition lacks is pruned like other objects, and then forgotten. */
void sim_hooks_told(struct sim_check *c, const struct sim_mdef *d)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&c->runs, &i)) != NULL;) {
        struct sim_run *run = slot->val;
        if (kz_str_eq(run->module, d->name) && sim_mdef_object(d, run->key) == NULL)
            run->variant = 0;
    }
}

void sim_hooks_gone(struct sim_check *c, struct kz_str module)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&c->runs, &i)) != NULL;)
        if (kz_str_eq(((const struct sim_run *)slot->val)->module, module))
            ((struct sim_run *)slot->val)->variant = 0;
}

/* What left the inventory is forgotten for good. */
void sim_hooks_inventory(struct sim_check *c)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&c->runs, &i)) != NULL;) {
        struct sim_run *run = slot->val;
        if (!sim_shards_have(&c->inventory, run->key))
            run->variant = 0;
    }
}

void sim_hooks_sent(struct sim_check *c, const struct sim_mdef *d, const struct sim_odef *o)
{
    for (size_t i = 0; i < d->objects.len; i++) {
        const struct sim_odef *other = &d->objects.at[i];
        if (o->hook == NULL && has_phase(other, "PreSync") && !ended_well(c, other->variant))
            sim_violation(c->w, "HOOK", KZ_FMT " is changed before the hook " KZ_FMT " has ended", KZ_ARG(o->key),
                          KZ_ARG(other->key));
        if (has_phase(o, "PostSync") && other->hook == NULL && !ended_well(c, other->variant))
            sim_violation(c->w, "HOOK", "the hook " KZ_FMT " runs before " KZ_FMT " was healthy", KZ_ARG(o->key),
                          KZ_ARG(other->key));
    }
}
