/* SPDX-License-Identifier: Apache-2.0
 *
 * An upstream KubeZero values file, accepted unchanged: `kubezero` and `global` at the top, then one
 * section per module whose reserved keys (enabled, namespace, targetRevision, retain, chart,
 * repository, annotations) are about the module and all others are values of its chart. Each section
 * becomes a layer: the map of a Module's spec. */
#ifndef KZ_SPEC_SECTIONS_H
#define KZ_SPEC_SECTIONS_H

#include "value/value.h"

struct kz_sections {
    struct kz_arena *arena;
    struct kz_value *warnings;     /* list of strings, appended to */
    struct kz_str file;
    const struct kz_value *values; /* the whole file */
    const struct kz_value *global; /* layer {values: {global: ...}}; NULL: none */
    struct kz_value *used;         /* set of section names */
};

/* values may be null (an empty file). s->arena and s->warnings are set by the caller. */
KZ_MUST_USE int kz_sections_init(struct kz_sections *s, struct kz_str file,
                                 const struct kz_value *values, struct kz_err *err);

/* *layer NULL: no section for this module. */
KZ_MUST_USE int kz_sections_take(const struct kz_value **layer, struct kz_sections *s,
                                 struct kz_str module, struct kz_err *err);

/* Warns of each section that no module took. */
void kz_sections_rest(struct kz_sections *s);

#endif
