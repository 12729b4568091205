/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

enum { GRACE_SEC = 25, AWAY_SEC = 20 };

/* ---- the seam: clocks, random numbers and timers of one process ----------------------------------------------------------- */

static int64_t env_mono(void *impl)
{
    const struct sim_process *p = impl;
    return p->w->now + p->mono_ahead;
}

static int64_t env_wall(void *impl)
{
    const struct sim_process *p = impl;
    return SIM_EPOCH + p->w->now + p->wall_ahead;
}

static void env_random(void *impl, void *buf, size_t len)
{
    struct sim_process *p = impl;
    unsigned char *out = buf;
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)sim_next(&p->w->rng);
}

static uint64_t env_timer(void *impl, int64_t after_ns, sim_fn fire, void *arg)
{
    const struct sim_process *p = impl;
    return sim_after_held(p->w, after_ns, fire, arg, &p->client.asleep_until);
}

static void env_timer_cancel(void *impl, uint64_t id)
{
    sim_cancel(((const struct sim_process *)impl)->w, id);
}

static const struct kz_env_ops env_ops = {.mono = env_mono, .wall = env_wall, .random = env_random,
                                          .timer = env_timer, .timer_cancel = env_timer_cancel};

/* ---- life and death ------------------------------------------------------------------------------------------------------------ */

static void on_again(void *arg, uint64_t id)
{
    struct sim_process *p = arg;
    (void)id;
    p->again = 0;
    sim_process_start(p);
}

static void bury(struct sim_process *p)
{
    sim_cancel(p->w, p->end);
    p->end = 0;
    if (p->engine == NULL)
        return;
    kz_engine_free(p->engine);
    kz_kube_free(p->kube);
    p->engine = NULL;
    p->kube = NULL;
    p->client.asleep_until = 0;
}

static void end(struct sim_process *p)
{
    bury(p);
    sim_cancel(p->w, p->again);
    p->again = sim_after(p->w, sim_between(&p->rng, 0, AWAY_SEC * SIM_SEC), on_again, p);
}

static void on_end(void *arg, uint64_t id)
{
    (void)id;
    end(arg);
}

/* Not from inside of the engine. */
static void end_soon(struct sim_process *p)
{
    sim_cancel(p->w, p->end);
    p->end = sim_after_held(p->w, 0, on_end, p, &p->client.asleep_until);
}

static void on_halted(void *arg, const struct kz_err *err)
{
    struct sim_process *p = arg;
    sim_say(p->w, "process %u ends: %s", p->client.slot, err->frame[0]);
    end_soon(p);
}

static void on_closed(void *arg)
{
    struct sim_process *p = arg;
    sim_say(p->w, "process %u has ended", p->client.slot);
    end_soon(p);
}

static void on_term(void *arg, uint64_t id)
{
    struct sim_process *p = arg;
    (void)id;
    p->end = sim_after_held(p->w, GRACE_SEC * SIM_SEC, on_end, p, &p->client.asleep_until);
    kz_engine_close(p->engine, on_closed, p);
}

void sim_process_term(struct sim_process *p)
{
    if (p->engine == NULL || p->end != 0)
        return;
    sim_say(p->w, "process %u is asked to end", p->client.slot);
    p->end = sim_after_held(p->w, 0, on_term, p, &p->client.asleep_until);
}

static void on_wanted(void *arg)
{
    sim_process_term(arg);
}

void sim_process_start(struct sim_process *p)
{
    char identity[64];
    if (p->engine != NULL)
        return;
    sim_cancel(p->w, p->again);
    p->again = 0;
    p->client.life = ++*p->lives;
    sim_say(p->w, "process %u starts as life %u", p->client.slot, p->client.life);
    (void)snprintf(identity, sizeof identity, "sim-%u_%u", p->client.slot, p->same_identity ? 0 : p->client.life);
    p->kube = kz_kube_new(&p->env, &p->client.http, &(struct kz_kube_options){.max_parallel = 0});
    p->engine = kz_engine_new(&p->env, p->kube, &p->outside.source, &p->outside.workers,
                              &(struct kz_engine_options){
                                  .mode = KZ_MODE_RUN,
                                  .ref = {.url = KZ_STR("https://git.example.com/platform"), .ref = KZ_STR("main")},
                                  .path = KZ_STR(""), .ns = KZ_STR(""), .only_module = KZ_STR(""),
                                  .prober = &p->outside.prober,
                                  .identity = kz_str(identity), .interval = p->interval,
                                  .inventory_shard = p->inventory_shard, .steered = p->started != NULL,
                                  .halted = on_halted, .wanted = on_wanted,
                                  .arg = p});
    if (p->started != NULL)
        p->started(p->started_arg, p);
    kz_engine_start(p->engine);
}

void sim_process_kill(struct sim_process *p)
{
    if (p->engine == NULL)
        return;
    sim_say(p->w, "process %u is killed", p->client.slot);
    end(p);
}

void sim_process_stop(struct sim_process *p, int64_t ns)
{
    if (p->engine == NULL)
        return;
    sim_say(p->w, "process %u is stopped for %.1f s", p->client.slot, (double)ns / 1e9);
    p->client.asleep_until = p->w->now + ns;
}

void sim_process_init(struct sim_process *p, struct sim_world *w, struct sim_api *api, struct sim_model *m,
                      struct sim_faults *f, struct sim_check *c, struct sim_asks *asks, unsigned slot, unsigned *lives)
{
    *p = (struct sim_process){.w = w, .lives = lives, .rng = {.state = w->seed * 19 + 11 + slot}};
    p->env = (struct kz_env){.ops = &env_ops, .impl = p};
    p->mono_ahead = sim_between(&p->rng, 1, 1000000 * SIM_SEC);
    p->wall_ahead = sim_between(&p->rng, -SIM_SEC * 3600, SIM_SEC * 3600);
    p->same_identity = sim_chance(&p->rng, 500);
    /* In two of three schedules even a small module does not fit into one shard. */
    p->inventory_shard = w->seed % 3 == 0 ? 0 : 1200 + (size_t)(w->seed % 2800);
    sim_client_init(&p->client, api, slot);
    sim_outside_init(&p->outside, w, m, f, c, asks, &p->client, &p->env);
}

void sim_process_done(struct sim_process *p)
{
    bury(p);
    sim_outside_done(&p->outside);
}
