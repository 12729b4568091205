/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 with the standard alphabet and padding (RFC 4648 4), as in Secrets. */
#ifndef KZ_BASE_BASE64_H
#define KZ_BASE_BASE64_H

#include "base/arena.h"

struct kz_str kz_base64_encode(struct kz_arena *a, struct kz_str data);

/* What the API server takes: line ends are skipped, bits behind the end are ignored; any other byte
 * outside the alphabet and missing or surplus padding are refused. *out is NUL-terminated; written only on success. */
KZ_MUST_USE bool kz_base64_decode(struct kz_str *out, struct kz_arena *a, struct kz_str text);

#endif
