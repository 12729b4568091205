/* SPDX-License-Identifier: Apache-2.0 */
#include "large.h"

#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "process.h"

enum { PATIENCE_SEC = 1800, STEP_SEC = 5, QUIET_SEC = 300 };

struct large {
    struct sim_world w;
    struct sim_faults faults;
    struct sim_api api;
    struct sim_model model;
    struct sim_check check;
    struct sim_asks asks;
    struct sim_process process;
    unsigned lives;
};

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double heap_mib(void)
{
    struct mallinfo2 m = mallinfo2();
    return (double)(m.uordblks + m.hblkhd) / (1 << 20);
}

static void step(struct large *l, int64_t ns)
{
    const int64_t until = l->w.now + ns;
    while (sim_step(&l->w, until))
        continue;
    l->w.now = until;
}

/* Until the engine has nothing to do. The observer's look is as long as the platform is large: not at each event. */
static bool settle(struct large *l, const char *what)
{
    const double begin = cpu_seconds();
    const uint64_t requests = l->check.requests;
    const int64_t from = l->w.now, until = from + PATIENCE_SEC * SIM_SEC;
    bool busy = true;
    while (busy && l->w.now < until) {
        step(l, STEP_SEC * SIM_SEC);
        busy = !sim_check_leads(l->process.engine) || sim_check_is_busy(l->process.engine);
    }
    printf("%-12s %8.2f s CPU with the cluster's, %7llu requests, %5.0f virtual s%s\n", what, cpu_seconds() - begin,
           (unsigned long long)(l->check.requests - requests), (double)(l->w.now - from) / 1e9, busy ? ", not at rest" : "");
    (void)fflush(stdout);
    return !busy;
}

static bool run(struct large *l)
{
    sim_process_start(&l->process);
    if (!settle(l, "first sync"))
        return false;
    sim_process_kill(&l->process);
    const double without = heap_mib();
    sim_process_start(&l->process);
    if (!settle(l, "restart"))
        return false;
    printf("%-12s %8.1f MiB of heap, %.1f KiB a module\n", "engine", heap_mib() - without,
           (heap_mib() - without) * 1024 / (double)l->model.head->modules.len);
    const uint64_t writes = l->check.writes;
    step(l, QUIET_SEC * SIM_SEC);
    sim_check_quiet(&l->check, writes);
    sim_model_change(&l->model, l->model.head->modules.len / 2);
    kz_engine_poll_now(l->process.engine);
    if (!settle(l, "one commit"))
        return false;
    sim_check_rest(&l->check, l->process.engine, 0, true);
    return true;
}

bool sim_large(unsigned modules, unsigned objects)
{
    static struct large large;
    struct large *l = &large;
    *l = (struct large){.lives = 0};
    sim_world_init(&l->w, 3, false); /* a seed with shards as large as in earnest */
    sim_faults_init(&l->faults, 3);
    l->faults.on = false;
    sim_model_init_large(&l->model, &l->w, modules, objects);
    sim_api_init(&l->api, &l->w, &l->faults);
    sim_check_init(&l->check, &l->w, &l->api, &l->model);
    l->check.storm = 0;
    sim_asks_init(&l->asks, &l->w);
    sim_process_init(&l->process, &l->w, &l->api, &l->model, &l->faults, &l->check, &l->asks, 0, &l->lives);
    l->process.interval = 30 * SIM_SEC;
    bool ok = run(l);
    printf("%u modules of %u objects, %u violations%s%s\n", modules, objects, l->w.violations,
           l->w.violations > 0 ? ", first " : "", l->w.first);
    ok = ok && l->w.violations == 0;
    sim_process_done(&l->process);
    sim_asks_done(&l->asks);
    sim_check_done(&l->check);
    sim_api_done(&l->api);
    sim_model_done(&l->model);
    sim_world_done(&l->w);
    return ok;
}
