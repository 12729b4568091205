/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/leave.h"
#include "sync/internal.h"

static bool is_foreign(const struct kz_mod *m, const struct kz_want_object *o)
{
    return o->hook == NULL && m->steps != NULL && m->steps[o - m->want->at].foreign;
}

static bool is_off(const struct kz_live_rec *live)
{
    return live != NULL && live->opt.apply == KZ_APPLY_WORD_NEVER;
}

bool kz_leaves(const struct kz_mod *m, const struct kz_want_object *o)
{
    const struct kz_live_rec *live = kz_lives_find(m->e->lives, o->key);
    if (o->opt.apply == KZ_APPLY_WORD_NEVER || is_off(live) || kz_rollback_leaves(m, o))
        return true;
    return o->opt.apply == KZ_APPLY_WORD_IF_ABSENT && (live != NULL || is_foreign(m, o));
}

bool kz_is_awaited(const struct kz_mod *m, const struct kz_want_object *o)
{
    const bool there = kz_lives_find(m->e->lives, o->key) != NULL;
    return !o->opt.ignore_health && !(o->opt.apply == KZ_APPLY_WORD_NEVER && !there) && !is_foreign(m, o);
}

bool kz_is_kept_track_of(const struct kz_mod *m, const struct kz_want_object *o)
{
    return o->opt.apply != KZ_APPLY_WORD_NEVER && !is_foreign(m, o);
}

/* The key was written ahead; without a uid it would only be a removal that is held for ever. */
void kz_leave_to_others(struct kz_mod *m, struct kz_step_now *s)
{
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const struct kz_store_entry *entry = kz_store_find(rec, s->o->key);
    s->foreign = true;
    s->todo = false;
    if (entry == NULL || entry->pub.uid.len > 0)
        return;
    kz_store_forget(m->e->store, rec, s->o->key);
    kz_store_flush_soon(m->e->store);
}

bool kz_is_kept(const struct kz_live_rec *live)
{
    return live != NULL && (live->opt.prune == KZ_PRUNE_NEVER || is_off(live));
}
