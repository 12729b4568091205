/* SPDX-License-Identifier: Apache-2.0
 *
 * One thing at a time, in this order: list -> answer loads -> write what is owed -> remove what is dead. */
#include "sync/history_inside.h"
#include "base/log.h"

enum { CALM_MS = 1000, WAIT_MAX_SEC = 60 }; /* after the last healthy module, and after the first */

static void go_on(struct kz_history *h);

struct kz_history *kz_history_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                                  struct kz_str platform, bool (*is_gone)(void *arg, struct kz_str module),
                                  void *arg)
{
    struct kz_history *h = calloc(1, sizeof *h);
    kz_assert(h != NULL);
    h->env = env;
    h->platform = strndup(platform.ptr, platform.len);
    h->shelf = kz_shelf_new(kube, ns, platform);
    h->is_gone = is_gone;
    h->gone_arg = arg;
    h->backoff = (struct kz_backoff){.first = 5 * KZ_NS_PER_SEC, .max = 300 * KZ_NS_PER_SEC};
    kz_map_init(&h->kept);
    return h;
}

void kz_history_drop_owed(struct kz_kept *k, size_t n)
{
    for (size_t i = 0; i < k->owed.len; i++)
        if (i < n)
            kz_want_unref(k->owed.at[i].w);
        else
            k->owed.at[i - n] = k->owed.at[i];
    k->owed.len -= n;
}

static void load_free(struct kz_load *l)
{
    free(l->module);
    free(l->revision);
}

void kz_history_free(struct kz_history *h)
{
    const struct kz_map_slot *slot;
    if (h == NULL)
        return;
    kz_env_timer_stop(h->env, &h->timer);
    kz_env_timer_stop(h->env, &h->kick);
    kz_shelf_free(h->shelf);
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        struct kz_kept *k = slot->val;
        kz_history_drop_owed(k, k->owed.len);
        kz_vec_done(&k->owed);
        free(k);
    }
    for (size_t i = 0; i < h->loads.len; i++)
        load_free(&h->loads.at[i]);
    kz_vec_done(&h->loads);
    kz_vec_done(&h->waiters);
    kz_map_done(&h->kept);
    if (h->out.arena != NULL)
        kz_pack_done(&h->out);
    free(h->platform);
    free(h);
}

void kz_history_stop(struct kz_history *h)
{
    h->stopped = true;
}

static struct kz_kept *kept_of(struct kz_history *h, struct kz_str name)
{
    struct kz_kept *k = kz_map_find(&h->kept, name);
    if (k != NULL)
        return k;
    k = calloc(1, sizeof *k + name.len + 1);
    kz_assert(k != NULL);
    memcpy(k->name, name.ptr, name.len);
    k->limit = -1;
    (void)kz_map_put(&h->kept, kz_str_n(k->name, name.len), k);
    return k;
}

/* ---- when ------------------------------------------------------------------------------------- */

static void on_kick(void *arg, uint64_t id)
{
    struct kz_history *h = arg;
    (void)id;
    h->kick = 0;
    go_on(h);
}

/* From the loop, so that steps do not nest. */
void kz_history_step(struct kz_history *h)
{
    if (!h->busy && h->kick == 0)
        h->kick = kz_env_timer(h->env, 0, on_kick, h);
}

static void on_timer(void *arg, uint64_t id)
{
    struct kz_history *h = arg;
    (void)id;
    h->timer = 0;
    h->due = true;
    kz_history_step(h);
}

/* While modules become healthy one after the other it waits for more of them. */
void kz_history_look(struct kz_history *h)
{
    int64_t now = kz_env_mono(h->env);
    h->looked = true;
    if (h->since == 0)
        h->since = now;
    if (h->timer != 0 && now - h->since >= WAIT_MAX_SEC * KZ_NS_PER_SEC)
        return;
    kz_env_timer_stop(h->env, &h->timer);
    h->timer = kz_env_timer(h->env, CALM_MS * KZ_NS_PER_MS, on_timer, h);
}

void kz_history_keep(struct kz_history *h, struct kz_str module, struct kz_want *w, int limit)
{
    struct kz_kept *k = kept_of(h, module);
    bool lower = limit == 0 && k->limit != 0;
    k->limit = limit;
    if (lower)
        kz_history_look(h);
    if (limit == 0 || w->n + w->n_hooks == 0)
        return;
    struct kz_hash content = kz_want_content(w);
    if (k->owed.len > 0 ? kz_hash_eq(kz_want_content(k->owed.at[k->owed.len - 1].w), content)
                        : h->known && kz_hash_eq(k->content, content))
        return;
    kz_vec_push(&k->owed, ((struct kz_owed){.w = kz_want_ref(w), .wall = kz_env_wall(h->env)}));
    kz_history_look(h);
}

bool kz_history_owes(const struct kz_history *h, struct kz_str module)
{
    const struct kz_kept *k = kz_map_find(&h->kept, module);
    return k != NULL && k->owed.len > 0;
}

void kz_history_flush(struct kz_history *h, void (*done)(void *arg), void *arg)
{
    kz_vec_push(&h->waiters, ((struct kz_waiter){.done = done, .arg = arg}));
    h->due = true;
    kz_history_step(h);
}

static void answer_waiters(struct kz_history *h)
{
    KZ_VEC(struct kz_waiter) ripe = {.at = h->waiters.at, .len = h->waiters.len, .cap = h->waiters.cap};
    h->waiters.at = NULL;
    h->waiters.len = h->waiters.cap = 0;
    for (size_t i = 0; i < ripe.len; i++)
        ripe.at[i].done(ripe.at[i].arg);
    kz_vec_done(&ripe);
}

static void answer_load(struct kz_history *h, struct kz_want *w, const struct kz_err *err)
{
    struct kz_load l = h->loads.at[0];
    for (size_t i = 1; i < h->loads.len; i++)
        h->loads.at[i - 1] = h->loads.at[i];
    h->loads.len--;
    l.done(l.arg, w, err);
    load_free(&l);
}

static void end_each(struct kz_history *h, const struct kz_err *err)
{
    void (*done)(void *arg, const struct kz_err *e) = h->each_done;
    h->each_done = NULL;
    if (done != NULL)
        done(h->each_arg, err);
}

/* ---- failing ---------------------------------------------------------------------------------- */

static bool owes_any(const struct kz_history *h)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;)
        if (((const struct kz_kept *)slot->val)->owed.len > 0)
            return true;
    return false;
}

/* Nobody waits for us in vain; what is owed stays owed. */
void kz_history_fail(struct kz_history *h, const struct kz_err *err)
{
    char line[KZ_ERR_TEXT];
    if (h->backoff.tries == 0)
        kz_log(NULL, KZ_WARN, "history", KZ_FS("reason", kz_err_line(line, sizeof line, err)));
    kz_history_leave_round(h);
    h->known = h->busy = h->due = false;
    int64_t wait = kz_backoff_next(&h->backoff, h->env);
    if (owes_any(h) && !h->stopped) {
        kz_env_timer_stop(h->env, &h->timer);
        h->timer = kz_env_timer(h->env, wait, on_timer, h);
    }
    end_each(h, err);
    for (size_t n = h->loads.len; n > 0; n--)
        answer_load(h, NULL, err);
    answer_waiters(h);
}

/* ---- the index -------------------------------------------------------------------------------- */

void kz_history_put(struct kz_kept *k, struct kz_shelf_pack *p, struct kz_hash content)
{
    if (k->pack != NULL)
        k->pack->live--;
    k->pack = p;
    k->content = content;
    if (p != NULL)
        p->live++;
}

void kz_history_lose(struct kz_history *h, const struct kz_shelf_pack *p)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;)
        if (((const struct kz_kept *)slot->val)->pack == p)
            kz_history_put(slot->val, NULL, (struct kz_hash){0});
}

static void on_listed(void *arg, const struct kz_err *err)
{
    struct kz_history *h = arg;
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) { /* the old packs are no more */
        struct kz_kept *k = slot->val;
        k->pack = NULL;
        k->content = (struct kz_hash){0};
    }
    h->busy = false;
    if (err != NULL) {
        kz_history_fail(h, err);
        return;
    }
    for (size_t i = 0; i < kz_shelf_len(h->shelf); i++) {
        struct kz_shelf_pack *p = kz_shelf_at(h->shelf, i);
        for (size_t m = 0; !p->bad && m < p->n; m++)
            kz_history_put(kept_of(h, p->index[m].module), p, p->index[m].content);
    }
    h->known = true;
    kz_history_step(h);
}

/* ---- loads ------------------------------------------------------------------------------------ */

static bool fits(struct kz_pack_set s, const struct kz_load *l)
{
    return kz_str_starts(s.revision, kz_str(l->revision)) && !kz_hash_eq(s.content, l->except);
}

static void on_load_read(void *arg, const struct kz_pack *pack, const struct kz_err *err)
{
    struct kz_history *h = arg;
    const struct kz_load *l = &h->loads.at[0];
    const struct kz_kept *k = kz_map_find(&h->kept, kz_str(l->module));
    struct kz_want *w = NULL;
    struct kz_err why;
    h->busy = false;
    if (err != NULL) {
        kz_history_fail(h, err);
        return;
    }
    if (pack == NULL && k != NULL && k->pack != NULL)
        kz_history_lose(h, k->pack);
    int rc = 0;
    size_t i = pack == NULL ? 0 : kz_pack_len(pack, kz_str(l->module));
    while (i > 0 && !fits(kz_pack_at(pack, kz_str(l->module), i - 1), l))
        i--;
    if (i > 0)
        rc = kz_pack_want(&w, pack, kz_str(l->module), i - 1, &why);
    answer_load(h, rc < 0 ? NULL : w, rc < 0 ? &why : NULL);
    kz_history_step(h);
}

static void start_load(struct kz_history *h)
{
    const struct kz_kept *k = kz_map_find(&h->kept, kz_str(h->loads.at[0].module));
    if (k != NULL && k->pack != NULL) {
        h->busy = true;
        kz_shelf_read(h->shelf, k->pack, on_load_read, h);
    } else {
        on_load_read(h, NULL, NULL);
    }
}

void kz_history_load(struct kz_history *h, struct kz_str module, struct kz_str revision, struct kz_hash except,
                     void (*done)(void *arg, struct kz_want *w, const struct kz_err *err), void *arg)
{
    struct kz_load l = {.module = strndup(module.ptr, module.len), .revision = strndup(revision.ptr, revision.len),
                     .except = except, .done = done, .arg = arg};
    kz_assert(l.module != NULL && l.revision != NULL);
    kz_vec_push(&h->loads, l);
    kz_history_step(h);
}

/* ---- telling all ------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct kz_kept *const *)a)->name, (*(const struct kz_kept *const *)b)->name);
}

/* The i-th module by name that has sets; NULL: no more. */
static const struct kz_kept *sorted_at(const struct kz_history *h, size_t i)
{
    const struct kz_map_slot *slot;
    KZ_VEC(const struct kz_kept *) all = {0};
    for (size_t k = 0; (slot = kz_map_next(&h->kept, &k)) != NULL;)
        if (((const struct kz_kept *)slot->val)->pack != NULL)
            kz_vec_push(&all, slot->val);
    if (all.len > 1)
        qsort(all.at, all.len, sizeof *all.at, by_name);
    const struct kz_kept *found = i < all.len ? all.at[i] : NULL;
    kz_vec_done(&all);
    return found;
}

static void on_each_read(void *arg, const struct kz_pack *pack, const struct kz_err *err)
{
    struct kz_history *h = arg;
    const struct kz_kept *k = sorted_at(h, h->each_next);
    h->busy = false;
    if (err != NULL) {
        kz_history_fail(h, err);
        return;
    }
    struct kz_str module = kz_str(k->name);
    if (pack == NULL)
        kz_history_lose(h, k->pack); /* whoever comes after is at this place now */
    else
        h->each_next++;
    for (size_t i = pack == NULL ? 0 : kz_pack_len(pack, module); i > 0; i--) {
        struct kz_pack_set s = kz_pack_at(pack, module, i - 1);
        h->each(h->each_arg, &(struct kz_history_set){.module = module, .revision = s.revision, .subject = s.subject,
                                                      .time = s.time, .hash = s.hash, .objects = s.n});
    }
    kz_history_step(h);
}

static void tell_next(struct kz_history *h)
{
    const struct kz_kept *k = sorted_at(h, h->each_next);
    if (k == NULL) {
        end_each(h, NULL);
        kz_history_step(h);
        return;
    }
    h->busy = true;
    kz_shelf_read(h->shelf, k->pack, on_each_read, h);
}

void kz_history_each(struct kz_history *h, void (*each)(void *arg, const struct kz_history_set *set),
                     void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    kz_assert(h->each_done == NULL);
    h->each = each;
    h->each_done = done;
    h->each_arg = arg;
    h->each_next = 0;
    kz_history_step(h);
}

/* ---- what comes next -------------------------------------------------------------------------- */

static void settle(struct kz_history *h)
{
    h->due = h->looked = false;
    h->since = 0;
    kz_shelf_shut(h->shelf);
    answer_waiters(h);
}

static void go_on(struct kz_history *h)
{
    if (h->busy)
        return;
    bool work = h->due && h->looked && !h->stopped;
    if (!h->known && (h->loads.len > 0 || h->each_done != NULL || work)) {
        h->busy = true;
        kz_shelf_list(h->shelf, on_listed, h);
    } else if (h->loads.len > 0) {
        start_load(h);
    } else if (h->each_done != NULL) {
        tell_next(h);
    } else if (!work || (!kz_history_write_round(h) && !kz_history_remove_dead(h))) {
        settle(h);
    }
}
