/* SPDX-License-Identifier: Apache-2.0
 *
 * Go's base64.StdEncoding.DecodeString: what it takes and which byte it blames. */
#ifndef KZ_TEMPLATE_ENCODE_H
#define KZ_TEMPLATE_ENCODE_H

#include "base/arena.h"

/* false: *bad is the number in "illegal base64 data at input byte N". */
KZ_MUST_USE bool kz_go_base64(struct kz_str *out, size_t *bad, struct kz_arena *a, struct kz_str s);

#endif
