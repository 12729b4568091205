/* SPDX-License-Identifier: Apache-2.0
 *
 * kz_sim --seeds N [--start S] [--trace] [--fail-fast] [--stats]: runs N schedules. A schedule that breaks an
 * invariant is named; of the first one the whole trace is printed (it is run again: a seed replays).
 *
 * kz_sim --modules N [--objects M]: no schedules, but one large platform of N modules with M objects each (4). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "faults.h"
#include "incident.h"
#include "sweep.h"
#include "large.h"
#include "schedule.h"
#include "scratch.h"

static const char USAGE[] = "usage: kz_sim --seeds N [--start S] [--trace] [--quiet] [--fail-fast] [--stats]\n"
                            "       kz_sim --incidents | --incident NAME [--trace]\n"
                            "       kz_sim --sweep STRIDE | --sweep-at EVENT [--trace]\n"
                            "       kz_sim --modules N [--objects M]\n";

struct options {
    uint64_t start, seeds, modules, objects;
    const char *incident; /* one of them, or "" for all; NULL: schedules */
    uint64_t sweep, sweep_at; /* every so many events, or at one of them; 0: schedules */
    bool trace, quiet, fail_fast, stats;
};

static bool number(uint64_t *out, const char *text)
{
    char *end;
    if (text == NULL)
        return false;
    *out = strtoull(text, &end, 10);
    return *text != '\0' && *end == '\0';
}

static bool read_options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.start = 1, .seeds = 100, .objects = 4};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0)
            o->trace = true;
        else if (strcmp(argv[i], "--quiet") == 0)
            o->quiet = true;
        else if (strcmp(argv[i], "--fail-fast") == 0)
            o->fail_fast = true;
        else if (strcmp(argv[i], "--incidents") == 0)
            o->incident = "";
        else if (strcmp(argv[i], "--incident") == 0 && i + 1 < argc)
            o->incident = argv[++i];
        else if (strcmp(argv[i], "--sweep") == 0 && i + 1 < argc && number(&o->sweep, argv[i + 1]))
            i++;
        else if (strcmp(argv[i], "--sweep-at") == 0 && i + 1 < argc && number(&o->sweep_at, argv[i + 1]))
            i++;
        else if (strcmp(argv[i], "--stats") == 0)
            o->stats = true;
        else if (strcmp(argv[i], "--seeds") == 0 && number(&o->seeds, argv[i + 1]))
            i++;
        else if (strcmp(argv[i], "--modules") == 0 && number(&o->modules, argv[i + 1]))
            i++;
        else if (strcmp(argv[i], "--objects") == 0 && number(&o->objects, argv[i + 1]))
            i++;
        else if (strcmp(argv[i], "--start") == 0 && number(&o->start, argv[i + 1]))
            i++;
        else
            return false;
    }
    return true;
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_incidents(const struct options *o)
{
    struct sim_result res;
    unsigned passed = 0, failed = 0;
    for (size_t n = 0; sim_incident_name(n) != NULL; n++) {
        if (o->incident[0] != '\0' && strcmp(o->incident, sim_incident_name(n)) != 0)
            continue;
        sim_incident_run(&res, n, o->trace);
        printf("%s %-11s %s%s%s\n", res.violations == 0 ? "ok  " : "FAIL", sim_incident_name(n), sim_incident_what(n),
               res.violations == 0 ? "" : ": ", res.first);
        passed += res.violations == 0;
        failed += res.violations > 0;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0 || passed == 0;
}

static int run_sweep(const struct options *o)
{
    struct sim_result res;
    uint64_t at = o->sweep_at > 0 ? o->sweep_at : 1, runs = 0, violations = 0;
    bool more = true;
    while (more) {
        more = sim_sweep_run(&res, at, o->trace) && o->sweep_at == 0;
        if (res.violations > 0)
            printf("event %llu: %u violations, first %s\n", (unsigned long long)at, res.violations, res.first);
        violations += res.violations;
        runs++;
        at += o->sweep;
    }
    printf("%llu deaths, %llu violations\n", (unsigned long long)runs, (unsigned long long)violations);
    return violations > 0;
}

int main(int argc, char **argv)
{
    struct options o;
    struct sim_result res;
    struct sim_strikes strikes = {.requests = {0}};
    uint64_t violations = 0, failed = 0, events = 0, requests = 0, deletes = 0;
    double virtual_seconds = 0, begin = seconds();
    if (!read_options(&o, argc, argv)) {
        (void)fputs(USAGE, stderr);
        return 2;
    }
    sim_scratch_use();
    if (o.modules > 0) {
        kz_log_setup(KZ_ERROR + 1, KZ_LOG_TEXT, 2);
        return sim_large((unsigned)o.modules, (unsigned)o.objects) ? 0 : 1;
    }
    if (o.incident != NULL)
        return run_incidents(&o);
    if (o.sweep > 0 || o.sweep_at > 0)
        return run_sweep(&o);
    uint64_t done = 0;
    for (; done < o.seeds; done++) {
        uint64_t seed = o.start + done;
        sim_schedule(&res, seed, o.trace, &strikes);
        events += res.events;
        requests += res.requests;
        deletes += res.deletes;
        virtual_seconds += res.virtual_seconds;
        violations += res.violations;
        if (res.violations == 0)
            continue;
        printf("seed %llu: %u violations, first %s\n", (unsigned long long)seed, res.violations, res.first);
        (void)fflush(stdout);
        if (failed++ == 0 && !o.trace && !o.quiet)
            sim_schedule(&res, seed, true, NULL);
        if (o.fail_fast) {
            done++;
            break;
        }
    }
    if (o.stats)
        printf("%u faults never struck\n", sim_strikes_print(&strikes));
    double took = seconds() - begin;
    printf("%llu events, %llu requests, %llu deletes, %.0f virtual hours in %.1f s: %.0f schedules/s\n",
           (unsigned long long)events, (unsigned long long)requests, (unsigned long long)deletes, virtual_seconds / 3600, took, (double)done / (took > 0 ? took : 1));
    printf("%llu schedules, %llu violations\n", (unsigned long long)done, (unsigned long long)violations);
    return violations > 0;
}
