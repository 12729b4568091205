/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop_impl.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"

enum { SLOW_MS = 50 };

struct timer {
    ev_timer w;
    struct kz_loop *loop;
    uint64_t id;
    void (*fire)(void *arg, uint64_t id);
    void *arg;
};

/* ---- time spent in callbacks ------------------------------------------------------------------- */
int64_t kz_loop_enter(void)
{
    return kz_clock_mono();
}

void kz_loop_leave(int64_t entered, const char *what)
{
    int64_t took = kz_clock_mono() - entered;
    if (took <= SLOW_MS * KZ_NS_PER_MS)
        return;
    char text[KZ_TIME_TEXT];
    kz_duration_text(text, took);
    kz_log(NULL, KZ_WARN, "slow-callback", KZ_FS("kind", what), KZ_FS("took", text));
}

/* ---- deferred calls ---------------------------------------------------------------------------- */
void kz_loop_defer(struct kz_loop *l, void (*fn)(void *arg), void *arg)
{
    struct kz_deferred d = {.fn = fn, .arg = arg};
    kz_vec_push(&l->deferred, d);
}

/* Runs the queue until it is empty; what is deferred meanwhile joins the end. */
static void run_deferred(struct kz_loop *l)
{
    for (size_t i = 0; i < l->deferred.len; i++) {
        struct kz_deferred d = l->deferred.at[i];
        int64_t t = kz_loop_enter();
        d.fn(d.arg);
        kz_loop_leave(t, "deferred");
    }
    l->deferred.len = 0;
}

static void end_turn(struct kz_loop *l)
{
    const int64_t took = kz_clock_mono() - l->woke;
    if (l->woke == 0)
        return;
    l->woke = 0;
    l->stats.turns++;
    l->stats.busy += took;
    l->stats.stalls += took > SLOW_MS * KZ_NS_PER_MS;
    l->stats.longest = took > l->stats.longest ? took : l->stats.longest;
}

static void on_before_sleep(struct ev_loop *ev, ev_prepare *w, int revents)
{
    (void)ev;
    (void)revents;
    run_deferred(w->data);
    end_turn(w->data);
}

static void on_after_sleep(struct ev_loop *ev, ev_check *w, int revents)
{
    struct kz_loop *l = w->data;
    (void)ev;
    (void)revents;
    l->woke = kz_clock_mono();
}

const struct kz_loop_stats *kz_loop_stats(const struct kz_loop *l)
{
    return &l->stats;
}

/* ---- struct kz_env ----------------------------------------------------------------------------- */
static int64_t env_mono(void *impl)
{
    (void)impl;
    return kz_clock_mono();
}

static int64_t env_wall(void *impl)
{
    (void)impl;
    return kz_clock_wall();
}

static void env_random(void *impl, void *buf, size_t len)
{
    (void)impl;
    char *at = buf;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        kz_assert(n >= 0 || errno == EINTR);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
}

static void timer_free(struct timer *t)
{
    ev_timer_stop(t->loop->ev, &t->w);
    (void)kz_map_del(&t->loop->timers, kz_id_key(&t->id));
    free(t);
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int revents)
{
    (void)ev;
    (void)revents;
    struct timer t = *(struct timer *)w->data;
    timer_free(w->data); /* one shot: gone before it fires, so cancelling its id is harmless */
    int64_t entered = kz_loop_enter();
    t.fire(t.arg, t.id);
    kz_loop_leave(entered, "timer");
}

static uint64_t env_timer(void *impl, int64_t after_ns, void (*fire)(void *arg, uint64_t id),
                          void *arg)
{
    struct kz_loop *l = impl;
    struct timer *t = kz_loop_alloc(sizeof *t);
    *t = (struct timer){.loop = l, .id = kz_loop_next_id(l), .fire = fire, .arg = arg};
    ev_timer_init(&t->w, on_timer, after_ns > 0 ? (double)after_ns / 1e9 : 0.0, 0.0);
    t->w.data = t;
    ev_now_update(
        l->ev); /* libev counts from the time it woke up: a long callback would shorten it */
    ev_timer_start(l->ev, &t->w);
    (void)kz_map_put(&l->timers, kz_id_key(&t->id), t);
    return t->id;
}

static void env_timer_cancel(void *impl, uint64_t id)
{
    struct kz_loop *l = impl;
    struct timer *t = kz_map_find(&l->timers, kz_id_key(&id));
    if (t != NULL)
        timer_free(t);
}

static const struct kz_env_ops env_ops = {
    .mono = env_mono,
    .wall = env_wall,
    .random = env_random,
    .timer = env_timer,
    .timer_cancel = env_timer_cancel,
};

struct kz_env kz_loop_env(struct kz_loop *l)
{
    return (struct kz_env){.ops = &env_ops, .impl = l};
}

/* ---- life cycle -------------------------------------------------------------------------------- */
int kz_loop_new(struct kz_loop **out, struct kz_err *err)
{
    struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (ev == NULL)
        return kz_fail_errno(err, errno, "create the event loop");
    /* A peer that went away is an error of write(2), not the end of the process; and with SIGCHLD
     * ignored, as some parents hand it down, exit codes would be lost. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGCHLD, SIG_DFL) == SIG_ERR) {
        ev_loop_destroy(ev);
        return kz_fail_errno(err, errno, "set signal dispositions");
    }
    struct kz_loop *l = kz_loop_alloc(sizeof *l);
    l->ev = ev;
    kz_map_init(&l->timers);
    kz_map_init(&l->children);
    ev_prepare_init(&l->before_sleep, on_before_sleep);
    l->before_sleep.data = l;
    ev_prepare_start(ev, &l->before_sleep);
    ev_check_init(&l->after_sleep, on_after_sleep);
    l->after_sleep.data = l;
    ev_set_priority(&l->after_sleep, EV_MAXPRI); /* before what woke us */
    ev_check_start(ev, &l->after_sleep);
    ev_unref(ev); /* neither must keep the loop running */
    ev_unref(ev);
    *out = l;
    return 0;
}

void kz_loop_free(struct kz_loop *l)
{
    if (l == NULL)
        return;
    run_deferred(l);
    kz_children_free(l);
    kz_signals_free(l);
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&l->timers, &i)) != NULL;) {
        struct timer *t = slot->val;
        ev_timer_stop(l->ev, &t->w);
        free(t);
    }
    kz_map_done(&l->timers);
    kz_map_done(&l->children);
    kz_vec_done(&l->deferred);
    ev_ref(l->ev);
    ev_ref(l->ev);
    ev_prepare_stop(l->ev, &l->before_sleep);
    ev_check_stop(l->ev, &l->after_sleep);
    ev_loop_destroy(l->ev);
    free(l);
}

void kz_loop_run(struct kz_loop *l)
{
    bool more = true;
    l->stopped = false;
    while (more && !l->stopped) {
        more = ev_run(l->ev, 0) != 0;
        /* The last callback may have left work: that work may give the loop a reason to go on. */
        more = more || l->deferred.len > 0;
        run_deferred(l);
        end_turn(l); /* nothing to sleep for any more, or told to stop */
    }
}

void kz_loop_stop(struct kz_loop *l)
{
    l->stopped = true;
    ev_break(l->ev, EVBREAK_ALL);
}
