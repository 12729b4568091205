/* SPDX-License-Identifier: Apache-2.0
 *
 * One round of writing: of some modules that have become healthy the older sets are read, the new ones are
 * added, and all of it becomes one new pack; then packs that nobody needs go.
 *
 *   choose -> read an old pack -> read the next ... -> write -> choose again */
#include "sync/history_inside.h"
#include "base/log.h"

enum {
    BATCH_BYTES = 2 << 20, /* of new bodies in one pack: some 10 ms of work */
    BATCH_MODULES = 1000,  /* the index is an annotation, and those end at 256 KiB */
    RACES = 5,
};

void kz_history_leave_round(struct kz_history *h)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        struct kz_kept *k = slot->val;
        k->in_round = k->taken = false;
        k->n_owed = 0;
    }
    if (h->out.arena != NULL)
        kz_pack_done(&h->out);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void round_next(struct kz_history *h);

/* What equals its predecessor is not written; returns the bytes of the rest. */
static size_t settle_owed(struct kz_kept *k)
{
    struct kz_hash before = k->content;
    size_t bytes = 0, n = 0;
    for (size_t i = 0; i < k->owed.len; i++) {
        struct kz_want *w = k->owed.at[i].w;
        struct kz_hash content = kz_want_content(w);
        if (kz_hash_eq(content, before)) {
            kz_want_unref(w);
            continue;
        }
        before = content;
        k->owed.at[n++] = k->owed.at[i];
        for (size_t o = 0; o < w->n + w->n_hooks; o++)
            bytes += w->at[o].json.len;
    }
    k->owed.len = n;
    return bytes;
}

static void send_away_gone(struct kz_history *h)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        struct kz_kept *k = slot->val;
        if (k->limit != 0 && (h->is_gone == NULL || !h->is_gone(h->gone_arg, slot->key)))
            continue;
        kz_history_drop_owed(k, k->owed.len);
        if (k->pack != NULL)
            k->pack->purge = true;
        kz_history_put(k, NULL, (struct kz_hash){0});
    }
}

/* All whose newest sets lie in this pack move with the round. */
static void join_all(struct kz_history *h, const struct kz_shelf_pack *p)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;)
        if (((const struct kz_kept *)slot->val)->pack == p)
            ((struct kz_kept *)slot->val)->in_round = true;
}

static bool choose_round(struct kz_history *h)
{
    const struct kz_map_slot *slot;
    size_t bytes = 0, n = 0;
    send_away_gone(h);
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        struct kz_kept *k = slot->val;
        size_t more = settle_owed(k);
        if (k->owed.len == 0 || n >= BATCH_MODULES || (n > 0 && bytes + more > BATCH_BYTES))
            continue;
        k->in_round = true;
        k->n_owed = k->owed.len;
        bytes += more;
        n++;
    }
    for (size_t i = 0; i < kz_shelf_len(h->shelf); i++) {
        struct kz_shelf_pack *p = kz_shelf_at(h->shelf, i);
        if (!p->purge || p->live == 0 || n >= BATCH_MODULES)
            continue;
        join_all(h, p);
        n += p->live;
    }
    return n > 0;
}

/* A pack of which less than half is in use is emptied, so that old ones do not stay for one module each. */
static void take_along(struct kz_history *h, struct kz_shelf_pack *p, const struct kz_pack *pack)
{
    const struct kz_map_slot *slot;
    size_t leaving = 0;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        const struct kz_kept *k = slot->val;
        leaving += k->in_round && k->pack == p;
    }
    if ((p->live - leaving) * 2 < p->n)
        join_all(h, p);
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        struct kz_kept *k = slot->val;
        if (k->pack != p || !k->in_round)
            continue;
        kz_pack_take(&h->out, pack, slot->key);
        k->taken = true;
    }
}

static void on_round_read(void *arg, const struct kz_pack *pack, const struct kz_err *err)
{
    struct kz_history *h = arg;
    if (err != NULL) {
        kz_history_fail(h, err);
        return;
    }
    if (pack == NULL)
        kz_history_lose(h, h->reading);
    else
        take_along(h, h->reading, pack);
    round_next(h);
}

bool kz_history_write_round(struct kz_history *h)
{
    if (!choose_round(h))
        return false;
    h->busy = true;
    kz_pack_init(&h->out);
    round_next(h);
    return true;
}

/* Of a module that keeps its sets without a new one, as many stay as there are. */
static void trim_all(struct kz_history *h, size_t most)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        const struct kz_kept *k = slot->val;
        size_t limit = k->limit < 0 ? KZ_PACK_SETS : (size_t)k->limit;
        if (k->in_round)
            kz_pack_trim(&h->out, slot->key, limit < most ? limit : most);
    }
}

/* A module whose newest set alone is too large has no history. */
static void give_up_round(struct kz_history *h)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        struct kz_kept *k = slot->val;
        if (k->in_round && k->n_owed > 0) {
            kz_log(NULL, KZ_WARN, "history", KZ_F("module", slot->key),
                   KZ_FS("reason", "its rendered objects are too large to be kept: there is nothing to go back to"));
            k->content = kz_want_content(k->owed.at[k->n_owed - 1].w); /* said once */
            kz_history_drop_owed(k, k->n_owed);
        }
    }
    kz_history_leave_round(h);
    h->busy = false;
    kz_history_step(h);
}

/* Fewer sets each when all of them are too large. false: even the newest are. */
static bool write_out(struct kz_buf *b, struct kz_history *h)
{
    for (size_t most = KZ_PACK_SETS; most > 0; most /= 2) {
        trim_all(h, most);
        kz_buf_clear(b);
        if (kz_pack_write(b, &h->out, kz_str(h->platform)))
            return true;
    }
    return false;
}

static void on_round_written(void *arg, struct kz_shelf_pack *p, const struct kz_err *err)
{
    struct kz_history *h = arg;
    const struct kz_map_slot *slot;
    if (err != NULL && err->code == KZ_E_CONFLICT && h->races++ < RACES) {
        kz_history_leave_round(h); /* a late write of ours or of a process before: the list shows what it was */
        h->known = h->busy = false;
        kz_history_step(h);
        return;
    }
    if (err != NULL) {
        kz_history_fail(h, err);
        return;
    }
    h->races = 0;
    kz_backoff_reset(&h->backoff);
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        struct kz_kept *k = slot->val;
        size_t n = k->in_round ? kz_pack_len(&h->out, slot->key) : 0;
        if (n == 0)
            continue;
        kz_history_put(k, p, kz_pack_at(&h->out, slot->key, n - 1).content);
        kz_history_drop_owed(k, k->n_owed);
    }
    kz_history_leave_round(h);
    h->busy = false;
    kz_history_step(h);
}

static void round_write(struct kz_history *h)
{
    kz_autobuf struct kz_buf b = KZ_BUF(KZ_SHELF_PACK_MAX);
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        const struct kz_kept *k = slot->val;
        for (size_t o = 0; k->in_round && o < k->n_owed; o++)
            kz_pack_add(&h->out, kz_str(h->platform), slot->key, k->owed.at[o].w, k->owed.at[o].wall);
    }
    if (!write_out(&b, h)) {
        give_up_round(h);
        return;
    }
    size_t n = kz_value_len(h->out.modules);
    struct kz_shelf_entry *index = kz_new_n(h->out.arena, struct kz_shelf_entry, n + 1);
    for (size_t m = 0; m < n; m++) {
        struct kz_str module = h->out.modules->as.map.at[m].key;
        index[m] = (struct kz_shelf_entry){
            .module = module, .content = kz_pack_at(&h->out, module, kz_pack_len(&h->out, module) - 1).content};
    }
    kz_shelf_write(h->shelf, kz_buf_str(&b), index, n, on_round_written, h);
}

/* The older sets of all that take part, one pack after the other; then the new pack. */
static void round_next(struct kz_history *h)
{
    const struct kz_map_slot *slot;
    size_t members = 0;
    for (size_t i = 0; (slot = kz_map_next(&h->kept, &i)) != NULL;) {
        struct kz_kept *k = slot->val;
        if (!k->in_round)
            continue;
        if (!k->taken && k->pack != NULL) {
            h->reading = k->pack;
            kz_shelf_read(h->shelf, k->pack, on_round_read, h);
            return;
        }
        members += k->taken || k->n_owed > 0;
    }
    if (members > 0) {
        round_write(h);
        return;
    }
    kz_history_leave_round(h); /* all that should have moved was damaged */
    h->busy = false;
    kz_history_step(h);
}

/* ---- removing --------------------------------------------------------------------------------- */

static void on_removed(void *arg, const struct kz_err *err)
{
    struct kz_history *h = arg;
    (void)err; /* it is found again by the next list */
    h->busy = false;
    kz_history_step(h);
}

bool kz_history_remove_dead(struct kz_history *h)
{
    for (size_t i = 0; i < kz_shelf_len(h->shelf); i++) {
        struct kz_shelf_pack *p = kz_shelf_at(h->shelf, i);
        if (p->live > 0 || p->bad || p->stuck)
            continue;
        h->busy = true;
        kz_shelf_remove(h->shelf, p, on_removed, h);
        return true;
    }
    return false;
}
