/* SPDX-License-Identifier: Apache-2.0
 *
 * How values are laid over one another: what a user gives over a parent chart's defaults over a chart's
 * own, globals downwards, null removing a default. Two modes as in Helm: coalescing removes what a null
 * names, merging keeps nulls for a later pass.
 *
 * Maps of the results change in place later on; strings are shared with the inputs. */
#ifndef KZ_HELM_VALUES_H
#define KZ_HELM_VALUES_H

#include "helm/chart.h"

/* A tree whose maps and lists are its own and whose scalars are shared. NULL gives an empty map. */
struct kz_value *kz_values_copy(struct kz_arena *a, const struct kz_value *v);

/* -f: over wins, maps merge, everything else replaces, nulls stay. Maps that merge are new. */
struct kz_value *kz_values_over(struct kz_arena *a, const struct kz_value *base,
                                const struct kz_value *over);

enum kz_values_mode { KZ_VALUES_COALESCE, KZ_VALUES_MERGE };

/* Values of chart c and all below it, over a copy of vals. Fails when the place of a subchart's values
 * holds no map. */
KZ_MUST_USE int kz_values_coalesce(struct kz_value **out, struct kz_arena *a,
                                   const struct kz_chart *c, const struct kz_value *vals,
                                   enum kz_values_mode mode, struct kz_helm_notes *notes,
                                   struct kz_err *err);

/* Lays dst over src inside dst; NULL for nothing. Returns the result. */
struct kz_value *kz_values_tables(struct kz_arena *a, struct kz_value *dst, struct kz_value *src,
                                  enum kz_values_mode mode, struct kz_helm_notes *notes);

/* The value at a dotted path when it is there and no map; NULL otherwise. */
struct kz_value *kz_values_at(const struct kz_value *v, struct kz_str path);
/* The map at a dotted path, or NULL. */
struct kz_value *kz_values_table(const struct kz_value *v, struct kz_str path);

#endif
