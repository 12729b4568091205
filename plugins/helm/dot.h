/* SPDX-License-Identifier: Apache-2.0
 *
 * What templates see as ".": Values, Chart, Release, Capabilities, Files, Subcharts. Types and methods
 * are Go's, because templates print them, ask for their names and call them. */
#ifndef KZ_HELM_DOT_H
#define KZ_HELM_DOT_H

#include "helm/capabilities.h"
#include "helm/chart.h"
#include "template/func.h"

extern const struct kz_type kz_helm_type_values; /* chartutil.Values */

struct kz_helm_release {
    struct kz_str name, ns;
    bool is_upgrade;
    int64_t revision; /* 0: 1 */
};

/* Values as maps that templates change: maps that are shared here are shared there. */
struct kz_val kz_helm_values(struct kz_arena *a, const struct kz_value *values);

struct kz_val kz_helm_chart(struct kz_arena *a, const struct kz_chart *c);
struct kz_val kz_helm_files(struct kz_arena *a, const struct kz_chart *c);
struct kz_val kz_helm_capabilities(struct kz_arena *a, const struct kz_capabilities *caps);
struct kz_val kz_helm_release_val(struct kz_arena *a, const struct kz_helm_release *release);

#endif
