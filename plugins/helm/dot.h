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
};

/* Values as maps that templates change: maps that are shared here are shared there. */
struct kz_val kz_helm_values(struct kz_arena *a, const struct kz_value *values);

struct kz_val kz_helm_chart(struct kz_arena *a, const struct kz_chart *c);
struct kz_val kz_helm_files(struct kz_arena *a, const struct kz_chart *c);
struct kz_val kz_helm_capabilities(struct kz_arena *a, const struct kz_capabilities *caps);
struct kz_val kz_helm_release_val(struct kz_arena *a, const struct kz_helm_release *release);

/* What toYaml and toJson see of a value: structs by their JSON names. KZ_E_INVALID, KZ_E_LIMIT as
 * kz_val_to_value. */
KZ_MUST_USE int kz_helm_plain(struct kz_value **out, struct kz_arena *a, struct kz_val v, struct kz_err *err);

/* sigs.k8s.io/yaml's text of a value, with its newline. */
void kz_helm_yaml(struct kz_buf *b, struct kz_value *v);

#endif
