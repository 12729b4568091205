/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/policy.h"

#include "base/clock.h"
#include "sync/internal.h"

static int64_t now_of(const struct kz_mod *m)
{
    return kz_env_wall(m->e->env);
}

static const struct kz_wishes *wishes_of(const struct kz_mod *m, struct kz_str name)
{
    return kz_steer_wishes(m->e, name);
}

/* ---- pauses ------------------------------------------------------------------------------------------ */

static bool is_over(int64_t until, int64_t now)
{
    return until != 0 && until <= now;
}

static bool lasts_longer(const struct kz_wish_pause *a, const struct kz_wish_pause *b)
{
    return b->reason.len == 0 || a->until == 0 || (b->until != 0 && a->until > b->until);
}

static void add_pause(struct kz_wish_pause *all, struct kz_wish_pause one, int64_t now)
{
    const bool drift = all->drift || one.drift;
    if (one.reason.len == 0 || is_over(one.until, now))
        return;
    if (lasts_longer(&one, all))
        *all = one;
    all->drift = drift;
}

bool kz_policy_paused(struct kz_wish_pause *out, const struct kz_mod *m)
{
    const struct kz_wishes *own = wishes_of(m, kz_str(m->name)), *all = wishes_of(m, KZ_STR(""));
    struct kz_wish_pause p = {.reason = KZ_STR(""), .by = KZ_STR("")};
    const int64_t now = now_of(m);
    add_pause(&p, (struct kz_wish_pause){.reason = m->spec->paused, .by = KZ_STR("git"), .until = m->spec->paused_until,
                                         .drift = m->spec->paused_drift}, now);
    if (all != NULL)
        add_pause(&p, all->pause, now);
    if (own != NULL)
        add_pause(&p, own->pause, now);
    if (out != NULL)
        *out = p;
    return p.reason.len > 0;
}

bool kz_policy_leaves_drift(const struct kz_mod *m)
{
    struct kz_wish_pause p;
    return kz_policy_paused(&p, m) && p.drift;
}

/* ---- approvals --------------------------------------------------------------------------------------- */

/* The least class that waits for one; what only touches metadata is routine. */
static enum kz_class least_approved(struct kz_str word)
{
    return kz_str_is(word, "routine")       ? KZ_CLASS_METADATA
           : kz_str_is(word, "restart")     ? KZ_CLASS_RESTART
           : kz_str_is(word, "destructive") ? KZ_CLASS_DESTRUCTIVE
                                            : KZ_CLASS_DESTRUCTIVE + 1;
}

void kz_policy_note(struct kz_mod *m)
{
    if (m->spec != &kz_module_removed)
        m->approve = least_approved(m->spec->approve);
}

static bool needs_approval(const struct kz_mod *m, enum kz_class cls)
{
    const enum kz_class least = m->spec == &kz_module_removed ? m->approve : least_approved(m->spec->approve);
    return least != KZ_CLASS_NONE && cls >= least;
}

bool kz_policy_approved(const struct kz_mod *m, const struct kz_want *w)
{
    const struct kz_wishes *own = wishes_of(m, kz_str(m->name));
    return own != NULL && w != NULL && !kz_hash_is_none(own->approval.set) &&
           kz_hash_eq(own->approval.set, kz_want_content(w));
}

/* ---- windows ----------------------------------------------------------------------------------------- */

/* Bound to a commit: to the newest, or to the one from which the set is. */
static bool overrides(const struct kz_wishes *wishes, const struct kz_mod *m, const struct kz_want *w, int64_t now)
{
    if (wishes == NULL || wishes->override.reason.len == 0 || is_over(wishes->override.until, now))
        return false;
    const struct kz_str of = wishes->override.revision;
    return of.len == 0 || kz_str_starts(m->e->revision, of) || (w != NULL && kz_str_starts(w->revision, of));
}

static bool is_overridden(const struct kz_mod *m, const struct kz_want *w, int64_t now)
{
    return overrides(wishes_of(m, kz_str(m->name)), m, w, now) || overrides(wishes_of(m, KZ_STR("")), m, w, now);
}

static const struct kz_value *schedule_of(const struct kz_mod *m)
{
    return m->e->platform == NULL ? NULL : m->e->platform->schedule;
}

static const char *class_of_windows(enum kz_class cls)
{
    return cls < KZ_CLASS_ROUTINE ? kz_class_name(KZ_CLASS_ROUTINE) : kz_class_name(cls);
}

static struct kz_window_turn next_opening(const struct kz_mod *m, enum kz_class cls, int64_t now)
{
    const struct kz_value *schedule = schedule_of(m);
    return kz_window_opens(schedule, kz_window_names(schedule, m->spec->windows, class_of_windows(cls)), now);
}

/* ---- all of it --------------------------------------------------------------------------------------- */

static void note_again(struct kz_stops *s, int64_t at)
{
    s->again = at != 0 && at < s->again ? at : s->again;
}

bool kz_policy_stops(struct kz_stops *out, const struct kz_mod *m, enum kz_class cls, const struct kz_want *w)
{
    const int64_t now = now_of(m);
    struct kz_wish_pause p;
    *out = (struct kz_stops){.again = INT64_MAX};
    if (cls == KZ_CLASS_NONE)
        return false;
    out->paused = kz_policy_paused(&p, m);
    if (out->paused)
        note_again(out, p.until);
    out->approval = needs_approval(m, cls) && !kz_policy_approved(m, w);
    if (is_overridden(m, w, now))
        return out->paused || out->approval;
    const struct kz_window_turn turn = next_opening(m, cls, now);
    out->window = turn.at > now;
    if (out->window) {
        out->opens = turn.at;
        out->denied = turn.denied;
        (void)snprintf(out->name, sizeof out->name, KZ_FMT, KZ_ARG(turn.name));
        note_again(out, turn.at);
    }
    return out->paused || out->approval || out->window;
}

bool kz_policy_minds_class(const struct kz_mod *m)
{
    return kz_value_len(kz_value_get(schedule_of(m), "windows")) > 0 || needs_approval(m, KZ_CLASS_DESTRUCTIVE);
}

/* ---- for people -------------------------------------------------------------------------------------- */

/* "4h 12m", "2d 3h" */
static void time_left(char text[KZ_TIME_TEXT], int64_t ns)
{
    const long long min = (ns + 59 * KZ_NS_PER_SEC) / (60 * KZ_NS_PER_SEC);
    if (ns < 60 * KZ_NS_PER_SEC)
        kz_duration_text(text, ns < KZ_NS_PER_SEC ? KZ_NS_PER_SEC : ns);
    else if (min < 60)
        (void)snprintf(text, KZ_TIME_TEXT, "%lldm", min);
    else if (min < 48 * 60)
        (void)snprintf(text, KZ_TIME_TEXT, "%lldh %lldm", min / 60, min % 60);
    else
        (void)snprintf(text, KZ_TIME_TEXT, "%lldd %lldh", min / (24 * 60), min / 60 % 24);
}

static struct kz_str window_text(struct kz_arena *a, const struct kz_mod *m, const struct kz_stops *s)
{
    char left[KZ_TIME_TEXT], clock[KZ_WINDOW_TEXT];
    const int64_t now = now_of(m);
    const char *verb = s->denied ? "denies it, opens" : "opens";
    if (s->opens == KZ_WINDOW_NEVER)
        return s->name[0] == '\0' ? KZ_STR("no window of its class ever opens")
                                  : kz_str_printf(a, "window %s %s", s->name, s->denied ? "denies it for ever" : "never opens");
    time_left(left, s->opens - now);
    kz_window_clock(clock, schedule_of(m), s->opens, now);
    return kz_str_printf(a, "window %s %s in %s (%s)", s->name, verb, left, clock);
}

struct kz_str kz_policy_text(struct kz_arena *a, const struct kz_mod *m, const struct kz_stops *s, struct kz_str what)
{
    if (s->approval && s->window)
        return kz_str_printf(a, KZ_FMT " needs approval: kzsync approve %s; " KZ_FMT, KZ_ARG(what), m->name,
                             KZ_ARG(window_text(a, m, s)));
    if (s->approval)
        return kz_str_printf(a, KZ_FMT " needs approval: kzsync approve %s", KZ_ARG(what), m->name);
    if (s->window)
        return kz_str_printf(a, KZ_FMT ", " KZ_FMT, KZ_ARG(what), KZ_ARG(window_text(a, m, s)));
    return what;
}

const char *kz_policy_brief(char text[KZ_WINDOW_NAME + 32], const struct kz_stops *s)
{
    if (s->paused)
        return "is paused";
    if (s->approval)
        return "waits for approval";
    (void)snprintf(text, KZ_WINDOW_NAME + 32, "waits for window%s%s", s->name[0] == '\0' ? "s" : " ", s->name);
    return text;
}
