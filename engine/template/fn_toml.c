/* SPDX-License-Identifier: Apache-2.0
 *
 * Helm: TOML. */
#include "template/funcs.h"
const struct kz_func kz_funcs_toml[] = {
    {0},
};
