/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/attempt.h"

#include <inttypes.h>

#include "sync/internal.h"

/* Attempts of one module differ by their time, those of two modules by the name. */
static void make_id(struct kz_mod *m)
{
    char text[512];
    const struct kz_hash *key = &m->want->key;
    (void)snprintf(text, sizeof text, "%s %016" PRIx64 " %" PRId64, m->name, key->hi, kz_env_wall(m->e->env));
    const struct kz_hash id = kz_hash(kz_str(text));
    (void)snprintf(m->attempt.id, sizeof m->attempt.id, "%08" PRIx64, id.hi >> 32);
}

static void note_revision(struct kz_mod *m)
{
    struct kz_attempt *a = &m->attempt;
    (void)snprintf(a->revision, sizeof a->revision, KZ_FMT, KZ_ARG(kz_revision_short(m->want->revision)));
    m->log.fields[1] = KZ_FS("revision", a->revision);
    m->log.fields[2] = KZ_FS("sync", a->id);
}

void kz_attempt_begin(struct kz_mod *m, enum kz_attempt_why why)
{
    if (m->attempt.open && why == KZ_ATTEMPT_BACK) {
        m->attempt.why = why;
        note_revision(m);
        return;
    }
    kz_attempt_end(m, KZ_SYNC_SUPERSEDED);
    m->attempt.open = true;
    m->attempt.why = why;
    m->attempt.began = kz_env_mono(m->e->env);
    make_id(m);
    note_revision(m);
}

void kz_attempt_end(struct kz_mod *m, enum kz_sync_result result)
{
    struct kz_module_counts *c = &m->counts;
    if (!m->attempt.open)
        return;
    m->attempt.open = false;
    c->syncs[result]++;
    c->last_took = kz_env_mono(m->e->env) - m->attempt.began;
    c->last_at = kz_env_wall(m->e->env);
    c->last_result = result;
    kz_histogram_add(&m->e->counts.syncs[result], KZ_SCALE_SYNC, c->last_took);
}

void kz_attempt_end_back(struct kz_mod *m)
{
    kz_attempt_end(m, m->attempt.why == KZ_ATTEMPT_BACK ? KZ_SYNC_ROLLEDBACK : KZ_SYNC_OK);
}

void kz_attempt_gate_over(struct kz_mod *m)
{
    kz_histogram_add(&m->e->counts.gates[m->gate_for], KZ_SCALE_SYNC, kz_env_mono(m->e->env) - m->gate_since);
}
