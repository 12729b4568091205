/* SPDX-License-Identifier: Apache-2.0
 *
 * Write-ahead: every key of the new set is in the inventory before anything is created, so that
 * kill -9 at any later point leaves nothing that the next start does not know about. */
#include "sync/internal.h"
#include "sync/leave.h"
#include "sync/tenants.h"

struct flush {
    struct kz_mod *m;
    unsigned epoch;
};

static void on_flushed(void *arg, const struct kz_err *err)
{
    struct flush f = *(struct flush *)arg;
    free(arg);
    if (f.m->epoch != f.epoch)
        return;
    if (kz_mod_safe_point(f.m))
        return;
    if (err == NULL) {
        kz_rollback_prepare(f.m);
        return;
    }
    if (err->code == KZ_E_CONFLICT)
        kz_engine_halt(f.m->e, err);
    kz_mod_fail(f.m, err);
}

/* An object that another module's inventory has moves with its entry: the new owner adopts it, the old
 * one forgets it (docs/internals/safety.md, prune rule 5). */
static void adopt(struct kz_mod *m, struct kz_store_module *rec, const struct kz_want_object *o)
{
    struct kz_store *store = m->e->store;
    struct kz_store_module *other = kz_store_owner(store, o->key);
    struct kz_store_entry *e = kz_store_add(store, rec, o->key, &o->id, o->version, o->wave);
    (void)e;
    if (other == NULL || other == rec)
        return;
    const struct kz_store_entry *old = kz_store_find(other, o->key);
    if (old != NULL && old->pub.uid.len > 0)
        kz_store_confirm(store, rec, o->key, old->pub.uid, old->pub.desired, old->pub.owned);
    kz_store_hand_over(store, other, o->key);
    kz_log(&m->log, KZ_INFO, "adopted", KZ_F("object", o->key), KZ_FS("from", other->name));
}

void kz_enter_journal(struct kz_mod *m)
{
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    m->hopeless = m->hook_failed = false;
    m->gate_from = 0;
    if (kz_takedown_recall(m))
        return;
    if (kz_tenants_refuse(m)) /* an older set, made true again: the rules may be newer than it */
        return;
    kz_mod_note_user(m);
    for (size_t i = 0; i < m->want->n + m->want->n_hooks; i++)
        if (!kz_engine_claimed_elsewhere(m->e, m, m->want->at[i].key) && kz_is_kept_track_of(m, &m->want->at[i]))
            adopt(m, rec, &m->want->at[i]);
    struct flush *f = malloc(sizeof *f);
    kz_assert(f != NULL);
    *f = (struct flush){.m = m, .epoch = m->epoch};
    kz_store_flush(m->e->store, on_flushed, f);
}
