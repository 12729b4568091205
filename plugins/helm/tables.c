/* SPDX-License-Identifier: Apache-2.0
 *
 * All functions that a template of a chart can call; a later table goes over an earlier one. */
#include "helm/render.h"

#include "helm/funcs.h"
#include "template/funcs.h"

const struct kz_func *const kz_helm_tables[] = {
    kz_funcs_case,   kz_funcs_cert,    kz_funcs_crypto,  kz_funcs_date,   kz_funcs_defaults,
    kz_funcs_dicts,  kz_funcs_encode,  kz_funcs_flow,    kz_funcs_json,   kz_funcs_layout,
    kz_funcs_lists,  kz_funcs_merge,   kz_funcs_numbers, kz_funcs_parts,  kz_funcs_path,
    kz_funcs_random, kz_funcs_reflect, kz_funcs_regex,   kz_funcs_semver, kz_funcs_strings,
    kz_funcs_toml,   kz_funcs_url,     kz_funcs_yaml,    kz_helm_funcs,
};
const size_t kz_helm_n_tables = kz_countof(kz_helm_tables);
