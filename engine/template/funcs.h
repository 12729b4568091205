/* SPDX-License-Identifier: Apache-2.0
 *
 * The families of template functions, one table a file. */
#ifndef KZ_TEMPLATE_FUNCS_H
#define KZ_TEMPLATE_FUNCS_H

#include "template/func.h"

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
