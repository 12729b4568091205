/* SPDX-License-Identifier: Apache-2.0
 *
 * The families of template functions, one table a file. */
#ifndef KZ_TEMPLATE_FUNCS_H
#define KZ_TEMPLATE_FUNCS_H

#include "template/func.h"

/* Around the messages of `fail` and `required`: they are shown alone, without the chain of errors
 * that led there. The marks are Helm's, so that a message that holds one is cut as there. */
#define KZ_STOP_MARK "HELM_ERR_START"
#define KZ_STOP_END  "HELM_ERR_END"

extern const struct kz_func kz_funcs_case[];
extern const struct kz_func kz_funcs_defaults[];
extern const struct kz_func kz_funcs_dicts[];
extern const struct kz_func kz_funcs_flow[];
extern const struct kz_func kz_funcs_json[];
extern const struct kz_func kz_funcs_layout[];
extern const struct kz_func kz_funcs_lists[];
extern const struct kz_func kz_funcs_merge[];
extern const struct kz_func kz_funcs_numbers[];
extern const struct kz_func kz_funcs_parts[];
extern const struct kz_func kz_funcs_reflect[];
extern const struct kz_func kz_funcs_strings[];
extern const struct kz_func kz_funcs_toml[];
extern const struct kz_func kz_funcs_yaml[];

/* Those below need a user of the run that begins with a struct kz_sprig (template/sprig.h). */
extern const struct kz_func kz_funcs_cert[];
extern const struct kz_func kz_funcs_crypto[];
extern const struct kz_func kz_funcs_date[];
extern const struct kz_func kz_funcs_encode[];
extern const struct kz_func kz_funcs_path[];
extern const struct kz_func kz_funcs_random[];
extern const struct kz_func kz_funcs_regex[];
extern const struct kz_func kz_funcs_semver[];
extern const struct kz_func kz_funcs_url[];

#endif
