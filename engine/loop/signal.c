/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop_impl.h"

struct kz_signal {
    ev_signal w;
    struct kz_signal *next;
    void (*fn)(void *arg, int signum);
    void *arg;
};

static void on_signal(struct ev_loop *ev, ev_signal *w, int revents)
{
    (void)ev;
    (void)revents;
    const struct kz_signal *s = w->data;
    int64_t entered = kz_loop_enter();
    s->fn(s->arg, w->signum);
    kz_loop_leave(entered, "signal");
}

void kz_loop_on_signal(struct kz_loop *l, int signum, void (*fn)(void *arg, int signum), void *arg)
{
    struct kz_signal *s = l->signals;
    while (s != NULL && s->w.signum != signum)
        s = s->next;
    if (s == NULL) {
        s = kz_loop_alloc(sizeof *s);
        ev_signal_init(&s->w, on_signal, signum);
        s->w.data = s;
        s->next = l->signals;
        l->signals = s;
        ev_signal_start(l->ev, &s->w);
        ev_unref(l->ev); /* waiting for a signal alone does not keep the loop running */
    }
    s->fn = fn;
    s->arg = arg;
}

void kz_signals_free(struct kz_loop *l)
{
    for (struct kz_signal *s = l->signals, *next; s != NULL; s = next) {
        next = s->next;
        ev_ref(l->ev);
        ev_signal_stop(l->ev, &s->w);
        free(s);
    }
    l->signals = NULL;
}
