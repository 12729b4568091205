/* SPDX-License-Identifier: Apache-2.0
 *
 * The renderers that are linked in. A renderer in a file of its own would export one symbol of the same
 * type; the abi and size fields that open it exist for that. */
#ifndef KZ_RENDER_REGISTRY_H
#define KZ_RENDER_REGISTRY_H

#include "plugins/renderer.h"

/* Sorted by rank, highest first; ends in NULL. */
const struct kz_renderer *const *kz_renderers(void);

/* By what a module says: "yaml", "exec:NAME". *variant is what follows the ':' ("": nothing). An unknown
 * name is KZ_E_INVALID and names the nearest. */
KZ_MUST_USE int kz_renderer_find(const struct kz_renderer **out, struct kz_str *variant,
                                 struct kz_str name, struct kz_err *err);

/* The first that claims the path. */
KZ_MUST_USE int kz_renderer_claim(const struct kz_renderer **out, struct kz_tree *t,
                                  struct kz_str path, struct kz_err *err);

/* Whether rendering with it and these options (a map) starts programs: struct kz_work.may_exec. */
bool kz_renderer_needs_exec(struct kz_str name, const struct kz_value *options);

#endif
