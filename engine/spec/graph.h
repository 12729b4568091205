/* SPDX-License-Identifier: Apache-2.0
 *
 * The module graph: an edge is a dependency between two enabled modules. */
#ifndef KZ_SPEC_GRAPH_H
#define KZ_SPEC_GRAPH_H

#include "spec/platform.h"

/* p->modules and p->by_name are complete. Errors: a dependency that does not exist (with a near
 * miss) or is disabled, unless optional; a cycle, printed as "a -> b -> a". */
KZ_MUST_USE int kz_graph_check(const struct kz_platform *p, struct kz_arena *a, struct kz_err *err);

#endif
