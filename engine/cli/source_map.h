/* SPDX-License-Identifier: Apache-2.0
 *
 * --source-map: for each object and each line of the output, the line of the template that made it and
 * how it was reached. The file is described in docs/helm.md. */
#ifndef KZ_CLI_SOURCE_MAP_H
#define KZ_CLI_SOURCE_MAP_H

#include "base/arena.h"
#include "base/err.h"
#include "value/value.h"

struct kz_source_map {
    struct kz_arena *a;
    struct kz_value *objects;
    size_t lines; /* of the output so far */
};
void kz_source_map_init(struct kz_source_map *m, struct kz_arena *a);

/* part: one of the reply's lists, asked for with "places"; its text begins on line `line` (from 1) of
 * the output, or of `output`, a file of its own ("": stdout). */
void kz_source_map_add(struct kz_source_map *m, const struct kz_value *part, size_t line,
                       struct kz_str output);

KZ_MUST_USE int kz_source_map_write(struct kz_source_map *m, const struct kz_value *reply,
                                    const char *path, struct kz_err *err);

#endif
