/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/steer.h"

#include "sync/hold.h"
#include "sync/internal.h"

enum { WISH_BYTES = 64 << 10 };

struct kept_wishes {
    struct kz_arena *arena; /* of its strings, and itself */
    struct kz_str module;
    struct kz_wishes pub;
};

/* ---- what is kept --------------------------------------------------------------------------------------- */

const struct kz_wishes *kz_steer_wishes(const struct kz_engine *e, struct kz_str module)
{
    const struct kept_wishes *k = kz_map_find(&e->wishes, module);
    return k == NULL ? NULL : &k->pub;
}

static bool are_none(const struct kz_wishes *w)
{
    return w->pause.reason.len == 0 && kz_hash_is_none(w->approval.set) && w->override.reason.len == 0;
}

static void forget(struct kz_engine *e, struct kz_str module)
{
    struct kept_wishes *k = kz_map_del(&e->wishes, module);
    if (k != NULL)
        kz_arena_free(k->arena);
}

static void keep(struct kz_engine *e, struct kz_str module, const struct kz_wishes *w)
{
    struct kz_arena *a = kz_arena_new(WISH_BYTES);
    struct kept_wishes *k = kz_new(a, struct kept_wishes);
    *k = (struct kept_wishes){.arena = a, .module = kz_str_dup(a, module), .pub = *w};
    k->pub.pause.reason = kz_str_dup(a, w->pause.reason);
    k->pub.pause.by = kz_str_dup(a, w->pause.by);
    k->pub.approval.revision = kz_str_dup(a, w->approval.revision);
    k->pub.approval.by = kz_str_dup(a, w->approval.by);
    k->pub.approval.reason = kz_str_dup(a, w->approval.reason);
    k->pub.override.reason = kz_str_dup(a, w->override.reason);
    k->pub.override.by = kz_str_dup(a, w->override.by);
    k->pub.override.revision = kz_str_dup(a, w->override.revision);
    (void)kz_map_put(&e->wishes, k->module, k);
}

void kz_steer_done(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->wishes, &i)) != NULL;)
        kz_arena_free(((struct kept_wishes *)slot->val)->arena);
    kz_map_done(&e->wishes);
}

/* ---- news ----------------------------------------------------------------------------------------------- */

static void look_at_all(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;)
        kz_hold_look(slot->val);
}

void kz_engine_steer(struct kz_engine *e, struct kz_str module, const struct kz_wishes *wishes)
{
    struct kz_mod *m = module.len == 0 ? NULL : kz_engine_mod(e, module);
    forget(e, module);
    if (!are_none(wishes))
        keep(e, module, wishes);
    if (module.len == 0)
        look_at_all(e);
    else if (m != NULL)
        kz_hold_look(m);
}

bool kz_steer_waits(const struct kz_engine *e)
{
    return e->opt.steered && !e->steer_ready;
}

void kz_engine_steer_ready(struct kz_engine *e)
{
    if (e->steer_ready)
        return;
    e->steer_ready = true;
    if (e->lives != NULL && kz_lives_ready(e->lives) && !e->stopped)
        kz_cycle_lists_ready(e);
    kz_engine_kick(e);
}

/* ---- now ------------------------------------------------------------------------------------------------ */

static void try_now(struct kz_mod *m)
{
    if (m->state == KZ_MOD_FAILED && m->want != NULL && !m->e->stopped)
        kz_retry_now(m);
    else
        kz_hold_look(m);
}

int kz_engine_sync_now(struct kz_engine *e, struct kz_str module, struct kz_err *err)
{
    const struct kz_map_slot *slot;
    struct kz_mod *m = module.len == 0 ? NULL : kz_engine_mod(e, module);
    if (module.len > 0 && m == NULL)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no module '" KZ_FMT "'", KZ_ARG(module));
    for (size_t i = 0; m == NULL && (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        (void)kz_engine_release(e, slot->key);
        try_now(slot->val);
    }
    if (m != NULL) {
        (void)kz_engine_release(e, module);
        try_now(m);
    }
    kz_cycle_poll(e);
    return 0;
}
