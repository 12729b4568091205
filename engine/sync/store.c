/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/store.h"
#include "base/vec.h"
#include "resource/object.h"
#include "sync/namespace.h"

#define LABEL_INVENTORY "kubezero.com/inventory" /* value: the platform's name */
#define DATA_KEY        "inventory"

enum { ROOM = KZ_INVENTORY_SHARD * 3 / 4, ENTRY_BYTES = 200, TEXTS = 8, RACES = 8 };

struct shard {
    char *resource_version; /* "" : not in the cluster yet */
    uint64_t generation;
    size_t n_entries;       /* of its modules, to find room */
    bool dirty, writing;
    /* What was read or sent last: a write whose answer got lost may be stored much later, so each of
     * these found in the cluster is our own. */
    struct kz_hash texts[TEXTS];
    size_t n_texts;
    unsigned races;         /* compare-and-swaps lost in a row, to nobody who changed the content */
};

struct waiter {
    void (*done)(void *arg, const struct kz_err *err);
    void *arg;
    unsigned round; /* satisfied once this round of writes has ended */
};

struct kz_store {
    const struct kz_env *env;
    struct kz_kube *kube;
    char *ns, *platform;
    bool read_only;
    uint64_t epoch, met;    /* ours; the highest that was read */
    char distrust[256];     /* "" : trusted */
    struct kz_map modules;  /* name -> struct kz_store_module * */
    struct kz_map owners;   /* key -> struct kz_store_module * */
    KZ_VEC(struct shard) shards;
    KZ_VEC(struct waiter) waiters;
    unsigned round;         /* of writes begun so far */
    size_t writing;         /* requests under way */
    struct kz_err err;      /* of this round; code 0 none */
    uint64_t timer;         /* kz_store_flush_soon */
    uint64_t kick;          /* to answer waiters from the loop */
    void (*loaded)(void *arg, const struct kz_err *err);
    void *loaded_arg;
};

struct kz_store *kz_store_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                              struct kz_str platform, bool read_only)
{
    struct kz_store *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    s->env = env;
    s->kube = kube;
    s->ns = strndup(ns.ptr, ns.len);
    s->platform = strndup(platform.ptr, platform.len);
    s->read_only = read_only;
    kz_map_init(&s->modules);
    kz_map_init(&s->owners);
    return s;
}

static void entry_free(struct kz_store_entry *e)
{
    free(e->key);
    free(e);
}

static void module_free(struct kz_store_module *m)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&m->entries, &i)) != NULL;)
        entry_free(slot->val);
    kz_map_done(&m->entries);
    free(m->after);
    free(m);
}

void kz_store_free(struct kz_store *s)
{
    const struct kz_map_slot *slot;
    if (s == NULL)
        return;
    kz_env_timer_stop(s->env, &s->timer);
    kz_env_timer_stop(s->env, &s->kick);
    for (size_t i = 0; (slot = kz_map_next(&s->modules, &i)) != NULL;)
        module_free(slot->val);
    for (size_t i = 0; i < s->shards.len; i++)
        free(s->shards.at[i].resource_version);
    kz_map_done(&s->modules);
    kz_map_done(&s->owners);
    kz_vec_done(&s->shards);
    kz_vec_done(&s->waiters);
    free(s->ns);
    free(s->platform);
    free(s);
}

bool kz_store_set_after(struct kz_store_module *m, struct kz_str names)
{
    if (kz_str_is(names, m->after == NULL ? "" : m->after))
        return false;
    free(m->after);
    m->after = names.len == 0 ? NULL : strndup(names.ptr, names.len);
    return true;
}

uint64_t kz_store_epoch(const struct kz_store *s)
{
    return s->met;
}

void kz_store_lead(struct kz_store *s, uint64_t epoch, bool fence)
{
    s->epoch = epoch;
    for (size_t i = 0; fence && kz_store_trusted(s) && i < s->shards.len; i++)
        s->shards.at[i].dirty |= s->shards.at[i].resource_version != NULL;
}

bool kz_store_trusted(const struct kz_store *s)
{
    return s->distrust[0] == '\0';
}

const char *kz_store_distrust(const struct kz_store *s)
{
    return s->distrust;
}

/* ---- entries -------------------------------------------------------------------------------- */

struct kz_store_module *kz_store_module(struct kz_store *s, struct kz_str name)
{
    struct kz_store_module *m = kz_map_find(&s->modules, name);
    if (m != NULL)
        return m;
    m = calloc(1, sizeof *m + name.len + 1);
    kz_assert(m != NULL);
    memcpy(m->name, name.ptr, name.len);
    m->shard = -1;
    kz_map_init(&m->entries);
    (void)kz_map_put(&s->modules, kz_str_n(m->name, name.len), m);
    return m;
}

struct kz_store_module *kz_store_next(const struct kz_store *s, size_t *i)
{
    const struct kz_map_slot *slot;
    while ((slot = kz_map_next(&s->modules, i)) != NULL) {
        struct kz_store_module *m = slot->val;
        if (m->entries.len > 0)
            return m;
    }
    return NULL;
}

struct kz_store_module *kz_store_owner(const struct kz_store *s, struct kz_str key)
{
    return kz_map_find(&s->owners, key);
}

struct kz_store_entry *kz_store_find(const struct kz_store_module *m, struct kz_str key)
{
    return kz_map_find(&m->entries, key);
}

/* The entry's key and strings share one block; pub's views point into it. */
static struct kz_store_entry *entry_new(const struct kz_entry *from, struct kz_str key)
{
    const struct kz_str parts[] = {key, from->version, from->uid};
    size_t size = 0;
    for (size_t i = 0; i < kz_countof(parts); i++)
        size += parts[i].len + 1;
    struct kz_store_entry *e = calloc(1, sizeof *e);
    char *block = calloc(1, size);
    kz_assert(e != NULL && block != NULL);
    e->pub = *from;
    e->key = block;
    struct kz_str views[kz_countof(parts)];
    char *p = block;
    for (size_t i = 0; i < kz_countof(parts); i++) {
        if (parts[i].len > 0)
            memcpy(p, parts[i].ptr, parts[i].len);
        views[i] = kz_str_n(p, parts[i].len);
        p += parts[i].len + 1;
    }
    bool ok = kz_id_parse(&e->pub.id, views[0]);
    kz_assert(ok);
    e->pub.version = views[1];
    e->pub.uid = views[2];
    return e;
}

static struct shard *shard_of(struct kz_store *s, struct kz_store_module *m)
{
    if (m->shard < 0) {
        size_t i = 0;
        while (i < s->shards.len && s->shards.at[i].n_entries * ENTRY_BYTES >= ROOM)
            i++;
        if (i == s->shards.len)
            kz_vec_push(&s->shards, ((struct shard){.resource_version = NULL}));
        m->shard = (int)i;
    }
    return &s->shards.at[m->shard];
}

static void insert(struct kz_store *s, struct kz_store_module *m, struct kz_store_entry *e)
{
    struct kz_str key = kz_str(e->key);
    e->pub.module = kz_str(m->name); /* which outlives it */
    struct kz_store_entry *old = kz_map_put(&m->entries, key, e);
    (void)kz_map_put(&s->owners, key, m);
    if (old != NULL)
        entry_free(old);
    else
        shard_of(s, m)->n_entries++;
}

void kz_store_touch(struct kz_store *s, struct kz_store_module *m)
{
    shard_of(s, m)->dirty = true;
}

struct kz_store_entry *kz_store_add(struct kz_store *s, struct kz_store_module *m, struct kz_str key,
                                    const struct kz_id *id, struct kz_str version, int wave)
{
    struct kz_store_entry *e = kz_store_find(m, key);
    if (e != NULL) {
        e->pub.wave = wave;
        return e;
    }
    e = entry_new(&(struct kz_entry){.id = *id, .version = version, .wave = wave}, key);
    insert(s, m, e);
    kz_store_touch(s, m);
    return e;
}

void kz_store_confirm(struct kz_store *s, struct kz_store_module *m, struct kz_str key,
                      struct kz_str uid, struct kz_hash desired, struct kz_hash owned)
{
    struct kz_store_entry *old = kz_store_find(m, key);
    if (old == NULL)
        return;
    if (kz_str_eq(old->pub.uid, uid) && kz_hash_eq(old->pub.desired, desired) &&
        kz_hash_eq(old->pub.owned, owned))
        return;
    struct kz_entry now = old->pub;
    now.uid = uid;
    now.desired = desired;
    now.owned = owned;
    /* the new block is made before the old one, whose strings it copies, is freed */
    insert(s, m, entry_new(&now, kz_str(old->key)));
    kz_store_touch(s, m);
}

void kz_store_forget(struct kz_store *s, struct kz_store_module *m, struct kz_str key)
{
    struct kz_store_entry *e = kz_map_del(&m->entries, key);
    if (e == NULL)
        return;
    if (kz_map_find(&s->owners, kz_str(e->key)) == m)
        (void)kz_map_del(&s->owners, kz_str(e->key));
    struct shard *sh = shard_of(s, m);
    sh->n_entries--;
    sh->dirty = true;
    entry_free(e);
}

static void note_text(struct shard *sh, struct kz_hash text)
{
    sh->texts[sh->n_texts++ % TEXTS] = text;
}

static bool is_own_text(const struct shard *sh, struct kz_hash text)
{
    for (size_t i = 0; i < TEXTS && i < sh->n_texts; i++)
        if (kz_hash_eq(sh->texts[i], text))
            return true;
    return false;
}

/* ---- loading -------------------------------------------------------------------------------- */

static void distrust(struct kz_store *s, const struct kz_err *err)
{
    (void)kz_err_line(s->distrust, sizeof s->distrust, err);
}

/* "kzsync-inventory-PLATFORM-3" -> 3 */
static bool shard_number(uint64_t *out, struct kz_str name)
{
    struct kz_str tail = kz_str_skip(name, kz_str_rindex(name, '-') + 1);
    return kz_str_u64(out, tail) && *out < 1024;
}

static void load_shard(struct kz_store *s, struct kz_arena *a, const struct kz_value *cm)
{
    struct kz_err err;
    struct kz_shard in;
    uint64_t n;
    struct kz_str name = kz_value_path_str(cm, "metadata.name");
    if (!shard_number(&n, name)) {
        (void)kz_fail(&err, KZ_E_PARSE, "ConfigMap " KZ_FMT " has no shard number in its name", KZ_ARG(name));
        distrust(s, &err);
        return;
    }
    while (s->shards.len <= n)
        kz_vec_push(&s->shards, ((struct shard){.resource_version = NULL}));
    struct shard *sh = &s->shards.at[n];
    struct kz_str rv = kz_value_path_str(cm, "metadata.resourceVersion");
    sh->resource_version = strndup(rv.ptr, rv.len);
    struct kz_str text = kz_value_as_str(kz_value_get(kz_value_get(cm, "data"), DATA_KEY));
    note_text(sh, kz_hash(text));
    if (kz_shard_read(&in, a, text, name, &err) < 0) {
        (void)kz_wrap(&err, "inventory ConfigMap %s/" KZ_FMT, s->ns, KZ_ARG(name));
        distrust(s, &err);
        return;
    }
    sh->generation = in.generation;
    s->met = in.epoch > s->met ? in.epoch : s->met;
    for (size_t i = 0; i < in.n_modules; i++) {
        struct kz_store_module *m = kz_store_module(s, in.modules[i].name);
        m->shard = (int)n;
        (void)snprintf(m->revision, sizeof m->revision, KZ_FMT, KZ_ARG(in.modules[i].revision));
        m->render = in.modules[i].render;
        m->bad = in.modules[i].bad;
        m->release = in.modules[i].release;
        kz_store_set_after(m, in.modules[i].after);
    }
    for (size_t i = 0; i < in.n_entries; i++) {
        struct kz_store_module *m = kz_store_module(s, in.entries[i].module);
        if (m->shard < 0)
            m->shard = (int)n;
        insert(s, m, entry_new(&in.entries[i], kz_id_key(a, &in.entries[i].id)));
    }
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_store *s = arg;
    (void)id;
    if (res->err != NULL && res->outcome != KZ_NO_OBJECT) {
        s->loaded(s->loaded_arg, res->err);
        return;
    }
    for (size_t i = 0; i < kz_value_len(res->body); i++)
        load_shard(s, res->arena, kz_value_at(res->body, i));
    for (size_t i = 0; i < s->shards.len; i++)
        if (s->shards.at[i].resource_version == NULL) {
            struct kz_err err;
            (void)kz_fail(&err, KZ_E_NOTFOUND, "inventory shard %zu of platform %s is missing", i, s->platform);
            distrust(s, &err);
        }
    s->loaded(s->loaded_arg, NULL);
}

void kz_store_load(struct kz_store *s, void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    char selector[128];
    (void)snprintf(selector, sizeof selector, LABEL_INVENTORY "=%s", s->platform);
    s->loaded = done;
    s->loaded_arg = arg;
    (void)kz_kube_list(s->kube, KZ_STR(""), KZ_STR("ConfigMap"), kz_str(s->ns), kz_str(selector), on_listed,
                       s);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void start_round(struct kz_store *s);

static bool any_dirty(const struct kz_store *s)
{
    for (size_t i = 0; i < s->shards.len; i++)
        if (s->shards.at[i].dirty)
            return true;
    return false;
}

bool kz_store_clean(const struct kz_store *s)
{
    return s->writing == 0 && !any_dirty(s);
}

/* Answers who waited for a round that has ended; starts the next one if something got dirty since. */
static void end_round(struct kz_store *s)
{
    struct kz_err err = s->err;
    size_t keep = 0, n = s->waiters.len;
    struct waiter *ripe = calloc(n + 1, sizeof *ripe);
    size_t n_ripe = 0;
    kz_assert(ripe != NULL);
    for (size_t i = 0; i < n; i++) {
        if (s->waiters.at[i].round <= s->round)
            ripe[n_ripe++] = s->waiters.at[i];
        else
            s->waiters.at[keep++] = s->waiters.at[i];
    }
    s->waiters.len = keep;
    s->err.code = KZ_OK;
    if (keep > 0)
        start_round(s);
    for (size_t i = 0; i < n_ripe; i++)
        ripe[i].done(ripe[i].arg, err.code == KZ_OK ? NULL : &err);
    free(ripe);
}

struct write {
    struct kz_store *store;
    size_t shard;
    struct kz_id id;
    struct kz_hash text;    /* of what is written */
    struct kz_arena *arena; /* of id */
};

static void write_shard(struct kz_store *s, size_t n);

static void write_done(struct kz_store *s)
{
    if (--s->writing == 0)
        end_round(s);
}

static void write_end(struct write *w)
{
    struct kz_store *s = w->store;
    s->shards.at[w->shard].writing = false;
    kz_arena_free(w->arena);
    free(w);
    write_done(s);
}

static void write_ok(struct write *w, const struct kz_value *body)
{
    struct shard *sh = &w->store->shards.at[w->shard];
    struct kz_str rv = kz_value_path_str(body, "metadata.resourceVersion");
    free(sh->resource_version);
    sh->resource_version = strndup(rv.ptr, rv.len);
    sh->races = 0;
    write_end(w);
}

/* Once more, on top of the version that won. */
static void write_again(struct write *w, const struct kz_value *body)
{
    struct kz_store *s = w->store;
    size_t n = w->shard;
    struct shard *sh = &s->shards.at[n];
    struct kz_str rv = kz_value_path_str(body, "metadata.resourceVersion");
    free(sh->resource_version);
    sh->resource_version = strndup(rv.ptr, rv.len);
    sh->races++;
    kz_arena_free(w->arena);
    free(w);
    s->writing--;
    write_shard(s, n);
}

static void write_failed(struct write *w, const struct kz_err *err)
{
    struct kz_store *s = w->store;
    s->shards.at[w->shard].dirty = true;
    s->err = *err;
    (void)kz_wrap(&s->err, "write inventory shard %zu to namespace %s", w->shard, s->ns);
    write_end(w);
}

/* What a leader before this one had on its way when it was killed: its entries are taken over, which at
 * worst leaves surplus ones. One of our own epoch, or a later one, means that another leads. */
static bool take_over(struct write *w, const struct kz_value *body, struct kz_str text)
{
    struct kz_store *s = w->store;
    const struct shard *sh = &s->shards.at[w->shard];
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_shard in;
    struct kz_err err;
    if (sh->races >= RACES || kz_shard_read(&in, a, text, kz_value_path_str(body, "metadata.name"), &err) < 0 ||
        in.epoch >= s->epoch)
        return false;
    for (size_t i = 0; i < in.n_entries; i++) {
        struct kz_str key = kz_id_key(a, &in.entries[i].id);
        struct kz_store_module *m = kz_store_module(s, in.entries[i].module);
        if (kz_store_owner(s, key) != NULL)
            continue;
        if (m->shard < 0)
            m->shard = (int)w->shard;
        insert(s, m, entry_new(&in.entries[i], key));
        kz_store_touch(s, m);
    }
    return true;
}

/* The compare-and-swap lost. When the stored text is what we sent, the winner was our own first
 * attempt, whose reply got lost on the way. When it is one of our older texts, an attempt that we had
 * given up was stored late, or somebody changed a label: our content is written on top. */
static void on_reread(void *arg, uint64_t id, const struct kz_result *res)
{
    struct write *w = arg;
    struct kz_err err;
    (void)id;
    if (res->err != NULL) {
        write_failed(w, res->err);
        return;
    }
    struct kz_str text = kz_value_as_str(kz_value_get(kz_value_get(res->body, "data"), DATA_KEY));
    const struct shard *sh = &w->store->shards.at[w->shard];
    if (kz_hash_eq(kz_hash(text), w->text)) {
        write_ok(w, res->body);
        return;
    }
    if ((is_own_text(sh, kz_hash(text)) && sh->races < RACES) || take_over(w, res->body, text)) {
        write_again(w, res->body);
        return;
    }
    (void)kz_fail(&err, KZ_E_CONFLICT, "another kzsync writes the inventory of platform %s",
                  w->store->platform);
    (void)kz_err_hint(&err, "see who leads: kubectl -n %s get lease kzsync-%s; who writes: kubectl -n %s get "
                            "configmap -l " LABEL_INVENTORY "=%s -o yaml --show-managed-fields",
                      w->store->ns, w->store->platform, w->store->ns, w->store->platform);
    write_failed(w, &err);
}

static void on_written(void *arg, uint64_t id, const struct kz_result *res)
{
    struct write *w = arg;
    (void)id;
    if (res->err == NULL)
        write_ok(w, res->body);
    else if (res->outcome == KZ_MOVED_ON)
        (void)kz_kube_get(w->store->kube, &w->id, on_reread, w);
    else
        write_failed(w, res->err);
}

static struct kz_id shard_id(struct kz_store *s, struct kz_arena *a, size_t n)
{
    return (struct kz_id){.group = KZ_STR(""), .kind = KZ_STR("ConfigMap"), .ns = kz_str(s->ns),
                          .name = kz_str_printf(a, "kzsync-inventory-%s-%zu", s->platform, n)};
}

static void shard_text(struct kz_buf *b, struct kz_store *s, size_t n)
{
    KZ_VEC(struct kz_entry) entries = {0};
    KZ_VEC(struct kz_inventory_module) modules = {0};
    const struct kz_map_slot *ms, *es;
    for (size_t i = 0; (ms = kz_map_next(&s->modules, &i)) != NULL;) {
        const struct kz_store_module *m = ms->val;
        if (m->shard != (int)n)
            continue;
        struct kz_inventory_module im = {.name = kz_str(m->name), .revision = kz_str(m->revision),
                                         .render = m->render, .bad = m->bad,
                                         .release = m->release,
                                         .after = kz_str(m->after == NULL ? "" : m->after)};
        kz_vec_push(&modules, im);
        for (size_t j = 0; (es = kz_map_next(&m->entries, &j)) != NULL;) {
            struct kz_entry e = ((const struct kz_store_entry *)es->val)->pub;
            e.module = kz_str(m->name);
            kz_vec_push(&entries, e);
        }
    }
    struct kz_shard out = {.generation = s->shards.at[n].generation, .epoch = s->epoch,
                           .entries = entries.at, .n_entries = entries.len,
                           .modules = modules.at, .n_modules = modules.len};
    kz_shard_write(b, &out);
    kz_vec_done(&entries);
    kz_vec_done(&modules);
}

static void write_shard(struct kz_store *s, size_t n)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct shard *sh = &s->shards.at[n];
    sh->generation++;
    shard_text(&b, s, n);
    if (kz_buf_bad(&b)) { /* a part of it would be worse than nothing: the next start would distrust it */
        (void)kz_fail(&s->err, KZ_E_LIMIT, "inventory shard %zu is larger than a ConfigMap can hold", n);
        (void)kz_err_hint(&s->err, "a module of some 5000 objects is too large: divide it");
        return;
    }
    sh->dirty = false;
    sh->writing = true;

    struct kz_id id = shard_id(s, a, n);
    struct kz_value *cm = kz_value_map(a), *meta = kz_value_map(a), *data = kz_value_map(a);
    struct kz_value *labels = kz_value_map(a);
    kz_value_set(a, labels, KZ_STR(LABEL_INVENTORY), kz_value_cstr(a, s->platform));
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, id.name));
    kz_value_set(a, meta, KZ_STR("namespace"), kz_value_str(a, id.ns));
    kz_value_set(a, meta, KZ_STR("labels"), labels);
    if (sh->resource_version != NULL)
        kz_value_set(a, meta, KZ_STR("resourceVersion"), kz_value_cstr(a, sh->resource_version));
    kz_value_set(a, data, KZ_STR(DATA_KEY), kz_value_str(a, kz_buf_str(&b)));
    kz_value_set(a, cm, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, cm, KZ_STR("kind"), kz_value_cstr(a, "ConfigMap"));
    kz_value_set(a, cm, KZ_STR("metadata"), meta);
    kz_value_set(a, cm, KZ_STR("data"), data);

    struct write *w = calloc(1, sizeof *w);
    kz_assert(w != NULL);
    *w = (struct write){.store = s, .shard = n, .text = kz_hash(kz_buf_str(&b)), .arena = kz_arena_new(1 << 16)};
    w->id = kz_id_dup(w->arena, &id);
    note_text(sh, w->text);
    s->writing++;
    if (sh->resource_version == NULL)
        (void)kz_kube_create(s->kube, &id, KZ_STR("v1"), cm, on_written, w);
    else
        (void)kz_kube_update(s->kube, &id, KZ_STR("v1"), cm, on_written, w);
}

static void write_dirty(struct kz_store *s)
{
    s->writing++; /* so that a round with nothing to write also ends in one place */
    for (size_t i = 0; i < s->shards.len; i++)
        if (s->shards.at[i].dirty)
            write_shard(s, i);
    write_done(s);
}

static void start_round(struct kz_store *s)
{
    s->round++;
    if (!any_dirty(s) || s->read_only) {
        s->writing++;
        write_done(s);
        return;
    }
    write_dirty(s);
}

static void on_kick(void *arg, uint64_t id)
{
    struct kz_store *s = arg;
    (void)id;
    s->kick = 0;
    if (s->writing == 0)
        start_round(s);
}

void kz_store_flush(struct kz_store *s, void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    struct waiter w = {.done = done, .arg = arg, .round = s->round + 1};
    kz_vec_push(&s->waiters, w);
    if (s->writing == 0 && s->kick == 0)
        s->kick = kz_env_timer(s->env, 0, on_kick, s);
}

static void nobody(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err; /* the shard stays dirty; the next flush tries again */
}

static void on_soon(void *arg, uint64_t id)
{
    struct kz_store *s = arg;
    (void)id;
    s->timer = 0;
    kz_store_flush(s, nobody, NULL);
}

void kz_store_flush_now(struct kz_store *s)
{
    kz_env_timer_stop(s->env, &s->timer);
    if (any_dirty(s))
        kz_store_flush(s, nobody, NULL);
}

void kz_store_flush_soon(struct kz_store *s)
{
    if (s->timer == 0 && any_dirty(s))
        s->timer = kz_env_timer(s->env, 2 * KZ_NS_PER_SEC, on_soon, s);
}
