/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

/* ---- random: splitmix64 ----------------------------------------------------------------------- */

uint64_t sim_next(struct sim_rng *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t sim_below(struct sim_rng *r, uint64_t n)
{
    return n == 0 ? 0 : sim_next(r) % n;
}

int64_t sim_between(struct sim_rng *r, int64_t lo, int64_t hi)
{
    return lo + (int64_t)sim_below(r, (uint64_t)(hi - lo + 1));
}

bool sim_chance(struct sim_rng *r, unsigned per_mille)
{
    return sim_below(r, 1000) < per_mille;
}

/* ---- the trace ---------------------------------------------------------------------------------- */

static void stamp(const struct sim_world *w)
{
    printf("%10.3f ", (double)w->now / 1e9);
}

/* What the engine logged since the last line, with virtual time instead of the wall clock's. */
static void drain_log(struct sim_world *w)
{
    char line[8192];
    ssize_t n;
    while ((n = pread(w->log_fd, line, sizeof line - 1, w->log_at)) > 0) {
        line[n] = '\0';
        char *end = strchr(line, '\n');
        size_t len = end == NULL ? (size_t)n : (size_t)(end - line);
        w->log_at += (long)(end == NULL ? len : len + 1);
        line[len] = '\0';
        const char *text = strchr(line, ' ');
        stamp(w);
        printf("log %s\n", text == NULL ? line : text + 1);
    }
}

/* ---- the queue ---------------------------------------------------------------------------------- */

static bool before(const struct sim_world *w, uint64_t a, uint64_t b)
{
    int64_t x = w->timers.at[a - 1].at, y = w->timers.at[b - 1].at;
    return x != y ? x < y : a < b;
}

static void swap(struct sim_world *w, size_t i, size_t j)
{
    uint64_t t = w->heap.at[i];
    w->heap.at[i] = w->heap.at[j];
    w->heap.at[j] = t;
}

static void sift_up(struct sim_world *w, size_t i)
{
    for (size_t up; i > 0 && before(w, w->heap.at[i], w->heap.at[up = (i - 1) / 2]); i = up)
        swap(w, i, up);
}

static void sift_down(struct sim_world *w, size_t i)
{
    for (;;) {
        size_t least = i, kids[] = {2 * i + 1, 2 * i + 2};
        for (size_t k = 0; k < 2; k++)
            if (kids[k] < w->heap.len && before(w, w->heap.at[kids[k]], w->heap.at[least]))
                least = kids[k];
        if (least == i)
            return;
        swap(w, i, least);
        i = least;
    }
}

uint64_t sim_after_held(struct sim_world *w, int64_t ns, sim_fn fn, void *arg, const int64_t *hold)
{
    struct sim_timer t = {.at = w->now + (ns < 0 ? 0 : ns), .fn = fn, .arg = arg, .hold = hold};
    kz_vec_push(&w->timers, t);
    uint64_t id = w->timers.len;
    kz_vec_push(&w->heap, id);
    sift_up(w, w->heap.len - 1);
    return id;
}

uint64_t sim_after(struct sim_world *w, int64_t ns, sim_fn fn, void *arg)
{
    return sim_after_held(w, ns, fn, arg, NULL);
}

void sim_cancel(struct sim_world *w, uint64_t id)
{
    if (id > 0 && id <= w->timers.len)
        w->timers.at[id - 1].fn = NULL;
}

static void drop_first(struct sim_world *w)
{
    w->heap.at[0] = w->heap.at[--w->heap.len];
    sift_down(w, 0);
}

/* Cancelled ones go, and what falls into the sleep of its process waits for its end. */
static void clear_head(struct sim_world *w)
{
    while (w->heap.len > 0) {
        struct sim_timer *t = &w->timers.at[w->heap.at[0] - 1];
        if (t->fn == NULL) {
            drop_first(w);
        } else if (t->hold != NULL && *t->hold > t->at) {
            t->at = *t->hold;
            sift_down(w, 0);
        } else {
            return;
        }
    }
}

bool sim_step(struct sim_world *w, int64_t until)
{
    clear_head(w);
    if (w->heap.len == 0 || w->timers.at[w->heap.at[0] - 1].at > until)
        return false;
    uint64_t id = w->heap.at[0];
    struct sim_timer t = w->timers.at[id - 1];
    drop_first(w);
    w->timers.at[id - 1].fn = NULL;
    w->now = t.at;
    w->events++;
    t.fn(t.arg, id);
    if (w->trace)
        drain_log(w);
    return true;
}

void sim_world_init(struct sim_world *w, uint64_t seed, bool trace)
{
    *w = (struct sim_world){.seed = seed, .trace = trace};
    w->arena = kz_arena_new((size_t)2 << 30);
    w->rng.state = seed * 3 + 1;
    w->log_fd = memfd_create("log", 0);
    kz_assert(w->log_fd >= 0);
    kz_log_setup(KZ_DEBUG, KZ_LOG_TEXT, w->log_fd);
}

void sim_world_done(struct sim_world *w)
{
    kz_vec_done(&w->timers);
    kz_vec_done(&w->heap);
    kz_arena_free(w->arena);
    (void)close(w->log_fd);
}

void sim_say(struct sim_world *w, const char *fmt, ...)
{
    va_list ap;
    if (!w->trace)
        return;
    drain_log(w);
    stamp(w);
    va_start(ap, fmt);
    (void)vprintf(fmt, ap);
    va_end(ap);
    (void)putchar('\n');
}

void sim_violation(struct sim_world *w, const char *rule, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (w->violations++ == 0)
        (void)snprintf(w->first, sizeof w->first, "%s at %.3f s: %s", rule, (double)w->now / 1e9, text);
    sim_say(w, "VIOLATION %s: %s", rule, text);
}
