/* SPDX-License-Identifier: Apache-2.0
 *
 * What people see of the engine: one word and one line per module. Reads everything, changes nothing
 * but the remembered word, whose age is shown. */
#include "base/clock.h"
#include "sync/drift.h"
#include "sync/hold.h"
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

static struct kz_str drift_note(bool *fights, struct kz_arena *a, const struct kz_mod *m)
{
    size_t n = 0;
    const struct kz_want_object *first = kz_drift_first(m, &n);
    if (first == NULL)
        return KZ_STR("");
    const char *fight = kz_drift_fight(m, first->key);
    *fights = fight != NULL;
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

/* "everything that the module has would go: needs approval" is a reason whose end is said already. */
static struct kz_str guard_of(const char *why)
{
    const struct kz_str s = kz_str(why), end = KZ_STR(": needs approval");
    return kz_str_ends(s, end) ? kz_str_head(s, s.len - end.len) : s;
}

/* Removals that wait: for policy, or behind a guard. */
static void look_at_removals(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    struct kz_stops s;
    const bool plural = m->held_n != 1;
    const struct kz_str what = kz_str_printf(a, "delete of %zu object%s", m->held_n, plural ? "s" : "");
    v->word = KZ_WORD_HELD;
    v->held_by = m->held_by;
    v->cls = KZ_CLASS_DESTRUCTIVE;
    if (m->held_policy && kz_policy_stops(&s, m, KZ_CLASS_DESTRUCTIVE, m->want) && !s.paused) {
        v->opens = s.window && s.opens != KZ_WINDOW_NEVER ? s.opens : 0;
        v->note = kz_policy_text(a, m, &s, what);
    } else if ((m->held_by & KZ_HELD_APPROVAL) != 0 && m->e->opt.mode == KZ_MODE_RUN) {
        v->note = kz_str_printf(a, KZ_FMT " needs approval: kzsync approve %s (" KZ_FMT ")", KZ_ARG(what), m->name,
                                KZ_ARG(guard_of(m->held)));
    } else {
        v->note = kz_str_printf(a, "%zu object%s not deleted: %s", m->held_n, plural ? "s are" : " is", m->held);
    }
}

static void look_at_rest(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    const struct kz_want_object *which = NULL;
    const struct kz_live_rec *bad = sick(m, &which);
    v->word = KZ_WORD_OK;
    if ((m->state == KZ_MOD_BACK && !m->standing) || m->quarantined) {
        v->word = KZ_WORD_BACK;
        v->note = m->err != NULL ? err_note(a, m->err)
                                 : KZ_STR("the newest revision failed before and is set aside");
        v->err = m->err;
    } else if (m->held_n > 0) {
        look_at_removals(v, a, m);
    } else if (bad != NULL) {
        v->word = KZ_WORD_FAIL;
        v->note = kz_str_printf(a, KZ_FMT " " KZ_FMT ": %s", KZ_ARG(which->id.kind), KZ_ARG(which->id.name),
                                bad->why == NULL ? kz_health_name(bad->health) : bad->why);
    } else {
        v->note = drift_note(&v->fight, a, m);
        if (v->note.len > 0)
            v->word = KZ_WORD_DRIFT;
    }
}

static void look_at(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    v->word = KZ_WORD_UNKNOWN;
    if (m->render_err != NULL) {
        v->word = KZ_WORD_FAIL;
        v->err = m->render_err;
        v->note = err_note(a, m->render_err);
        v->violates = m->violates != KZ_VIOLATES_NOTHING;
        return;
    }
    switch (m->state) {
    case KZ_MOD_IDLE:
        v->word = m->quarantined ? KZ_WORD_BACK : KZ_WORD_UNKNOWN;
        v->note = m->quarantined            ? KZ_STR("the newest revision failed before and is set aside")
                  : kz_steer_waits(m->e) ? KZ_STR("what people want of it is being read")
                                         : KZ_STR("");
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
        v->violates = m->violates != KZ_VIOLATES_NOTHING;
        v->err = m->err;
        v->note = m->err == NULL ? KZ_STR("") : err_note(a, m->err);
        break;
    case KZ_MOD_STATES_:
        break;
    }
}

static void note_stops(struct kz_module_view *v, const struct kz_stops *s)
{
    v->held_by = (s->window ? KZ_HELD_WINDOW : 0U) | (s->approval ? KZ_HELD_APPROVAL : 0U);
    v->opens = s->window && s->opens != KZ_WINDOW_NEVER ? s->opens : 0;
}

/* It failed, and may not be tried again now. */
static void look_at_retry(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    struct kz_stops s;
    if (m->state != KZ_MOD_FAILED || !m->retry_held || !kz_policy_stops(&s, m, m->cls, m->want))
        return;
    note_stops(v, &s);
    v->cls = m->cls;
    if (!s.paused)
        v->note = kz_str_printf(a, KZ_FMT "; not tried again: " KZ_FMT, KZ_ARG(v->note),
                                KZ_ARG(kz_policy_text(a, m, &s, kz_str_printf(a, "%s class", kz_class_name(m->cls)))));
}

/* Of what is held: a newer set, or removals of the present one. */
static void look_at_change(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    const struct kz_change_count *c = kz_hold_change(m);
    if (c == NULL && (m->hold != NULL || m->held_n == 0))
        return;
    struct kz_change_count *copy = kz_new(a, struct kz_change_count);
    *copy = c != NULL ? *c : (struct kz_change_count){.removes = m->held_n};
    v->change = copy;
}

/* What waits beside the machine, and the class of what runs in it. */
static void look_at_policy(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    const bool runs = v->word == KZ_WORD_RUN || v->word == KZ_WORD_WAIT || v->word == KZ_WORD_SKIP;
    const struct kz_want *newest = m->quarantined && m->aside != NULL ? m->aside : kz_mod_newest(m);
    const struct kz_stops *s = kz_hold_stops(m);
    struct kz_wish_pause p;
    if (newest != NULL) {
        v->set = kz_want_content(newest);
        v->target = newest->revision;
    }
    if (runs && !m->standing)
        v->cls = m->cls;
    look_at_change(v, a, m);
    if (kz_policy_paused(&p, m)) {
        struct kz_wish_pause *copy = kz_new(a, struct kz_wish_pause);
        *copy = p;
        v->paused = copy;
    }
    if (s == NULL) {
        look_at_retry(v, a, m);
        return;
    }
    v->cls = kz_hold_class(m);
    note_stops(v, s);
    if (v->word == KZ_WORD_OK || v->word == KZ_WORD_UNKNOWN || v->word == KZ_WORD_HELD || v->word == KZ_WORD_DRIFT) {
        v->word = kz_hold_is_weighed(m) ? KZ_WORD_HELD : KZ_WORD_RUN;
        v->note = kz_hold_text(a, m);
    }
}

/* A pause is told of what is at rest: what has begun goes on to its end. */
static void look_at_pause(struct kz_module_view *v, struct kz_arena *a, const struct kz_mod *m)
{
    char until[KZ_TIME_TEXT];
    const struct kz_wish_pause *p = v->paused;
    if (p == NULL || (v->word == KZ_WORD_RUN && (m->begun || m->standing) && m->hold == NULL))
        return;
    v->word = KZ_WORD_PAUSED;
    v->err = NULL;
    kz_time_text(until, p->until);
    v->note = kz_str_printf(a, KZ_FMT "%s%s%s", KZ_ARG(p->reason), p->until == 0 ? "" : ", until ",
                            p->until == 0 ? "" : until, v->cls > KZ_CLASS_NONE && m->hold != NULL ? "; a newer revision waits" : "");
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

/* The inventory remembers what was healthy last, so a restart does not make a module look behind. */
static void look_behind(struct kz_mod *m)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const bool known = !kz_hash_is_none(m->newest);
    const bool behind = m->render_err != NULL || (known && !m->removed && !kz_hash_eq(rec->render, m->newest));
    if (!behind)
        m->counts.behind_since = 0;
    else if (m->counts.behind_since == 0)
        m->counts.behind_since = kz_env_wall(m->e->env);
}

bool kz_engine_is_ready(struct kz_buf *why, const struct kz_engine *e)
{
    char line[KZ_ERR_TEXT];
    if (e->platform != NULL && !e->stopped)
        return true;
    if (e->stopped)
        kz_buf_puts(why, "it is ending");
    else if (e->source_err.code != KZ_OK)
        kz_buf_puts(why, kz_err_line(line, sizeof line, &e->source_err));
    else if (e->cycle == KZ_CYCLE_START)
        kz_buf_puts(why, "what the cluster serves is being read");
    else if (e->cycle == KZ_CYCLE_LOAD)
        kz_buf_puts(why, "the definitions are being read");
    else
        kz_buf_puts(why, "the source is being read");
    return false;
}

void kz_engine_look(struct kz_engine_view *out, struct kz_arena *a, const struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    *out = (struct kz_engine_view){
        .platform = kz_str(e->platform_name), .revision = e->revision, .subject = e->subject,
        .author = e->author, .loaded = e->platform != NULL,
        .sandbox = e->opt.sandbox,
        .source_err = e->source_err.code != KZ_OK ? &e->source_err : NULL,
        .generated = about_seed(e),
        .leads = kz_engine_leads(e),
        .lead_err = e->lead_err.code == KZ_OK ? NULL : &e->lead_err,
        .leader = e->leader != NULL ? kz_str(e->leader) : kz_engine_leads(e) ? e->opt.identity : KZ_STR(""),
        .settled = calm(e), .complete = e->platform != NULL && e->store_loaded,
        .looks = e->looks, .looking = e->cycle == KZ_CYCLE_RESOLVE};
    if (e->platform != NULL) {
        out->shown = e->platform->shown;
        out->file = e->platform->file;
    }
    out->modules = kz_new_n(a, struct kz_module_view, e->mods.len + 1);
    if (!e->store_loaded)
        return;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (!shown(m))
            continue;
        struct kz_module_view *v = &out->modules[out->n_modules++];
        *v = (struct kz_module_view){.name = kz_str(m->name), .applied = m->applied, .removed = m->pruned,
                                     .took = m->took, .synced = m->synced, .result = m->result, .plan = m->plan,
                                     .shown = m->spec->shown, .file = m->spec->file, .line = m->spec->line,
                                     .spec = m->spec, .counts = &m->counts, .sync = kz_str(m->attempt.id),
                                     .objects = m->want == NULL ? 0 : m->want->n};
        const struct kz_store_module *rec = kz_store_module(e->store, kz_str(m->name));
        v->revision = kz_str(rec->revision);
        v->after = kz_str(rec->after);
        v->tenant = m->spec->tenant != NULL ? m->spec->tenant->name : m->removed ? kz_str(rec->tenant) : KZ_STR("");
        look_at(v, a, m);
        look_at_policy(v, a, m);
        look_at_pause(v, a, m);
        if (m->want != NULL)
            (void)kz_mod_healthy(m, &v->healthy);
        if (v->word != m->word) {
            m->word = v->word;
            m->since = kz_env_wall(e->env);
        }
        v->since = m->since;
        look_behind(m);
        out->objects += v->objects;
        out->words[v->word]++;
        out->settled &= kz_mod_at_rest(m) || m->state == KZ_MOD_FAILED; /* a later retry is news then */
    }
    qsort(out->modules, out->n_modules, sizeof *out->modules, by_name);
}
