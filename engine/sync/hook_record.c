/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/hook_record.h"

static struct kz_store_entry *entry_of(const struct kz_mod *m, struct kz_str key)
{
    return kz_store_find(kz_store_module(m->e->store, kz_str(m->name)), key);
}

/* A failed sync is told of each time that it is another's. */
static struct kz_hash content(const struct kz_want *w, const struct kz_want_object *o, enum kz_phase phase)
{
    bool one_phase = (o->hook->phases & (o->hook->phases - 1)) == 0;
    bool per_set = o->hook->when_synced || phase == KZ_PHASE_SYNC_FAIL;
    if (one_phase && !per_set)
        return o->hash;
    const struct kz_hash parts[] = {
        o->hash, per_set ? w->set : (struct kz_hash){0}, {.lo = (uint64_t)phase}
    };
    return kz_hash(kz_str_n((const char *)parts, sizeof parts));
}

struct kz_hash kz_hook_content(const struct kz_mod *m, const struct kz_want_object *o, enum kz_phase phase)
{
    return content(m->want, o, phase);
}

/* A later phase of the same content was reached through this one. */
static bool has_run(const struct kz_mod *m, const struct kz_want *w, const struct kz_want_object *o, enum kz_phase phase)
{
    const struct kz_store_entry *e = entry_of(m, o->key);
    for (unsigned p = phase; e != NULL && p <= KZ_PHASE_POST_DELETE; p <<= 1) {
        if ((o->hook->phases & p) != 0 && kz_hash_eq(e->pub.desired, content(w, o, (enum kz_phase)p)))
            return true;
    }
    return false;
}

void kz_hook_remember(struct kz_mod *m, const struct kz_want_object *o, struct kz_str uid, struct kz_hash done)
{
    kz_store_confirm(m->e->store, kz_store_module(m->e->store, kz_str(m->name)), o->key, uid, done, (struct kz_hash){0});
    kz_store_flush_soon(m->e->store);
}

void kz_hook_started(struct kz_mod *m, const struct kz_want_object *o, struct kz_str uid)
{
    const struct kz_store_entry *e = entry_of(m, o->key);
    kz_hook_remember(m, o, uid, e == NULL ? (struct kz_hash){0} : e->pub.desired);
}

/* What stands in the cluster without having come from us was installed by somebody else. */
static bool is_there(const struct kz_mod *m)
{
    for (size_t i = 0; i < m->want->n; i++) {
        const struct kz_store_entry *e = entry_of(m, m->want->at[i].key);
        bool applied = e != NULL && e->pub.uid.len > 0;
        if (!applied && kz_lives_find(m->e->lives, m->want->at[i].key) != NULL)
            return true;
    }
    return false;
}

void kz_hook_decide(struct kz_mod *m)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    bool was_healthy = rec->revision[0] != '\0';
    m->installs = !was_healthy && !is_there(m);
    m->upgrades = !m->installs && !(was_healthy && kz_hash_eq(rec->render, m->want->key));
}

bool kz_hook_due(const struct kz_mod *m, const struct kz_want_object *o, enum kz_phase phase)
{
    const struct kz_hook *h = o->hook;
    bool always = h->on_install && h->on_upgrade;
    return m->partial == NULL && (h->phases & (unsigned)phase) != 0 && !has_run(m, m->want, o, phase) &&
           (always || (h->on_install && m->installs) || (h->on_upgrade && m->upgrades));
}

bool kz_hook_any_new(const struct kz_mod *m, const struct kz_want *w)
{
    static const enum kz_phase phases[] = {KZ_PHASE_PRE_SYNC, KZ_PHASE_SYNC, KZ_PHASE_POST_SYNC};
    for (size_t i = 0; i < w->n_hooks; i++) {
        const struct kz_want_object *o = &w->at[w->n + i];
        for (size_t k = 0; k < kz_countof(phases); k++)
            if ((o->hook->phases & (unsigned)phases[k]) != 0 && o->hook->on_upgrade && !has_run(m, w, o, phases[k]))
                return true;
    }
    return false;
}
