/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates, keys and tokens as a kubeconfig carries them: in a file or inline as base64. Texts of
 * errors name the file or field, never the content. */
#ifndef KZ_KUBE_MATERIAL_H
#define KZ_KUBE_MATERIAL_H

#include "base/arena.h"
#include "base/err.h"

/* A whole regular file, at most max bytes. */
KZ_MUST_USE int kz_material_file(struct kz_str *out, struct kz_arena *a, const char *path, size_t max,
                                 struct kz_err *err);
/* Standard base64; blanks and line ends are skipped. false: not base64. */
KZ_MUST_USE bool kz_material_base64(struct kz_str *out, struct kz_arena *a, struct kz_str text);
struct kz_str kz_material_encode(struct kz_arena *a, struct kz_str data);

/* A token on one line: trimmed, and fit for a header. false: empty or with control characters. */
KZ_MUST_USE bool kz_material_token(struct kz_str *token);

#endif
