/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounds of writes: all shards that changed, each by compare-and-swap; who waits is answered when all of them are
 * answered. Changes that come meanwhile belong to the next round. New shards are made one after another: a gap in
 * their numbers means that one was lost, and a crash must not look like that. */
#include "sync/store_inside.h"

enum { RACES = 8, SOON_MS = 2000, SHARD_MS = 250, SOON_MAX_MS = 10000 };

void kz_store_note_text(struct kz_store_shard *sh, struct kz_hash text)
{
    sh->texts[sh->n_texts++ % KZ_STORE_TEXTS] = text;
}

static bool is_own_text(const struct kz_store_shard *sh, struct kz_hash text)
{
    for (size_t i = 0; i < KZ_STORE_TEXTS && i < sh->n_texts; i++)
        if (kz_hash_eq(sh->texts[i], text))
            return true;
    return false;
}

static void start_round(struct kz_store *s);

bool kz_store_any_dirty(const struct kz_store *s)
{
    for (size_t i = 0; i < s->shards.len; i++)
        if (s->shards.at[i].dirty)
            return true;
    return false;
}

bool kz_store_clean(const struct kz_store *s)
{
    return s->writing == 0 && !kz_store_any_dirty(s);
}

/* Answers who waited for a round that has ended; starts the next one if something got dirty since. */
static void end_round(struct kz_store *s)
{
    struct kz_err err = s->err;
    size_t keep = 0, n = s->waiters.len;
    struct kz_store_waiter *ripe = calloc(n + 1, sizeof *ripe);
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
    if (err.code == KZ_OK && s->n_leaving > 0) {
        kz_store_drop_left(s);
        kz_store_flush_soon(s);
    }
    if (keep > 0)
        start_round(s);
    for (size_t i = 0; i < n_ripe; i++)
        ripe[i].done(ripe[i].arg, err.code == KZ_OK ? NULL : &err);
    free(ripe);
}

struct kz_store_write {
    struct kz_store *store;
    size_t shard;
    struct kz_id id;
    struct kz_hash text;    /* of what is written */
    struct kz_arena *arena; /* of id */
    uint64_t call;
};

static void write_free(struct kz_store_write *w)
{
    w->store->shards.at[w->shard].write = NULL;
    kz_arena_free(w->arena);
    free(w);
}

void kz_store_write_drop(struct kz_store *s, struct kz_store_write *w)
{
    if (w == NULL)
        return;
    kz_kube_cancel(s->kube, w->call);
    write_free(w);
}

static void write_shard(struct kz_store *s, size_t n);

static void write_done(struct kz_store *s)
{
    if (--s->writing == 0)
        end_round(s);
}

static void write_end(struct kz_store_write *w)
{
    struct kz_store *s = w->store;
    write_free(w);
    write_done(s);
}

/* The first shard says how many there are, so that the loss of the last one does not go unnoticed. Only when it is
 * there: a crash before that must not make it look lost. */
static void say_count(struct kz_store *s)
{
    if (kz_store_count(s) == 1)
        return;
    s->shards.at[0].dirty = true;
    kz_store_flush_soon(s);
}

static bool is_to_be_made(const struct kz_store_shard *sh)
{
    return sh->resource_version == NULL && (sh->dirty || sh->write != NULL);
}

/* The lowest one, when none is being made. */
static void make_next(struct kz_store *s)
{
    size_t n = 0;
    while (n < s->shards.len && !is_to_be_made(&s->shards.at[n]))
        n++;
    if (n < s->shards.len && s->shards.at[n].write == NULL)
        write_shard(s, n);
}

static void write_ok(struct kz_store_write *w, const struct kz_value *body)
{
    struct kz_store_shard *sh = &w->store->shards.at[w->shard];
    struct kz_str rv = kz_value_path_str(body, "metadata.resourceVersion");
    const size_t before = kz_store_count(w->store);
    free(sh->resource_version);
    sh->resource_version = strndup(rv.ptr, rv.len);
    sh->races = 0;
    w->store->written = kz_env_wall(w->store->env);
    if (kz_store_count(w->store) > before)
        say_count(w->store);
    make_next(w->store);
    write_end(w);
}

/* Once more, on top of the version that won. */
static void write_again(struct kz_store_write *w, const struct kz_value *body)
{
    struct kz_store *s = w->store;
    size_t n = w->shard;
    struct kz_store_shard *sh = &s->shards.at[n];
    struct kz_str rv = kz_value_path_str(body, "metadata.resourceVersion");
    free(sh->resource_version);
    sh->resource_version = strndup(rv.ptr, rv.len);
    sh->races++;
    write_free(w);
    write_shard(s, n);
    write_done(s); /* the one before; the round ends here when there is nothing to send */
}

static void write_failed(struct kz_store_write *w, const struct kz_err *err)
{
    struct kz_store *s = w->store;
    s->shards.at[w->shard].dirty = true;
    s->err = *err;
    (void)kz_wrap(&s->err, "write inventory shard %zu to namespace %s", w->shard, s->ns);
    write_end(w);
}

/* What a leader before this one had on its way when it was killed: its entries are taken over, which at
 * worst leaves surplus ones. One of our own epoch, or a later one, means that another leads. */
static bool take_over(struct kz_store_write *w, const struct kz_value *body, struct kz_str text)
{
    struct kz_store *s = w->store;
    const struct kz_store_shard *sh = &s->shards.at[w->shard];
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
        struct kz_store_entry *e = kz_store_entry_new(&in.entries[i], key);
        kz_store_insert(s, m, e);
        kz_store_place_module_at(s, m, w->shard);
        kz_store_place_at(s, e, w->shard);
    }
    return true;
}

/* The compare-and-swap lost. When the stored text is what we sent, the winner was our own first
 * attempt, whose reply got lost on the way. When it is one of our older texts, an attempt that we had
 * given up was stored late, or somebody changed a label: our content is written on top. */
static void on_reread(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_store_write *w = arg;
    struct kz_err err;
    (void)id;
    if (res->err != NULL) {
        write_failed(w, res->err);
        return;
    }
    struct kz_str text = kz_value_as_str(kz_value_get(kz_value_get(res->body, "data"), KZ_STORE_KEY));
    const struct kz_store_shard *sh = &w->store->shards.at[w->shard];
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
                            "configmap -l " KZ_STORE_LABEL "=%s -o yaml --show-managed-fields",
                      w->store->ns, w->store->platform, w->store->ns, w->store->platform);
    write_failed(w, &err);
}

static void on_written(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_store_write *w = arg;
    (void)id;
    if (res->err == NULL)
        write_ok(w, res->body);
    else if (res->outcome == KZ_MOVED_ON)
        w->call = kz_kube_get(w->store->kube, &w->id, on_reread, w);
    else
        write_failed(w, res->err);
}

static struct kz_id shard_id(struct kz_store *s, struct kz_arena *a, size_t n)
{
    return (struct kz_id){.group = KZ_STR(""), .kind = KZ_STR("ConfigMap"), .ns = kz_str(s->ns),
                          .name = kz_str_printf(a, "kzsync-inventory-%s-%zu", s->platform, n)};
}

static void write_shard(struct kz_store *s, size_t n)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct kz_store_shard *sh = &s->shards.at[n];
    sh->generation++;
    kz_store_text(&b, s, n);
    if (kz_buf_bad(&b)) { /* a part of it would be worse than nothing: the next start would distrust it */
        (void)kz_fail(&s->err, KZ_E_LIMIT, "inventory shard %zu is larger than a ConfigMap can hold", n);
        return;
    }
    sh->dirty = false;

    struct kz_id id = shard_id(s, a, n);
    struct kz_value *cm = kz_value_map(a), *meta = kz_value_map(a), *data = kz_value_map(a);
    struct kz_value *labels = kz_value_map(a);
    kz_value_set(a, labels, KZ_STR(KZ_STORE_LABEL), kz_value_cstr(a, s->platform));
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, id.name));
    kz_value_set(a, meta, KZ_STR("namespace"), kz_value_str(a, id.ns));
    kz_value_set(a, meta, KZ_STR("labels"), labels);
    if (sh->resource_version != NULL)
        kz_value_set(a, meta, KZ_STR("resourceVersion"), kz_value_cstr(a, sh->resource_version));
    kz_value_set(a, data, KZ_STR(KZ_STORE_KEY), kz_value_str(a, kz_buf_str(&b)));
    kz_value_set(a, cm, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, cm, KZ_STR("kind"), kz_value_cstr(a, "ConfigMap"));
    kz_value_set(a, cm, KZ_STR("metadata"), meta);
    kz_value_set(a, cm, KZ_STR("data"), data);

    struct kz_store_write *w = calloc(1, sizeof *w);
    kz_assert(w != NULL);
    *w = (struct kz_store_write){.store = s, .shard = n, .text = kz_hash(kz_buf_str(&b)), .arena = kz_arena_new(1 << 16)};
    w->id = kz_id_dup(w->arena, &id);
    kz_store_note_text(sh, w->text);
    sh->write = w;
    s->writing++;
    if (sh->resource_version == NULL)
        w->call = kz_kube_create(s->kube, &id, KZ_STR("v1"), cm, on_written, w);
    else
        w->call = kz_kube_update(s->kube, &id, KZ_STR("v1"), cm, on_written, w);
}

static void write_dirty(struct kz_store *s)
{
    s->writing++; /* so that a round with nothing to write also ends in one place */
    for (size_t i = 0; i < s->shards.len; i++)
        if (s->shards.at[i].dirty && s->shards.at[i].resource_version != NULL)
            write_shard(s, i);
    make_next(s);
    write_done(s);
}

static void start_round(struct kz_store *s)
{
    s->round++;
    if (!kz_store_any_dirty(s) || s->read_only) {
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
    start_round(s);
}

void kz_store_flush(struct kz_store *s, void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    struct kz_store_waiter w = {.done = done, .arg = arg, .round = s->round + 1};
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
    if (kz_store_any_dirty(s))
        kz_store_flush(s, nobody, NULL);
}

/* Each round writes whole shards: of many, not every two seconds while a first sync confirms one object after
 * another. */
static int64_t soon(const struct kz_store *s)
{
    const int64_t ms = (int64_t)s->shards.len * SHARD_MS;
    return (ms < SOON_MS ? SOON_MS : ms > SOON_MAX_MS ? SOON_MAX_MS : ms) * KZ_NS_PER_MS;
}

void kz_store_flush_soon(struct kz_store *s)
{
    if (s->timer == 0 && kz_store_any_dirty(s))
        s->timer = kz_env_timer(s->env, soon(s), on_soon, s);
}
