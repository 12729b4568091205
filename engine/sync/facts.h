/* SPDX-License-Identifier: Apache-2.0
 *
 * What a render is told about cluster and module (render/render.h, "facts"). Equal facts give equal
 * objects, so each of them is one that changes only when something has changed:
 *
 *     revision  1 until the module is healthy for the first time; from then on one more for each other
 *               content or definition. A restart, or a new kind in the cluster, is no revision.
 *     now       the time of the commit that made the revision
 *     clock     the real time, for certificates alone; not part of any key */
#ifndef KZ_SYNC_FACTS_H
#define KZ_SYNC_FACTS_H

#include "sync/internal.h"

/* Only charts and programs ask for facts. For the rest they would make the same sets look new. */
bool kz_facts_read_by(const struct kz_module *s);
/* Key of all that decides about a render and is known before it. */
struct kz_hash kz_facts_key(const struct kz_engine *e, const struct kz_module *s);
/* The release that the module becomes by its present definition. */
struct kz_release kz_facts_release(const struct kz_engine *e, const struct kz_module *s);
/* The whole input of task "render" but for the clock, in the arena. */
struct kz_value *kz_facts_input(struct kz_arena *a, const struct kz_mod *m);
void kz_facts_add_clock(struct kz_value *in, struct kz_arena *a, const struct kz_mod *m);

#endif
