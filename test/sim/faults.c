/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <stdio.h>
#include <string.h>

static const char *const names[SIM_FAULT_KINDS_] = {
    [SIM_FAULT_NONE] = "ok",           [SIM_FAULT_LOST] = "reply-lost",
    [SIM_FAULT_LOST_504] = "done-504", [SIM_FAULT_LOST_HANG] = "done-hang",
    [SIM_FAULT_RESET] = "reset",       [SIM_FAULT_HANG] = "hang",
    [SIM_FAULT_429] = "429",           [SIM_FAULT_429_LATER] = "429-later",
    [SIM_FAULT_500] = "500",           [SIM_FAULT_503] = "503",
    [SIM_FAULT_504] = "504",           [SIM_FAULT_409] = "409",
    [SIM_FAULT_CUT] = "cut",           [SIM_FAULT_SLOW] = "slow",
    [SIM_FAULT_410] = "410",           [SIM_FAULT_TWICE] = "twice",
    [SIM_FAULT_422] = "422",
    [SIM_FAULT_SILENT] = "silent",     [SIM_FAULT_CLOSED] = "closed",
};

const char *sim_fault_name(enum sim_fault_kind k)
{
    return names[k];
}

void sim_faults_init(struct sim_faults *f, uint64_t seed)
{
    static const unsigned levels[] = {0, 5, 20, 60, 150};
    *f = (struct sim_faults){.rng = {.state = seed * 7 + 5}, .on = true, .hole = KZ_STR("")};
    f->requests = levels[sim_below(&f->rng, kz_countof(levels))];
    f->jobs = levels[sim_below(&f->rng, kz_countof(levels))];
}

static enum sim_fault_kind any(struct sim_faults *f, bool watch, bool list, bool write)
{
    static const enum sim_fault_kind common[] = {
        SIM_FAULT_LOST, SIM_FAULT_LOST_504, SIM_FAULT_LOST_HANG, SIM_FAULT_RESET, SIM_FAULT_HANG,
        SIM_FAULT_429,  SIM_FAULT_429_LATER, SIM_FAULT_500,      SIM_FAULT_503,   SIM_FAULT_504,
        SIM_FAULT_CUT,
    };
    static const enum sim_fault_kind streams[] = {
        SIM_FAULT_410, SIM_FAULT_SILENT, SIM_FAULT_CLOSED, SIM_FAULT_CLOSED, SIM_FAULT_RESET,
        SIM_FAULT_429_LATER, SIM_FAULT_500, SIM_FAULT_CUT,
    };
    if (watch)
        return streams[sim_below(&f->rng, kz_countof(streams))];
    if (list && sim_chance(&f->rng, 200))
        return SIM_FAULT_410;
    if (write && sim_chance(&f->rng, 150))
        return SIM_FAULT_409;
    if (write && sim_chance(&f->rng, 150))
        return SIM_FAULT_SLOW;
    if (write && sim_chance(&f->rng, 150))
        return sim_chance(&f->rng, 700) ? SIM_FAULT_TWICE : SIM_FAULT_422;
    return common[sim_below(&f->rng, kz_countof(common))];
}

struct sim_fault sim_fault_draw(struct sim_faults *f, bool watch, bool list, bool write)
{
    struct sim_fault out = {.kind = SIM_FAULT_NONE};
    out.there = sim_between(&f->rng, SIM_MS / 10, 3 * SIM_MS);
    out.back = sim_between(&f->rng, SIM_MS / 10, 3 * SIM_MS);
    if (!f->on)
        return out;
    if (sim_chance(&f->rng, f->requests)) {
        out.kind = any(f, watch, list, write);
        out.cut = sim_below(&f->rng, 1000);
    }
    if (out.kind == SIM_FAULT_SLOW)
        out.there += sim_between(&f->rng, 0, 20 * SIM_SEC);
    if (sim_chance(&f->rng, f->requests)) /* slow besides */
        out.there += sim_between(&f->rng, 0, 4 * SIM_SEC);
    if (sim_chance(&f->rng, f->requests))
        out.back += sim_between(&f->rng, 0, 4 * SIM_SEC);
    return out;
}

bool sim_fault_job(struct sim_faults *f)
{
    return f->on && sim_chance(&f->rng, f->jobs);
}

/* ---- what struck ------------------------------------------------------------------------------------------------ */

static const char *const spans[] = {
    "killed", "asked to end", "stopped, then continued", "clock set", "API server down", "etcd compacted", "watches cut",
    "group missing in discovery", "group stale in discovery", "branch gone", "repository away", "history rewritten",
    "commit that cannot be loaded", "render cut", "worker dead", "render fails", "fetch or job fails", "stranger edits",
    "stranger deletes", "stranger takes labels", "stranger holds", "stranger at the history", "quota", "list expired",
    "watch expired", "list from a cache that is behind", "render empty",
};

void sim_struck(struct sim_faults *f, const char *name)
{
    for (size_t i = 0; i < kz_countof(spans); i++)
        if (strcmp(spans[i], name) == 0) {
            if (f->strikes != NULL)
                f->strikes->spans[i]++;
            return;
        }
    kz_assert(!"a fault that is not in the table");
}

void sim_struck_request(struct sim_faults *f, enum sim_fault_kind k)
{
    if (f->strikes != NULL)
        f->strikes->requests[k]++;
}

unsigned sim_strikes_print(const struct sim_strikes *s)
{
    unsigned never = 0;
    for (size_t k = SIM_FAULT_NONE + 1; k < SIM_FAULT_KINDS_; k++) {
        printf("struck %10llu  request: %s\n", (unsigned long long)s->requests[k], names[k]);
        never += s->requests[k] == 0;
    }
    for (size_t i = 0; i < kz_countof(spans); i++) {
        printf("struck %10llu  %s\n", (unsigned long long)s->spans[i], spans[i]);
        never += s->spans[i] == 0;
    }
    return never;
}
