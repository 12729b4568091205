/* SPDX-License-Identifier: Apache-2.0 */
#include "check_removal.h"

#include "resource/object.h"

static const char *owner_of(const struct sim_check *c, struct kz_str key)
{
    return sim_shards_owner(&c->inventory, key);
}

static bool is_removed(const struct sim_told *t, const char *module)
{
    const struct sim_mdef *d = t->loaded == NULL ? NULL : sim_commit_module(t->loaded, kz_str(module));
    return t->loaded != NULL && (d == NULL || !d->enabled);
}

static bool is_instance(const struct sim_object *o, const struct sim_object *crd)
{
    return kz_str_eq(o->id.group, kz_value_path_str(crd->body, "spec.group")) &&
           kz_str_eq(o->id.kind, kz_value_path_str(crd->body, "spec.names.kind"));
}

/* A live custom resource whose CRD this module has; of `module`, or NULL for any. */
static const struct sim_object *instance_for(const struct sim_check *c, const char *has_crd, const char *module)
{
    for (size_t i = 0; i < c->api->objects.len; i++) {
        const struct sim_object *crd = c->api->objects.at[i];
        const char *owner = crd->gone || !kz_object_is_crd(&crd->id) ? NULL : owner_of(c, crd->key);
        if (owner == NULL || strcmp(owner, has_crd) != 0)
            continue;
        for (size_t k = 0; k < c->api->objects.len; k++) {
            const struct sim_object *o = c->api->objects.at[k];
            const char *whose = o->gone || !is_instance(o, crd) ? NULL : owner_of(c, o->key);
            if (!o->gone && is_instance(o, crd) &&
                (module == NULL || (whose != NULL && strcmp(whose, module) == 0)))
                return o;
        }
    }
    return NULL;
}

static bool depended_on(const struct sim_check *c, const char *module, const char *on)
{
    const char *after = sim_shards_after(&c->inventory, module);
    struct kz_str rest = kz_str(after == NULL ? "" : after), name;
    while (rest.len > 0) {
        rest = kz_str_cut(&name, rest, ',');
        if (kz_str_is(name, on))
            return true;
    }
    return false;
}

static bool ever_has(const struct sim_check *c, const char *module, enum sim_okind kind, unsigned number)
{
    for (size_t i = 0; i < c->model->defs.len; i++) {
        const struct sim_mdef *d = c->model->defs.at[i];
        for (size_t k = 0; kz_str_is(d->name, module) && k < d->objects.len; k++)
            if (d->objects.at[k].kind == kind && d->objects.at[k].number == number)
                return true;
    }
    return false;
}

/* It has, or had, custom resources for a CRD of the other: then it goes first, whatever depended on it. */
static bool resources_first(const struct sim_check *c, const char *module, const char *other)
{
    for (size_t i = 0; i < c->model->defs.len; i++) {
        const struct sim_mdef *d = c->model->defs.at[i];
        for (size_t k = 0; kz_str_is(d->name, other) && k < d->objects.len; k++)
            if (d->objects.at[k].kind == SIM_CRD && ever_has(c, module, SIM_CUSTOM, d->objects.at[k].number))
                return true;
    }
    return false;
}

/* The other has to go before this one: it has custom resources for its CRDs, or depended on it. */
static bool goes_before(const struct sim_check *c, const char *other, const char *module)
{
    return strcmp(other, module) != 0 && (resources_first(c, other, module) || depended_on(c, other, module));
}

/* ... directly, or with further ones between them. With custom resources there may be circles, and these are broken
 * where a module only depended on another. */
static bool goes_before_by(const struct sim_check *c, const char *first, const char *then, unsigned steps)
{
    if (goes_before(c, first, then))
        return true;
    for (size_t i = 0; steps > 0 && i < c->model->defs.len; i++) {
        const char *between = kz_cstr(c->w->arena, c->model->defs.at[i]->name);
        if (goes_before(c, between, then) && goes_before_by(c, first, between, steps - 1))
            return true;
    }
    return false;
}

/* It stays: in the inventory it may stand under the module that had it before, too, until that is written. */
static bool is_wanted(const struct sim_told *t, struct kz_str key)
{
    for (size_t i = 0; i < t->loaded->modules.len; i++) {
        const struct sim_mdef *d = t->loaded->modules.at[i];
        for (size_t k = 0; d->enabled && k < d->objects.len; k++)
            if (kz_str_eq(d->objects.at[k].key, key))
                return true;
    }
    return false;
}

/* It has, or had, custom resources for a CRD of the other, or for one of a module between them. */
static bool resources_first_by(const struct sim_check *c, const char *module, const char *other, unsigned steps)
{
    if (strcmp(module, other) != 0 && resources_first(c, module, other))
        return true;
    for (size_t i = 0; steps > 0 && i < c->model->defs.len; i++) {
        const char *between = kz_cstr(c->w->arena, c->model->defs.at[i]->name);
        if (strcmp(between, module) != 0 && resources_first(c, module, between) &&
            resources_first_by(c, between, other, steps - 1))
            return true;
    }
    return false;
}

/* The module whose CRD this is an object of; NULL: it is no custom resource of the platform's. */
static const char *has_crd_of(const struct sim_check *c, const struct sim_object *o)
{
    for (size_t i = 0; o != NULL && i < c->api->objects.len; i++) {
        const struct sim_object *crd = c->api->objects.at[i];
        if (!crd->gone && kz_object_is_crd(&crd->id) && is_instance(o, crd))
            return owner_of(c, crd->key);
    }
    return NULL;
}

/* Modules that have custom resources of each other's kinds: these go first, and no controller before all are gone. */
static bool goes_crosswise(const struct sim_check *c, struct kz_str key, const char *owner)
{
    const char *of = has_crd_of(c, sim_object_find(c->api, key));
    return of != NULL && strcmp(of, owner) != 0 && resources_first_by(c, of, owner, 3);
}

static void check_dependents(struct sim_check *c, const struct sim_told *t, struct kz_str key, const char *owner)
{
    for (size_t i = 0; i < c->api->objects.len; i++) {
        const struct sim_object *o = c->api->objects.at[i];
        const char *other = o->gone ? NULL : owner_of(c, o->key);
        if (other == NULL || strcmp(other, owner) == 0 || !is_removed(t, other) || !depended_on(c, other, owner) ||
            goes_before_by(c, owner, other, 3) || is_wanted(t, o->key))
            continue;
        sim_violation(c->w, "ORDER", "DELETE of " KZ_FMT " of module %s before " KZ_FMT " of module %s, which depended on it",
                      KZ_ARG(key), owner, KZ_ARG(o->key), other);
        return;
    }
}

void sim_removal_sent(struct sim_check *c, const struct sim_told *t, struct kz_str key)
{
    const char *owner = owner_of(c, key);
    if (owner == NULL || !is_removed(t, owner))
        return;
    check_dependents(c, t, key, owner);
    const struct sim_object *o = instance_for(c, owner, NULL);
    const char *whose = o == NULL ? NULL : owner_of(c, o->key);
    if (o != NULL && !kz_str_eq(o->key, key) && (whose == NULL || strcmp(whose, owner) != 0) &&
        !goes_crosswise(c, key, owner))
        sim_violation(c->w, "CTRL", "DELETE of " KZ_FMT " of module %s, which has the CRD of " KZ_FMT, KZ_ARG(key), owner,
                      KZ_ARG(o->key));
}
