/* SPDX-License-Identifier: Apache-2.0 */
#include "owner.h"

#include <stdlib.h>

#include "base/buf.h"
#include "fieldset.h"
#include "value/json.h"

/* ---- managers ---------------------------------------------------------------------------------------- */

struct owner {
    struct kz_str manager;
    bool update;
    bool status; /* an entry of the status subresource */
    struct kz_str version;
    struct kz_value *set; /* NULL: owns nothing any more */
};

enum { OWNERS = 12 };
struct owners {
    struct owner at[OWNERS];
    size_t n;
};

static void read_owners(struct owners *o, const struct kz_value *live)
{
    const struct kz_value *list = kz_value_path(live, "metadata.managedFields");
    o->n = 0;
    for (size_t i = 0; i < kz_value_len(list) && o->n < OWNERS; i++) {
        const struct kz_value *e = kz_value_at(list, i);
        o->at[o->n++] = (struct owner){
            .manager = kz_value_path_str(e, "manager"),
            .update = kz_str_is(kz_value_path_str(e, "operation"), "Update"),
            .status = kz_value_path_str(e, "subresource").len > 0,
            .version = kz_value_path_str(e, "apiVersion"),
            .set = kz_value_child(list->as.list.at[i], KZ_STR("fieldsV1")), /* sets are never changed */
        };
    }
}

static struct owner *owner_of(struct owners *o, struct kz_str manager, bool update, bool status, struct kz_str version)
{
    for (size_t i = 0; i < o->n; i++)
        if (kz_str_eq(o->at[i].manager, manager) && o->at[i].update == update && o->at[i].status == status)
            return &o->at[i];
    kz_assert(o->n < OWNERS);
    o->at[o->n] = (struct owner){.manager = manager, .update = update, .status = status, .version = version};
    return &o->at[o->n++];
}

static void write_owners(struct kz_value *body, struct kz_arena *a, const struct owners *o)
{
    struct kz_value *list = kz_value_list(a), *meta = kz_value_child(body, KZ_STR("metadata"));
    for (size_t i = 0; i < o->n; i++) {
        if (o->at[i].set == NULL || kz_value_len(o->at[i].set) == 0)
            continue;
        struct kz_value *e = kz_value_map(a);
        kz_value_reserve(a, e, 6);
        kz_value_set(a, e, KZ_STR("manager"), kz_value_str(a, kz_str_dup(a, o->at[i].manager)));
        kz_value_set(a, e, KZ_STR("operation"), kz_value_cstr(a, o->at[i].update ? "Update" : "Apply"));
        kz_value_set(a, e, KZ_STR("apiVersion"), kz_value_str(a, kz_str_dup(a, o->at[i].version)));
        kz_value_set(a, e, KZ_STR("fieldsType"), kz_value_cstr(a, "FieldsV1"));
        kz_value_set(a, e, KZ_STR("fieldsV1"), o->at[i].set);
        if (o->at[i].status)
            kz_value_set(a, e, KZ_STR("subresource"), kz_value_cstr(a, "status"));
        kz_value_push(a, list, e);
    }
    kz_assert(meta != NULL);
    if (kz_value_len(list) > 0)
        kz_value_set(a, meta, KZ_STR("managedFields"), list);
    else
        (void)kz_value_del(meta, KZ_STR("managedFields"));
}

/* ---- conflicts --------------------------------------------------------------------------------------- */

/* .spec.containers[name="c"].image */
static void path_add(struct kz_buf *b, struct kz_arena *a, struct kz_str elem)
{
    struct kz_value *keys = NULL;
    struct kz_err err;
    if (!kz_str_starts(elem, KZ_STR("k:"))) {
        kz_buf_putc(b, '.');
        kz_buf_add_str(b, kz_str_skip(elem, 2));
        return;
    }
    if (kz_json_read(&keys, a, kz_str_skip(elem, 2), KZ_STR("key"), &err) < 0)
        return;
    kz_buf_putc(b, '[');
    for (size_t i = 0; i < kz_value_len(keys); i++) {
        kz_buf_printf(b, "%s" KZ_FMT "=", i > 0 ? "," : "", KZ_ARG(keys->as.map.at[i].key));
        kz_json_write(b, keys->as.map.at[i].val, KZ_JSON_COMPACT);
    }
    kz_buf_putc(b, ']');
}

static int by_key(const void *x, const void *y)
{
    const struct kz_pair *a = x, *b = y;
    return kz_str_cmp(a->key, b->key);
}

/* In the order of the server: what is itself in the set, then what is below. */
static void find_clashes(struct sim_merge *m, struct kz_arena *a, const struct owner *o, const struct kz_value *shared,
                         struct kz_str path)
{
    size_t n = kz_value_pairs(shared);
    struct kz_pair *pairs = kz_new_n(a, struct kz_pair, n + 1);
    for (size_t i = 0; i < n; i++)
        pairs[i] = shared->as.map.at[i];
    qsort(pairs, n, sizeof *pairs, by_key);
    for (size_t i = 0; i < 2 * n; i++) {
        const struct kz_pair *p = &pairs[i % n];
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        if (kz_str_is(p->key, "."))
            continue;
        kz_buf_add_str(&b, path);
        path_add(&b, a, p->key);
        if (i >= n) {
            find_clashes(m, a, o, p->val, kz_buf_str(&b));
        } else if (sim_fields_is_member(p->val)) {
            struct sim_clash c = {.manager = o->manager, .version = o->version, .update = o->update,
                                  .path = kz_str_dup(a, kz_buf_str(&b))};
            kz_vec_push(&m->clashes, c);
        }
    }
}

/* ---- both ways to write ------------------------------------------------------------------------------ */

struct change {
    const struct kz_value *changed, *removed; /* sets */
};

static struct change change_of(struct kz_arena *a, const struct kz_value *from, const struct kz_value *to, bool custom)
{
    return (struct change){.changed = sim_fields_new(a, from, to, custom, true),
                           .removed = from == NULL ? NULL : sim_fields_new(a, to, from, custom, false)};
}

static struct kz_value *without(struct kz_arena *a, struct kz_value *set, const struct kz_value *gone)
{
    return set == NULL || kz_value_len(gone) == 0 ? set : sim_fields_minus(a, set, gone);
}

void sim_owner_apply(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                     const struct kz_value *config, struct kz_str manager, bool force, bool custom)
{
    struct owners o;
    struct kz_str version = kz_value_path_str(config, "apiVersion");
    *out = (struct sim_merge){.body = NULL};
    read_owners(&o, live);
    if (live != NULL && o.n == 0)
        owner_of(&o, KZ_STR("before-first-apply"), true, false, version)->set = sim_fields_new(a, NULL, live, custom, true);
    struct owner *me = owner_of(&o, manager, false, false, version);
    struct kz_value *mine = sim_fields_of(a, config, custom), *kept = mine;
    struct kz_value *body = live == NULL ? kz_value_map(a) : kz_value_copy(a, live);
    sim_fields_merge(a, body, config);
    if (me->set != NULL) { /* what the manager gives up and nobody else owns goes */
        for (size_t i = 0; i < o.n; i++)
            if (&o.at[i] != me)
                kept = sim_fields_plus(a, kept, o.at[i].set);
        sim_fields_remove(a, body, me->set, kept);
    }
    const struct change ch = change_of(a, live, body, custom);
    for (size_t i = 0; kz_value_len(ch.changed) > 0 && i < o.n; i++)
        if (&o.at[i] != me)
            find_clashes(out, a, &o.at[i], sim_fields_both(a, o.at[i].set, ch.changed), KZ_STR(""));
    if (out->clashes.len > 0 && !force)
        return;
    for (size_t i = 0; i < o.n; i++)
        if (&o.at[i] != me)
            o.at[i].set = without(a, without(a, o.at[i].set, ch.changed), ch.removed);
    me->set = mine;
    me->version = version;
    write_owners(body, a, &o);
    out->body = body;
}

void sim_owner_update(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                      const struct kz_value *to, struct kz_str manager, bool custom)
{
    struct owners o;
    *out = (struct sim_merge){.body = NULL};
    read_owners(&o, live);
    if (live != NULL && o.n == 0) { /* not before the first apply */
        out->body = kz_value_copy(a, to);
        return;
    }
    const struct change ch = change_of(a, live, to, custom);
    struct owner *me = owner_of(&o, manager, true, false, kz_value_path_str(to, "apiVersion"));
    for (size_t i = 0; i < o.n; i++) {
        if (&o.at[i] != me)
            o.at[i].set = without(a, o.at[i].set, ch.changed);
        o.at[i].set = without(a, o.at[i].set, ch.removed);
    }
    if (kz_value_len(ch.changed) > 0)
        me->set = sim_fields_plus(a, me->set, ch.changed);
    out->body = kz_value_copy(a, to);
    write_owners(out->body, a, &o);
}

void sim_owner_status(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                      const struct kz_value *status, struct kz_str manager, bool custom)
{
    struct owners o;
    struct kz_value *body = kz_value_copy(a, live);
    *out = (struct sim_merge){.body = body};
    read_owners(&o, live);
    if (status == NULL)
        (void)kz_value_del(body, KZ_STR("status"));
    else
        kz_value_set(a, body, KZ_STR("status"), kz_value_copy(a, status));
    const struct kz_value *changed = sim_fields_new_status(a, live, body, custom, true);
    const struct kz_value *removed = sim_fields_new_status(a, body, live, custom, false);
    struct owner *me = owner_of(&o, manager, true, true, kz_value_path_str(live, "apiVersion"));
    for (size_t i = 0; i < o.n; i++) {
        if (&o.at[i] != me)
            o.at[i].set = without(a, o.at[i].set, changed);
        o.at[i].set = without(a, o.at[i].set, removed);
    }
    if (kz_value_len(changed) > 0)
        me->set = sim_fields_plus(a, me->set, changed);
    write_owners(body, a, &o);
}
