/* SPDX-License-Identifier: Apache-2.0
 *
 * Helm's own template functions. They go over sprig's of the same name. */
#ifndef KZ_HELM_FUNCS_H
#define KZ_HELM_FUNCS_H

#include "base/map.h"
#include "plugins/renderer.h"
#include "template/sprig.h"

extern const struct kz_func kz_helm_funcs[];

/* Who answers `lookup`; find NULL: nobody, there is nothing in the cluster. As kz_render.lookup. */
struct kz_helm_cluster {
    int (*find)(void *arg, const struct kz_value **out, const struct kz_lookup *what,
                struct kz_err *err);
    void *arg;
};

/* The user of an evaluator that runs these. */
struct kz_helm_run {
    struct kz_sprig sprig; /* first: sprig's functions look for it here */
    struct kz_arena *arena;
    struct kz_helm_cluster cluster;
    struct kz_map included; /* name of a template -> unsigned: how often it is being included now */
};

/* toYaml, for methods that give YAML. */
struct kz_val kz_helm_to_yaml(struct kz_eval *ev, struct kz_val v);

/* The text without each "<no value>"; the same view where there is none. */
struct kz_str kz_helm_no_value(struct kz_arena *a, struct kz_str text);

#endif
