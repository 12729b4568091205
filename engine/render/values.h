/* SPDX-License-Identifier: Apache-2.0
 *
 * Values that come from objects of the cluster, in the worker: `valueLayers` of the task's input, lowest
 * first, each {values: map} or {kind: ConfigMap | Secret, name, key, optional} of the module's namespace.
 * Such an object is looked up like any other (render/lookup.h), so it is fetched with the module's rights,
 * and a change of it renders the module again. */
#ifndef KZ_RENDER_VALUES_H
#define KZ_RENDER_VALUES_H

#include "render/lookup.h"

/* The values of a render: input.values when there are no layers. What is not known yet is left out, and needed by
 * `l`. altered: each text from a Secret is another one, to see where it goes. *secret learns whether there is
 * a layer from a Secret. */
KZ_MUST_USE int kz_values_resolve(const struct kz_value **out, bool *secret, struct kz_arena *a,
                                  const struct kz_value *input, struct kz_lookups *l, bool altered,
                                  struct kz_err *err);

#endif
