/* SPDX-License-Identifier: Apache-2.0
 *
 * Which shard has what. A module has one row, in its home; its entries lie there too while there is room, then
 * in others. What is once in a shard stays there: moving it would take two writes in the right order. */
#include "sync/store_inside.h"

/* Bytes of a row and an entry in the text without their strings: numbers, hashes, a uid, quotes. */
enum { MODULE_BYTES = 240, ENTRY_BYTES = 160, HEAD_BYTES = 256 };

static size_t module_bytes(const struct kz_store_module *m)
{
    const char *const more[] = {m->after, m->user, m->tenant};
    size_t n = MODULE_BYTES + strlen(m->name);
    for (size_t i = 0; i < kz_countof(more); i++)
        n += more[i] == NULL ? 0 : strlen(more[i]);
    return n;
}

/* Each namespace and kind stands in the text once; here every entry pays for its own, and for the name of its
 * module, so that the sum is a bound. */
static size_t entry_bytes(const struct kz_store_entry *e)
{
    const struct kz_id *id = &e->pub.id;
    return ENTRY_BYTES + id->group.len + e->pub.version.len + id->kind.len + id->ns.len + id->name.len +
           e->pub.module.len;
}

struct kz_store_shard *kz_store_shard(struct kz_store *s, size_t n)
{
    while (s->shards.len <= n)
        kz_vec_push(&s->shards, ((struct kz_store_shard){.bytes = HEAD_BYTES}));
    return &s->shards.at[n];
}

static bool has_room(const struct kz_store *s, size_t n, size_t bytes)
{
    return s->shards.at[n].bytes + bytes <= s->shard_max;
}

/* A quarter is left to what the modules of a shard will want more. */
static size_t find_room(struct kz_store *s, size_t bytes)
{
    size_t n = 0;
    while (n < s->shards.len && s->shards.at[n].bytes + bytes > s->shard_max / 4 * 3)
        n++;
    (void)kz_store_shard(s, n);
    return n;
}

void kz_store_place_module_at(struct kz_store *s, struct kz_store_module *m, size_t n)
{
    struct kz_store_shard *sh = kz_store_shard(s, n);
    if (m->shard >= 0)
        return;
    m->shard = m->tail = (int)n;
    sh->bytes += module_bytes(m);
    kz_vec_push(&sh->modules, m);
}

/* One of a module's texts; true: that is news. */
static bool set_text(struct kz_store *s, struct kz_store_module *m, char **text, struct kz_str to)
{
    if (kz_str_is(to, *text == NULL ? "" : *text))
        return false;
    size_t before = module_bytes(m);
    free(*text);
    *text = to.len == 0 ? NULL : strndup(to.ptr, to.len);
    if (m->shard >= 0)
        s->shards.at[m->shard].bytes += module_bytes(m) - before;
    return true;
}

bool kz_store_set_after(struct kz_store *s, struct kz_store_module *m, struct kz_str names)
{
    return set_text(s, m, &m->after, names);
}

bool kz_store_set_rights(struct kz_store *s, struct kz_store_module *m, struct kz_str user, struct kz_str tenant)
{
    const bool other_user = set_text(s, m, &m->user, user), other_tenant = set_text(s, m, &m->tenant, tenant);
    return other_user || other_tenant;
}

void kz_store_place_module(struct kz_store *s, struct kz_store_module *m)
{
    if (m->shard < 0)
        kz_store_place_module_at(s, m, find_room(s, module_bytes(m)));
}

void kz_store_place_at(struct kz_store *s, struct kz_store_entry *e, size_t n)
{
    struct kz_store_shard *sh = kz_store_shard(s, n);
    e->shard = n;
    e->slot = sh->entries.len;
    sh->bytes += entry_bytes(e);
    kz_vec_push(&sh->entries, e);
}

void kz_store_place(struct kz_store *s, struct kz_store_module *m, struct kz_store_entry *e)
{
    size_t bytes = entry_bytes(e);
    kz_store_place_module(s, m);
    if (has_room(s, (size_t)m->shard, bytes))
        m->tail = m->shard;
    else if (!has_room(s, (size_t)m->tail, bytes))
        m->tail = (int)find_room(s, bytes);
    kz_store_place_at(s, e, (size_t)m->tail);
}

void kz_store_take_out(struct kz_store *s, struct kz_store_entry *e)
{
    struct kz_store_shard *sh = &s->shards.at[e->shard];
    sh->bytes -= entry_bytes(e);
    kz_vec_swap_out(&sh->entries, e->slot);
    if (e->slot < sh->entries.len)
        sh->entries.at[e->slot]->slot = e->slot;
    sh->dirty = true;
}

size_t kz_store_count(const struct kz_store *s)
{
    size_t n = s->shards.len;
    while (n > 0 && s->shards.at[n - 1].resource_version == NULL)
        n--;
    return n;
}

void kz_store_text(struct kz_buf *b, const struct kz_store *s, size_t n)
{
    const struct kz_store_shard *sh = &s->shards.at[n];
    struct kz_entry *entries = calloc(sh->entries.len + 1, sizeof *entries);
    struct kz_inventory_module *modules = calloc(sh->modules.len + 1, sizeof *modules);
    kz_assert(entries != NULL && modules != NULL);
    for (size_t i = 0; i < sh->entries.len; i++)
        entries[i] = sh->entries.at[i]->pub;
    for (size_t i = 0; i < sh->modules.len; i++) {
        const struct kz_store_module *m = sh->modules.at[i];
        modules[i] = (struct kz_inventory_module){.name = kz_str(m->name), .revision = kz_str(m->revision),
                                                  .render = m->render, .bad = m->bad, .release = m->release,
                                                  .user = kz_str(m->user == NULL ? "" : m->user),
                                                  .tenant = kz_str(m->tenant == NULL ? "" : m->tenant),
                                                  .after = kz_str(m->after == NULL ? "" : m->after)};
    }
    const struct kz_shard out = {.generation = sh->generation, .epoch = s->epoch, .n_shards = kz_store_count(s),
                                 .by = kz_str(s->by),
                                 .entries = entries, .n_entries = sh->entries.len,
                                 .modules = modules, .n_modules = sh->modules.len};
    kz_shard_write(b, &out);
    free(entries);
    free(modules);
}
