/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of health.yaml; the .c is made of it by the build. Internal to this layer. */
#ifndef KZ_HEALTH_RULES_TEXT_H
#define KZ_HEALTH_RULES_TEXT_H

#include <stddef.h>

extern const unsigned char kz_rules_text[];
extern const size_t kz_rules_text_len;

#endif
