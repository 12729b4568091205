/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/hold.h"

#include "sync/drift.h"
#include "sync/internal.h"
#include "sync/weigh.h"

/* Clocks may be set while a timer runs, so none runs longer than AGAIN. A class is old after WEIGHED: what lives may
 * have changed since. */
enum { AGAIN_SEC = 60, TRY_AGAIN_SEC = 5, WEIGHED_SEC = 30 };

struct kz_hold {
    struct kz_want *want;
    bool removed;                 /* it is the end of the module, which is not in git any more */
    struct kz_weighing *weighing; /* NULL: it is not asked about just now */
    enum kz_class cls;
    bool known, asked;            /* its class is; and by the server's word */
    int64_t weighed;              /* mono: when that was */
    struct kz_stops stops;
    struct kz_change_count change;      /* once the class is known */
    bool said;                    /* that it is held was logged */
    bool no_way;                  /* what runs now is not in the history: nothing to stand on */
    char *doubt;                  /* what the server has against it; NULL nothing */
};

static void examine(struct kz_mod *m);

/* ---- what waits ----------------------------------------------------------------------------------------- */

struct kz_want *kz_hold_want(const struct kz_mod *m)
{
    return m->hold == NULL ? NULL : m->hold->want;
}

enum kz_class kz_hold_class(const struct kz_mod *m)
{
    return m->hold == NULL ? KZ_CLASS_NONE : m->hold->cls;
}

bool kz_hold_is_weighed(const struct kz_mod *m)
{
    return m->hold != NULL && m->hold->known;
}

const struct kz_stops *kz_hold_stops(const struct kz_mod *m)
{
    return m->hold == NULL ? NULL : &m->hold->stops;
}

static void hold_free(struct kz_hold *h)
{
    kz_weigh_end(h->weighing);
    kz_want_unref(h->want);
    free(h->doubt);
    free(h);
}

void kz_hold_drop(struct kz_mod *m)
{
    struct kz_hold *h = m->hold;
    kz_env_timer_stop(m->e->env, &m->hold_timer);
    m->hold = NULL;
    if (h != NULL)
        hold_free(h);
}

static void hold_new(struct kz_mod *m, struct kz_want *w)
{
    kz_hold_drop(m);
    m->hold = calloc(1, sizeof *m->hold);
    kz_assert(m->hold != NULL);
    *m->hold = (struct kz_hold){.want = w, .removed = m->removed, .stops.again = INT64_MAX};
}

/* ---- in time -------------------------------------------------------------------------------------------- */

static void on_timer(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->hold_timer = 0;
    kz_hold_look(m);
}

static void look_after(struct kz_mod *m, int64_t ns)
{
    kz_env_timer_stop(m->e->env, &m->hold_timer);
    m->hold_timer = kz_env_timer(m->e->env, ns, on_timer, m);
}

/* In a one-shot run nobody waits. */
static void look_at(struct kz_mod *m, int64_t again)
{
    const int64_t most = AGAIN_SEC * KZ_NS_PER_SEC;
    int64_t left = again == INT64_MAX ? most : again - kz_env_wall(m->e->env);
    left = left < 0 ? 0 : left > most ? most : left;
    if (m->e->opt.mode == KZ_MODE_RUN && !m->e->stopped)
        look_after(m, left);
}

/* ---- begun, or not ---------------------------------------------------------------------------------------- */

/* To the machine; past this place for good when `begun`. */
static void let_in(struct kz_mod *m, bool begun)
{
    struct kz_hold *h = m->hold;
    struct kz_want *w = kz_want_ref(h->want);
    const struct kz_log log = kz_mod_log_newest(m);
    if (h->said)
        kz_log(&log, KZ_INFO, "let-in", KZ_FS("class", kz_class_name(h->cls)));
    m->next_cls = h->cls;
    m->next_begun = begun;
    kz_hold_drop(m);
    kz_mod_want(m, w);
}

static void say_held(struct kz_mod *m)
{
    struct kz_hold *h = m->hold;
    char text[KZ_WINDOW_NAME + 32];
    if (h->said)
        return;
    h->said = true;
    const struct kz_log log = kz_mod_log_newest(m);
    kz_log(&log, KZ_INFO, "held", KZ_FS("class", kz_class_name(h->cls)), KZ_FS("reason", kz_policy_brief(text, &h->stops)));
}

/* ---- what it stands on meanwhile ---------------------------------------------------------------------------- */

/* After a start nobody knows the set that runs: the newest healthy one of the history is it, unless the newest set
 * had begun to take its place. Half of a set is worse than a late one: that is ended. */
static void on_recalled(void *arg, struct kz_want *w, const struct kz_err *err)
{
    struct kz_mod *m = arg;
    char line[KZ_ERR_TEXT];
    m->recalling = false;
    kz_engine_kick(m->e);
    if (err != NULL)
        kz_log(&m->log, KZ_WARN, "no-way-back", KZ_FS("reason", kz_err_line(line, sizeof line, err)));
    if (m->hold == NULL || m->want != NULL || m->next != NULL || m->state != KZ_MOD_IDLE || m->e->stopped) {
        kz_want_unref(w);
        return;
    }
    const enum kz_stand stand = w == NULL ? KZ_STAND_UNKNOWN : kz_weigh_stand(m, w, m->hold->want);
    if (stand == KZ_STAND_LAST) {
        kz_want_unref(m->good);
        m->good = kz_want_ref(w);
        m->hold->asked = false; /* what it makes true changes what the held one does */
        kz_mod_stand_on(m, w);
        return;
    }
    kz_want_unref(w);
    if (stand == KZ_STAND_BEGUN)
        let_in(m, true);
    else
        m->hold->no_way = err == NULL;
}

static void find_stand(struct kz_mod *m)
{
    const bool stands = m->want != NULL || m->next != NULL || m->recalling || m->state != KZ_MOD_IDLE;
    if (stands || m->removed || m->hold->no_way || m->e->opt.mode != KZ_MODE_RUN || m->e->history == NULL)
        return;
    m->recalling = true;
    kz_history_load(m->e->history, kz_str(m->name), KZ_STR(""), (struct kz_hash){0}, on_recalled, m);
}

/* ---- the question ------------------------------------------------------------------------------------------- */

static void on_weighed(struct kz_mod *m, const struct kz_weighing *g)
{
    struct kz_hold *h = m->hold;
    const struct kz_err *failed = kz_weigh_failed(g);
    char line[KZ_ERR_TEXT];
    const char *doubt = failed != NULL ? kz_err_line(line, sizeof line, failed) : kz_weigh_doubt(g);
    free(h->doubt);
    h->doubt = doubt[0] == '\0' ? NULL : strdup(doubt);
    /* A one-shot run does not wait for what may be a long time: what nobody knows may be anything. */
    h->known = failed == NULL || m->e->opt.mode != KZ_MODE_RUN;
    h->cls = failed == NULL ? kz_weigh_class(g) : KZ_CLASS_DESTRUCTIVE;
    kz_weigh_count(&h->change, m, h->want, g);
    h->asked = true;
    h->weighed = kz_env_mono(m->e->env);
    kz_weigh_end(h->weighing);
    h->weighing = NULL;
    kz_engine_kick(m->e);
    if (h->known)
        examine(m);
    else
        look_after(m, TRY_AGAIN_SEC * KZ_NS_PER_SEC);
}

static void weigh(struct kz_mod *m)
{
    if (m->hold->weighing == NULL && !m->e->stopped)
        m->hold->weighing = kz_weigh_begin(m, m->hold->want, on_weighed);
}

/* By what is known of its class. */
static void examine(struct kz_mod *m)
{
    struct kz_hold *h = m->hold;
    if (m->e->stopped)
        return;
    if (h->removed != m->removed) { /* it left git, or came back: what follows from that comes, this is nobody's wish */
        kz_hold_drop(m);
        return;
    }
    if (!kz_policy_stops(&h->stops, m, h->cls, h->want)) {
        let_in(m, false);
        return;
    }
    say_held(m);
    look_at(m, h->stops.again);
    if (m->state == KZ_MOD_WAIT)
        (void)kz_hold_lets_begin(m); /* an older one would be out of date before it begins */
    find_stand(m);
    kz_engine_kick(m->e);
}

/* By what is known here; where nothing depends on the class, by a guess. false: the server has to be asked. */
static bool find_class(struct kz_mod *m)
{
    struct kz_hold *h = m->hold;
    h->known = kz_weigh_known(&h->cls, m, h->want);
    if (!h->known && !kz_policy_minds_class(m)) {
        h->cls = kz_weigh_guess(m, h->want);
        h->known = true;
    }
    if (h->known)
        kz_weigh_count(&h->change, m, h->want, NULL);
    return h->known;
}

static void weigh_and_examine(struct kz_mod *m)
{
    if (find_class(m))
        examine(m);
    else
        weigh(m);
}

void kz_hold_take(struct kz_mod *m, struct kz_want *w)
{
    kz_policy_note(m);
    kz_want_unref(m->next); /* older, and not begun */
    m->next = NULL;
    hold_new(m, w);
    weigh_and_examine(m);
}

/* ---- what was let in ------------------------------------------------------------------------------------------ */

/* Takes it back out of the machine, and asks anew what it does; what is older than what waits is dropped. */
static void hold_again(struct kz_mod *m)
{
    const bool newer = m->hold != NULL;
    struct kz_want *w = kz_mod_give_up(m);
    if (newer)
        kz_want_unref(w);
    else
        hold_new(m, w);
    if (m->good != NULL && m->e->opt.mode == KZ_MODE_RUN)
        kz_mod_stand_on(m, kz_want_ref(m->good));
    if (!newer)
        weigh_and_examine(m);
    else if (m->hold->known)
        find_stand(m);
}

bool kz_hold_lets_begin(struct kz_mod *m)
{
    struct kz_stops s;
    if (m->begun || m->rolling_back || m->e->stopped ||
        (m->hold == NULL && !kz_policy_stops(&s, m, m->cls, m->want)))
        return true;
    hold_again(m);
    return false;
}

bool kz_hold_lets_retry(struct kz_mod *m)
{
    struct kz_stops s;
    m->retry_held = false;
    const bool outdated = !m->begun && m->hold != NULL;
    if (m->rolling_back || m->e->stopped || (!outdated && !kz_policy_stops(&s, m, m->cls, m->want)))
        return true;
    if (!m->begun) {
        hold_again(m);
        return false;
    }
    m->retry_held = true;
    look_at(m, s.again);
    return false;
}

void kz_hold_watch(struct kz_mod *m)
{
    struct kz_stops s;
    if (m->hold == NULL && kz_policy_stops(&s, m, KZ_CLASS_DESTRUCTIVE, m->want))
        look_at(m, s.again);
}

/* What is to be taken at the next safe point may not begin any more. */
static void take_back_next(struct kz_mod *m)
{
    struct kz_stops s;
    if (m->next == NULL || m->next_begun || !kz_policy_stops(&s, m, m->next_cls, m->next))
        return;
    struct kz_want *w = m->next;
    m->next = NULL;
    if (m->hold != NULL)
        kz_want_unref(w);
    else
        hold_new(m, w);
}

/* Nothing is let in on the word of long ago. */
static void look_at_held(struct kz_mod *m)
{
    struct kz_hold *h = m->hold;
    const bool fresh = h->asked && kz_env_mono(m->e->env) - h->weighed <= WEIGHED_SEC * KZ_NS_PER_SEC;
    if (h->weighing != NULL)
        return;
    if (h->known && (fresh || kz_policy_stops(&h->stops, m, h->cls, h->want)))
        examine(m);
    else
        weigh_and_examine(m);
}

/* What was held of the removals may go. */
static void look_at_removals(struct kz_mod *m)
{
    struct kz_stops s;
    if (m->state != KZ_MOD_OK || m->held_n == 0 || (m->held_by == KZ_HELD_PRUNE && !m->held_policy))
        return;
    if (kz_policy_stops(&s, m, KZ_CLASS_DESTRUCTIVE, m->want))
        look_at(m, s.again);
    else if (m->held_policy || kz_policy_approved(m, m->want))
        kz_held_again(m);
}

/* The end of a pause is news, whatever waits for it. */
static void watch_pause(struct kz_mod *m)
{
    struct kz_wish_pause p;
    if (m->hold_timer == 0 && kz_policy_paused(&p, m) && p.until != 0)
        look_at(m, p.until);
}

void kz_hold_look(struct kz_mod *m)
{
    if (m->e->stopped || !m->e->store_loaded || m->e->opt.mode == KZ_MODE_PLAN)
        return;
    kz_env_timer_stop(m->e->env, &m->hold_timer);
    take_back_next(m);
    if (m->state == KZ_MOD_WAIT)
        (void)kz_hold_lets_begin(m);
    if (m->state == KZ_MOD_FAILED && m->retry_held && kz_hold_lets_retry(m))
        kz_retry_now(m);
    if (m->hold != NULL)
        look_at_held(m);
    else
        look_at_removals(m);
    if (m->want != NULL && (m->state == KZ_MOD_OK || m->state == KZ_MOD_BACK))
        kz_drift_soon(m); /* a pause that left it alone may be over */
    watch_pause(m);
    kz_engine_kick(m->e);
}

void kz_hold_settled(struct kz_mod *m)
{
    const bool waits = m->hold != NULL || m->held_n > 0 || m->retry_held || m->state == KZ_MOD_WAIT;
    if (waits || kz_policy_paused(NULL, m))
        kz_hold_look(m);
}

const struct kz_change_count *kz_hold_change(const struct kz_mod *m)
{
    return m->hold == NULL || !m->hold->known ? NULL : &m->hold->change;
}

/* ---- for people --------------------------------------------------------------------------------------------- */

struct kz_str kz_hold_text(struct kz_arena *a, const struct kz_mod *m)
{
    const struct kz_hold *h = m->hold;
    if (!h->known)
        return h->doubt == NULL ? KZ_STR("what it changes is being looked at")
                                : kz_str_printf(a, "what it changes is not known: %s", h->doubt);
    struct kz_str why = kz_policy_text(a, m, &h->stops, kz_str_printf(a, "%s class", kz_class_name(h->cls)));
    if (h->doubt != NULL)
        why = kz_str_printf(a, KZ_FMT "; the API server refuses it as it is: %s", KZ_ARG(why), h->doubt);
    if (h->no_way && m->want == NULL)
        why = kz_str_printf(a, KZ_FMT "; what runs now is not in the history, so drift is not seen", KZ_ARG(why));
    return why;
}
