/* SPDX-License-Identifier: Apache-2.0 */
#include "asks.h"

#include "render/lookup.h"

static const struct kz_lookup outside = {KZ_STR_INIT("v1"), KZ_STR_INIT("ConfigMap"), KZ_STR_INIT("default"),
                                         KZ_STR_INIT("outside")};

/* By the number of the content, which changes when anything in the module does. */
static bool looks(const struct sim_mdef *d)
{
    return d->tree % 3 == 0;
}

static bool generates(const struct sim_mdef *d)
{
    return d->tree % 4 == 0;
}

static bool expires(const struct sim_mdef *d)
{
    return d->tree % 5 == 0;
}

void sim_asks_init(struct sim_asks *s, struct sim_world *w)
{
    *s = (struct sim_asks){.w = w, .rng = {.state = w->seed * 23 + 5}};
    kz_map_init(&s->seeds);
}

void sim_asks_done(struct sim_asks *s)
{
    kz_map_done(&s->seeds);
}

/* ---- the ConfigMap --------------------------------------------------------------------------------------------------- */

void sim_asks_change(struct sim_asks *s, struct sim_api *api)
{
    struct kz_arena *a = s->w->arena;
    struct sim_object *o = sim_object_find(api, KZ_STR("/ConfigMap/default/outside"));
    const struct sim_kind *kind = sim_kind_find(api, KZ_STR(""), KZ_STR("ConfigMap"));
    if (o != NULL && sim_chance(&s->rng, 250)) {
        sim_store_delete(api, o, "outsider");
        return;
    }
    struct kz_value *body = kz_value_map(a), *data = kz_value_map(a);
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_cstr(a, "ConfigMap"));
    kz_value_set(a, data, KZ_STR("value"), kz_value_str(a, kz_str_printf(a, "%u", ++s->changes)));
    if (sim_chance(&s->rng, 500)) /* leads to something that is not there */
        kz_value_set(a, data, KZ_STR("next"), kz_value_cstr(a, "nothing"));
    kz_value_set(a, sim_child(a, body, "metadata"), KZ_STR("name"), kz_value_cstr(a, "outside"));
    kz_value_set(a, sim_child(a, body, "metadata"), KZ_STR("namespace"), kz_value_cstr(a, "default"));
    kz_value_set(a, body, KZ_STR("data"), data);
    (void)sim_store_put(api, kind, KZ_STR("default"), KZ_STR("outside"), body, "outsider");
}

static const char *text_of(struct kz_arena *a, const struct kz_value *object)
{
    return object == NULL ? "none" : kz_cstr(a, kz_value_path_str(object, "data.value"));
}

/* ---- renders ----------------------------------------------------------------------------------------------------------- */

static const struct kz_value *answer_to(const struct kz_value *input, const struct kz_lookup *what)
{
    const struct kz_value *list = kz_value_get(input, "lookups");
    struct kz_lookup other;
    for (size_t i = 0; i < kz_value_len(list); i++)
        if (kz_lookup_read(&other, kz_value_at(list, i)) && kz_lookup_eq(&other, what))
            return kz_value_at(list, i);
    return NULL;
}

/* What is looked up: first the ConfigMap, then a Secret that it names. */
static size_t list_lookups(struct kz_lookup out[2], const struct sim_mdef *d, const struct kz_value *input)
{
    size_t n = 0;
    if (!looks(d))
        return 0;
    out[n++] = outside;
    const struct kz_str next = kz_value_path_str(answer_to(input, &outside), "object.data.next");
    if (next.len > 0)
        out[n++] = (struct kz_lookup){KZ_STR("v1"), KZ_STR("Secret"), KZ_STR("default"), next};
    return n;
}

struct kz_value *sim_asks_needs(struct kz_arena *a, const struct sim_mdef *d, const struct kz_value *input)
{
    struct kz_value *out = kz_value_map(a), *needs = kz_value_map(a), *list = kz_value_list(a);
    struct kz_lookup what[2];
    const bool seed = generates(d) && kz_value_path_str(input, "facts.seed").len == 0;
    const size_t n = list_lookups(what, d, input);
    for (size_t i = 0; i < n; i++)
        if (answer_to(input, &what[i]) == NULL)
            kz_value_push(a, list, kz_lookup_value(a, &what[i]));
    if (!seed && kz_value_len(list) == 0)
        return NULL;
    kz_value_set(a, needs, KZ_STR("seed"), kz_value_bool(a, seed));
    kz_value_set(a, needs, KZ_STR("lookups"), list);
    kz_value_set(a, out, KZ_STR("needs"), needs);
    return out;
}

const char *sim_asks_refused(struct kz_arena *a, const struct sim_mdef *d, const struct kz_value *input)
{
    struct kz_lookup what[2];
    const size_t n = list_lookups(what, d, input);
    for (size_t i = 0; i < n; i++) {
        const struct kz_str error = kz_value_path_str(answer_to(input, &what[i]), "error");
        if (error.len > 0)
            return kz_cstr(a, error);
    }
    return NULL;
}

const char *sim_asks_looked(struct kz_arena *a, const struct sim_mdef *d, const struct kz_value *input)
{
    return looks(d) ? text_of(a, kz_value_get(answer_to(input, &outside), "object")) : NULL;
}

void sim_asks_finish(struct sim_asks *s, struct kz_value *reply, struct kz_arena *a, const struct sim_mdef *d,
                     const struct kz_value *input, int64_t wall)
{
    struct kz_value *asked = kz_value_map(a), *list = kz_value_list(a);
    struct kz_lookup what[2];
    const size_t n = list_lookups(what, d, input);
    for (size_t i = 0; i < n; i++)
        kz_value_push(a, list, kz_lookup_value(a, &what[i]));
    kz_value_set(a, asked, KZ_STR("seed"), kz_value_bool(a, generates(d)));
    kz_value_set(a, asked, KZ_STR("lookups"), list);
    if (expires(d))
        kz_value_set(a, asked, KZ_STR("until"), kz_value_int(a, wall + 30 * SIM_SEC));
    kz_value_set(a, reply, KZ_STR("asked"), asked);
    if (!generates(d))
        return;
    const struct kz_str seed = kz_value_path_str(input, "facts.seed");
    const char *first = kz_map_find(&s->seeds, d->name);
    if (first == NULL)
        (void)kz_map_put(&s->seeds, d->name, (char *)(uintptr_t)kz_cstr(s->w->arena, seed));
    else if (!kz_str_is(seed, first))
        sim_violation(s->w, "SEED", "module " KZ_FMT " got another seed", KZ_ARG(d->name));
}

/* ---- at rest -------------------------------------------------------------------------------------------------------------- */

void sim_asks_check(struct sim_world *w, const struct sim_api *api, const struct sim_mdef *d)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct sim_object *o = sim_object_find(api, KZ_STR("/ConfigMap/default/outside"));
    const char *want = text_of(a, o == NULL ? NULL : o->body);
    for (size_t i = 0; looks(d) && i < d->objects.len; i++) {
        const struct sim_object *live = sim_object_find(api, d->objects.at[i].key);
        const struct kz_value *notes = live == NULL ? NULL : kz_value_path(live->body, "metadata.annotations");
        const struct kz_str got = kz_value_as_str(kz_value_get(notes, SIM_LOOKED));
        if (live != NULL && d->objects.at[i].hook == NULL && !kz_str_is(got, want))
            sim_violation(w, "LOOK", "module " KZ_FMT ": " KZ_FMT " shows '" KZ_FMT "' of what is now '%s'",
                          KZ_ARG(d->name), KZ_ARG(d->objects.at[i].key), KZ_ARG(got), want);
    }
}
