/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in for a cluster where charts are rendered without one: options of `template`, `render` and
 * `lint`. */
#ifndef KZ_CLI_CHARTS_H
#define KZ_CLI_CHARTS_H

#include "base/arena.h"
#include "cli/cli.h"
#include "value/value.h"

extern const char *const kz_charts_random[];

#define KZ_OPTS_CHARTS                                                                               \
    {"lookup", 0, KZ_OPT_PATH, "FILE", NULL, 0, 0, NULL,                                             \
     "objects that charts find by lookup, as YAML or JSON; without it they find nothing"},           \
    {"random", 0, KZ_OPT_WORD, "HOW", kz_charts_random, 0, 0, "helm",                                \
     "generated values: helm, new in each run; seeded, the same for the same --seed"},               \
    {"seed", 0, KZ_OPT_TEXT, "TEXT", NULL, 0, 0, NULL,                                               \
     "what seeded values are made of; whoever knows it can make them, too"}

struct kz_charts {
    struct kz_str snapshot; /* text of --lookup; ptr NULL: none */
    struct kz_str seed;     /* "": as helm */
};
/* Reads the options, and the file; texts live in the arena. */
KZ_MUST_USE int kz_charts_read(struct kz_charts *out, struct kz_arena *a, const struct kz_args *args,
                               struct kz_err *err);

/* Puts them into the input of task "render" of one module, and its facts. now: wall ns. */
void kz_charts_add(struct kz_value *in, struct kz_value *facts, struct kz_arena *a,
                   const struct kz_charts *c, struct kz_str module, int64_t now);

#endif
