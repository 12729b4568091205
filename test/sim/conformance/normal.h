/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server said, without what may differ from server to server: uids and resourceVersions become numbers in
 * order of appearance, times and tokens words. What the simulated server leaves out on purpose is dropped on both
 * sides: the table in normal.c is the list of it. */
#ifndef CONFORM_NORMAL_H
#define CONFORM_NORMAL_H

#include "base/map.h"
#include "base/vec.h"
#include "value/value.h"

struct conform_names { /* of one server, for one script */
    struct kz_arena *arena;
    struct kz_map tokens; /* "uid of it" -> "uid-2" */
    unsigned uids, versions;
};

void conform_names_init(struct conform_names *n, struct kz_arena *a);
void conform_names_done(struct conform_names *n);

/* Changes v in place. */
void conform_normalise(struct conform_names *n, struct kz_value *v);

#endif
