/* SPDX-License-Identifier: Apache-2.0
 *
 * What people see of the engine: one word and one line per module. Reads everything, changes nothing
 * but the remembered word, whose age is shown. */
#include "sync/drift.h"
#include "sync/internal.h"
#include "sync/leave.h"

const char *kz_word_name(enum kz_word w)
{
    static const char *const names[KZ_WORD_COUNT_] = {
        [KZ_WORD_OK] = "ok",     [KZ_WORD_RUN] = "run",   [KZ_WORD_WAIT] = "wait",
        [KZ_WORD_HELD] = "held", [KZ_WORD_FAIL] = "fail", [KZ_WORD_DRIFT] = "drift",
        [KZ_WORD_SKIP] = "skip", [KZ_WORD_BACK] = "back", [KZ_WORD_UNKNOWN] = "unknown",
        [KZ_WORD_PAUSED] = "paused"};
    return names[w];
}

/* An object that is wrong although its module rests: NULL none. */
static const struct kz_live_rec *sick(const struct kz_mod *m, const struct kz_want_object **which)
{
    for (size_t i = 0; i < m->want->n; i++) {
        const struct kz_live_rec *r = kz_lives_find(m->e->lives, m->want->at[i].key);
        if (r != NULL && (r->health == KZ_HEALTH_FAILED || r->health == KZ_HEALTH_FAILING) &&
            kz_is_awaited(m, &m->want->at[i])) {
            *which = &m->want->at[i];
            return r;
        }
    }
    return NULL;
}

static struct kz_str drift_note(struct kz_arena *a, const struct kz_mod *m)
{
    size_t n = 0;
    const struct kz_want_object *first = kz_drift_first(m, &n);
    if (first == NULL)
        return KZ_STR("");
    const char *fight = kz_drift_fight(m, first->key);
    if (fight != NULL)
        return kz_str_printf(a, KZ_FMT " " KZ_FMT ": %s", KZ_ARG(first->id.kind), KZ_ARG(first->id.name), fight);
    const char *then = m->spec->self_heal == KZ_HEAL_IN_WINDOW && !kz_drift_may_heal(m) ? "; waits for a window" : "";
    return n == 1 ? kz_str_printf(a, KZ_FMT " " KZ_FMT " was changed in the cluster%s", KZ_ARG(first->id.kind),
                                  KZ_ARG(first->id.name), then)
                  : kz_str_printf(a, "%zu objects were changed in the cluster, " KZ_FMT " " KZ_FMT " first%s", n,
                                  KZ_ARG(first->id.kind), KZ_ARG(first->id.name), then);
}

/* What failed and its cause; the steps between are for the error itself. */
static struct kz_str err_note(struct kz_arena *a, const struct kz_err *err)
{
    if (err->depth == 0)
        return KZ_STR("");
    if (err->depth == 1)
        return kz_str_dup(a, kz_str(err->frame[0]));
    return kz_str_printf(a, "%s: %s", err->frame[err->depth - 1], err->frame[0]);
}

static void look_at_rest(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    const struct kz_want_object *which = NULL;
    const struct kz_live_rec *bad = sick(m, &which);
    v->word = KZ_WORD_OK;
    if (m->state == KZ_MOD_BACK || m->quarantined) {
        v->word = KZ_WORD_BACK;
        v->note = m->err != NULL ? err_note(a, m->err)
                                 : KZ_STR("the newest revision failed before and is set aside");
        v->err = m->err;
    } else if (m->held_n > 0) {
        v->word = KZ_WORD_HELD;
        v->note = kz_str_printf(a, "%zu object%s not deleted: %s", m->held_n, m->held_n == 1 ? " is" : "s are", m->held);
    } else if (bad != NULL) {
        v->word = KZ_WORD_FAIL;
        v->note = kz_str_printf(a, KZ_FMT " " KZ_FMT ": %s", KZ_ARG(which->id.kind), KZ_ARG(which->id.name),
                                bad->why == NULL ? kz_health_name(bad->health) : bad->why);
    } else {
        v->note = drift_note(a, m);
        if (v->note.len > 0)
            v->word = KZ_WORD_DRIFT;
    }
}

static void look_at(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    v->word = KZ_WORD_UNKNOWN;
    if (m->spec->paused.len > 0) {
        v->word = KZ_WORD_PAUSED;
        v->note = m->spec->paused;
        return;
    }
    if (m->render_err != NULL) {
        v->word = KZ_WORD_FAIL;
        v->err = m->render_err;
        v->note = err_note(a, m->render_err);
        return;
    }
    switch (m->state) {
    case KZ_MOD_IDLE:
        v->word = m->quarantined ? KZ_WORD_BACK : KZ_WORD_UNKNOWN;
        v->note = m->quarantined ? KZ_STR("the newest revision failed before and is set aside") : KZ_STR("");
        break;
    case KZ_MOD_JOURNAL:
    case KZ_MOD_CRDS:
    case KZ_MOD_CHECK:
    case KZ_MOD_PRESYNC:
    case KZ_MOD_APPLY:
    case KZ_MOD_SYNCHOOK:
    case KZ_MOD_GATE:
    case KZ_MOD_POSTSYNC:
    case KZ_MOD_PRUNE:
    case KZ_MOD_POSTDELETE:
    case KZ_MOD_SYNCFAIL:
        v->word = KZ_WORD_RUN;
        v->note = m->waiting_for != NULL ? kz_str_dup(a, kz_str(m->waiting_for))
                                         : kz_str(kz_mod_state_name(m->state));
        break;
    case KZ_MOD_WAIT:
        v->word = m->skipped ? KZ_WORD_SKIP : KZ_WORD_WAIT;
        v->note = m->waiting_for == NULL ? KZ_STR("") : kz_str_dup(a, kz_str(m->waiting_for));
        break;
    case KZ_MOD_OK:
    case KZ_MOD_BACK:
        look_at_rest(v, a, m);
        break;
    case KZ_MOD_FAILED:
        v->word = KZ_WORD_FAIL;
        v->err = m->err;
        v->note = m->err == NULL ? KZ_STR("") : err_note(a, m->err);
        break;
    case KZ_MOD_STATES_:
        break;
    }
}

static bool shown(const struct kz_mod *m)
{
    if (!m->removed)
        return true;
    return kz_store_module(m->e->store, kz_str(m->name))->entries.len > 0;
}

static int by_name(const void *a, const void *b)
{
    return kz_str_cmp(((const struct kz_module_view *)a)->name, ((const struct kz_module_view *)b)->name);
}

/* A look at the source that may find nothing new is rest, else every poll would be told to people. */
static bool calm(const struct kz_engine *e)
{
    bool polling = (e->cycle == KZ_CYCLE_RESOLVE && e->loaded_revision) || e->cycle == KZ_CYCLE_LOOK;
    return (e->cycle == KZ_CYCLE_IDLE || polling) && e->rendering == 0;
}

static const char *about_seed(const struct kz_engine *e)
{
    switch (e->seed == NULL ? KZ_SEED_NONE : kz_seed_state(e->seed)) {
    case KZ_SEED_MISSING:
        return "there is no key for them yet; the first sync makes it, and them";
    case KZ_SEED_FORBIDDEN:
        return "their key may not be read by you; they are taken to stay as they are";
    case KZ_SEED_NONE:
    case KZ_SEED_ASKING:
    case KZ_SEED_READY:
        break;
    }
    return NULL;
}

void kz_engine_look(struct kz_engine_view *out, struct kz_arena *a, const struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    *out = (struct kz_engine_view){
        .platform = kz_str(e->platform_name), .revision = e->revision, .subject = e->subject,
        .author = e->author, .loaded = e->platform != NULL,
        .source_err = e->source_err.code != KZ_OK ? &e->source_err : NULL,
        .generated = about_seed(e),
        .leads = kz_engine_leads(e),
        .leader = e->leader != NULL ? kz_str(e->leader) : kz_engine_leads(e) ? e->opt.identity : KZ_STR(""),
        .settled = calm(e)};
    out->modules = kz_new_n(a, struct kz_module_view, e->mods.len + 1);
    if (!e->store_loaded)
        return;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (!shown(m))
            continue;
        struct kz_module_view *v = &out->modules[out->n_modules++];
        *v = (struct kz_module_view){.name = kz_str(m->name), .applied = m->applied, .removed = m->pruned,
                                     .took = m->took, .plan = m->plan,
                                     .objects = m->want == NULL ? 0 : m->want->n};
        const struct kz_store_module *rec = kz_store_module(e->store, kz_str(m->name));
        v->revision = kz_str(rec->revision);
        v->after = kz_str(rec->after);
        look_at(v, a, m);
        if (m->want != NULL)
            (void)kz_mod_healthy(m, &v->healthy);
        if (v->word != m->word) {
            m->word = v->word;
            m->since = kz_env_wall(e->env);
        }
        v->since = m->since;
        out->objects += v->objects;
        out->words[v->word]++;
        out->settled &= kz_mod_at_rest(m) || m->state == KZ_MOD_FAILED; /* a later retry is news then */
    }
    qsort(out->modules, out->n_modules, sizeof *out->modules, by_name);
}
