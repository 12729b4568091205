/* SPDX-License-Identifier: Apache-2.0
 *
 * The order in which sigs.k8s.io/yaml prints the keys of a map: at the first difference letters come
 * behind everything else, and digits compare as numbers ("a9" before "a10"). */
#ifndef KZ_VALUE_YAML_ORDER_H
#define KZ_VALUE_YAML_ORDER_H

#include "base/str.h"

int kz_yaml_key_cmp(struct kz_str a, struct kz_str b); /* <0, 0, >0 */

#endif
