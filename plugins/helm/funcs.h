/* SPDX-License-Identifier: Apache-2.0
 *
 * Helm's own template functions. They go over sprig's of the same name. */
#ifndef KZ_HELM_FUNCS_H
#define KZ_HELM_FUNCS_H

#include "base/map.h"
#include "template/func.h"

extern const struct kz_func kz_helm_funcs[];

/* The user of an evaluator that runs these. */
struct kz_helm_run {
    struct kz_arena *arena;
    struct kz_map included; /* name of a template -> unsigned: how often it is being included now */
};

/* Around the text of `fail` and `required`, which then is the whole message. */
extern const char kz_helm_mark_start[], kz_helm_mark_end[];

/* The text without each "<no value>"; the same view where there is none. */
struct kz_str kz_helm_no_value(struct kz_arena *a, struct kz_str text);

#endif
