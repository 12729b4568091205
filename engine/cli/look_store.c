/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/look_store.h"

/* Something that is read with a callback, waited for. */
struct reading {
    struct kz_look *l;
    struct kz_want *want;
    struct kz_err err; /* code 0: none */
    bool done;
};

static int wait_for(struct reading *r, struct kz_err *err)
{
    if (!r->done)
        kz_loop_run(kz_app_loop(r->l->app));
    if (!r->done)
        return kz_fail(err, KZ_E_TIMEOUT, "interrupted");
    if (r->err.code == KZ_OK)
        return 0;
    *err = r->err;
    return -(int)err->code;
}

static void on_done(void *arg, const struct kz_err *err)
{
    struct reading *r = arg;
    if (err != NULL)
        r->err = *err;
    r->done = true;
    kz_loop_stop(kz_app_loop(r->l->app));
}

/* ---- the inventory ------------------------------------------------------------------------------------- */

int kz_look_inventory(struct kz_look *l, struct kz_str platform, struct kz_err *err)
{
    struct reading *r = kz_new(kz_app_arena(l->app), struct reading);
    kz_assert(l->store == NULL);
    r->l = l;
    l->store = kz_store_new(kz_app_env(l->app), kz_app_kube(l->app), l->ns,
                            platform.len > 0 ? platform : kz_look_platform(l), true);
    kz_store_load(l->store, on_done, r);
    const int rc = wait_for(r, err);
    return rc < 0 ? kz_wrap(err, "read the inventory in namespace " KZ_FMT, KZ_ARG(l->ns)) : 0;
}

int kz_look_ready(struct kz_look *l, struct kz_err *err)
{
    int rc = kz_look_status(l, 0, err);
    if (rc >= 0)
        rc = kz_query_discover(l->app, 0, err);
    return rc < 0 ? rc : kz_look_inventory(l, KZ_STR(""), err);
}

bool kz_look_entry(const struct kz_store_module **module, const struct kz_entry **entry, const struct kz_look *l,
                   const struct kz_id *id)
{
    struct kz_str key = kz_id_key(l->arena, id);
    const struct kz_store_module *m = kz_store_owner(l->store, key);
    if (m == NULL)
        return false;
    *module = m;
    *entry = &kz_store_find(m, key)->pub;
    return true;
}

static int by_kind(const void *x, const void *y)
{
    const struct kz_id *a = &(*(const struct kz_entry *const *)x)->id, *b = &(*(const struct kz_entry *const *)y)->id;
    const int order = kz_str_cmp(a->kind, b->kind);
    return order != 0 ? order : kz_id_cmp(a, b);
}

const struct kz_entry **kz_look_entries(size_t *n, struct kz_look *l, struct kz_str module)
{
    const struct kz_map *entries = &kz_store_module(l->store, module)->entries;
    const struct kz_entry **all = kz_new_n(l->arena, const struct kz_entry *, entries->len + 1);
    const struct kz_map_slot *slot;
    *n = 0;
    for (size_t i = 0; (slot = kz_map_next(entries, &i)) != NULL;)
        all[(*n)++] = &((const struct kz_store_entry *)slot->val)->pub;
    qsort(all, *n, sizeof *all, by_kind);
    return all;
}

/* ---- the history --------------------------------------------------------------------------------------- */

static void on_loaded(void *arg, struct kz_want *w, const struct kz_err *err)
{
    struct reading *r = arg;
    r->want = w;
    on_done(arg, err);
}

int kz_look_set(struct kz_want **out, struct kz_look *l, struct kz_str module, struct kz_str revision,
                struct kz_err *err)
{
    struct reading *r = kz_new(kz_app_arena(l->app), struct reading);
    r->l = l;
    if (l->history == NULL) {
        l->history = kz_history_new(kz_app_env(l->app), kz_app_kube(l->app), l->ns, kz_look_platform(l), NULL, NULL);
        kz_history_stop(l->history); /* it only reads */
    }
    kz_history_load(l->history, module, revision, (struct kz_hash){0}, on_loaded, r);
    const int rc = wait_for(r, err);
    if (rc < 0)
        return kz_wrap(err, "read the history in namespace " KZ_FMT, KZ_ARG(l->ns));
    *out = r->want;
    return 0;
}

/* ---- edges --------------------------------------------------------------------------------------------- */

int kz_look_edges(struct kz_look *l, struct kz_err *err)
{
    struct kz_value *doc = kz_value_copy(l->arena, l->status);
    struct kz_value *modules = kz_value_child(doc, KZ_STR("modules"));
    int rc = kz_query_discover(l->app, 0, err);
    if (rc >= 0)
        rc = kz_look_inventory(l, KZ_STR(""), err);
    for (size_t i = 0; rc >= 0 && i < kz_value_len(modules); i++) {
        struct kz_value *m = modules->as.list.at[i], *after = kz_value_list(l->arena);
        struct kz_str rest = kz_str(kz_store_module(l->store, kz_value_path_str(m, "name"))->after), name;
        while (rest.len > 0) {
            rest = kz_str_cut(&name, rest, ',');
            kz_value_push(l->arena, after, kz_value_str(l->arena, name));
        }
        if (kz_value_len(after) > 0)
            kz_value_set(l->arena, m, KZ_STR("after"), after);
    }
    l->status = doc;
    return rc;
}
