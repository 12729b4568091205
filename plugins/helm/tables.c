/* SPDX-License-Identifier: Apache-2.0
 *
 * All functions that a template of a chart can call, later tables first. */
#include "helm/render.h"

#include "helm/funcs.h"

const struct kz_func *const kz_helm_tables[] = {
    kz_helm_funcs,
};
const size_t kz_helm_n_tables = kz_countof(kz_helm_tables);
