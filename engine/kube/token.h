/* SPDX-License-Identifier: Apache-2.0
 *
 * A bearer token: one line that is fit for a header. */
#ifndef KZ_KUBE_TOKEN_H
#define KZ_KUBE_TOKEN_H

#include "base/str.h"

/* Takes the blanks around it away. false: empty, or with blanks or control characters in it. */
KZ_MUST_USE bool kz_token_trim(struct kz_str *token);

#endif
