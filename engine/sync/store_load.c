/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads all shards. Each is read by itself, so that the loop turns between two of them. */
#include "sync/store_inside.h"
#include "resource/object.h"
#include "sync/version.h"

static void distrust(struct kz_store *s, const struct kz_err *err)
{
    (void)kz_err_line(s->distrust, sizeof s->distrust, err);
}

/* "kzsync-inventory-PLATFORM-3" -> 3 */
static bool shard_number(uint64_t *out, struct kz_str name)
{
    struct kz_str tail = kz_str_skip(name, kz_str_rindex(name, '-') + 1);
    return kz_str_u64(out, tail) && *out < KZ_STORE_SHARDS;
}

static bool same_facts(const struct kz_entry *a, const struct kz_entry *b)
{
    return kz_str_eq(a->uid, b->uid) && kz_hash_eq(a->desired, b->desired) && kz_hash_eq(a->owned, b->owned);
}

/* The entry stands in two shards: it was forgotten in one and made anew in the other, and only one of them was
 * written. Which is the newer cannot be told, so what differs counts as not confirmed, and the one here goes. */
static void unite(struct kz_store *s, struct kz_store_module *m, struct kz_store_entry *e, const struct kz_entry *in,
                  size_t n)
{
    struct kz_entry now = e->pub;
    s->shards.at[n].dirty = true;
    if (same_facts(&now, in))
        return;
    now.uid = KZ_STR("");
    now.desired = now.owned = (struct kz_hash){0};
    kz_store_replace(s, m, e, &now);
}

static void take_entry(struct kz_store *s, const struct kz_entry *in, struct kz_str key, size_t n)
{
    struct kz_store_module *m = kz_store_module(s, in->module);
    struct kz_store_entry *e = kz_store_find(m, key);
    if (e != NULL) {
        unite(s, m, e, in, n);
        return;
    }
    e = kz_store_entry_new(in, key);
    kz_store_insert(s, m, e);
    kz_store_place_at(s, e, n);
}

static void take_module(struct kz_store *s, const struct kz_inventory_module *in, size_t n)
{
    struct kz_store_module *m = kz_store_module(s, in->name);
    kz_store_place_module_at(s, m, n);
    (void)snprintf(m->revision, sizeof m->revision, KZ_FMT, KZ_ARG(in->revision));
    m->render = in->render;
    m->bad = in->bad;
    m->release = in->release;
    (void)kz_store_set_after(s, m, in->after);
    (void)kz_store_set_rights(s, m, in->user, in->tenant);
}

static void load_shard(struct kz_store *s, const struct kz_value *cm)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct kz_err err;
    struct kz_shard in;
    uint64_t n;
    struct kz_str name = kz_value_path_str(cm, "metadata.name");
    if (!shard_number(&n, name)) {
        (void)kz_fail(&err, KZ_E_PARSE, "ConfigMap " KZ_FMT " has no shard number in its name", KZ_ARG(name));
        distrust(s, &err);
        return;
    }
    struct kz_store_shard *sh = kz_store_shard(s, n);
    struct kz_str rv = kz_value_path_str(cm, "metadata.resourceVersion");
    sh->resource_version = strndup(rv.ptr, rv.len);
    struct kz_str text = kz_value_as_str(kz_value_get(kz_value_get(cm, "data"), KZ_STORE_KEY));
    kz_store_note_text(sh, kz_hash(text));
    if (kz_shard_read(&in, a, text, name, &err) < 0) {
        (void)kz_wrap(&err, "inventory ConfigMap %s/" KZ_FMT, s->ns, KZ_ARG(name));
        distrust(s, &err);
        return;
    }
    sh->generation = in.generation;
    s->met = in.epoch > s->met ? in.epoch : s->met;
    if (kz_version_cmp(in.by, kz_str(s->newest)) > 0)
        (void)snprintf(s->newest, sizeof s->newest, KZ_FMT, KZ_ARG(in.by));
    s->shards_seen = in.n_shards > s->shards_seen ? in.n_shards : s->shards_seen;
    for (size_t i = 0; i < in.n_modules; i++)
        take_module(s, &in.modules[i], n);
    for (size_t i = 0; i < in.n_entries; i++)
        take_entry(s, &in.entries[i], kz_id_key(a, &in.entries[i].id), n);
}

/* A gap in the numbers, or fewer than another one says there are. */
static void find_missing(struct kz_store *s)
{
    if (s->shards_seen > 0)
        (void)kz_store_shard(s, s->shards_seen - 1);
    for (size_t i = 0; i < s->shards.len; i++)
        if (s->shards.at[i].resource_version == NULL) {
            struct kz_err err;
            (void)kz_fail(&err, KZ_E_NOTFOUND, "inventory shard %zu of platform %s is missing", i, s->platform);
            distrust(s, &err);
        }
}

static void on_page(void *arg, const struct kz_value *items)
{
    struct kz_store *s = arg;
    if (items == NULL)
        kz_store_clear(s);
    for (size_t i = 0; i < kz_value_len(items); i++)
        load_shard(s, kz_value_at(items, i));
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_store *s = arg;
    (void)id;
    if (res->err != NULL && res->outcome != KZ_NO_OBJECT) {
        s->loaded(s->loaded_arg, res->err);
        return;
    }
    find_missing(s);
    s->loaded(s->loaded_arg, NULL);
}

void kz_store_load(struct kz_store *s, void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    char selector[128];
    (void)snprintf(selector, sizeof selector, KZ_STORE_LABEL "=%s", s->platform);
    s->loaded = done;
    s->loaded_arg = arg;
    (void)kz_kube_list_each(s->kube, KZ_STR(""), KZ_STR("ConfigMap"), kz_str(s->ns), kz_str(selector), on_page,
                            on_listed, s);
}
