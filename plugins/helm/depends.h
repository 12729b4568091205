/* SPDX-License-Identifier: Apache-2.0
 *
 * Which charts below take part: conditions, tags, aliases, versions; and what parents import from their
 * values. Changes the charts: afterwards `subs` are the enabled ones under the names in force, `deps`
 * are theirs, and `values` of a chart with dependencies hold what is imported. */
#ifndef KZ_HELM_DEPENDS_H
#define KZ_HELM_DEPENDS_H

#include "helm/chart.h"

/* Every dependency of Chart.yaml must lie in charts/, by name. */
KZ_MUST_USE int kz_depends_check(const struct kz_chart *c, struct kz_err *err);

KZ_MUST_USE int kz_depends_process(struct kz_chart *c, struct kz_arena *a,
                                   const struct kz_value *vals, struct kz_helm_notes *notes,
                                   struct kz_err *err);

#endif
