/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/token.h"

bool kz_token_trim(struct kz_str *token)
{
    struct kz_str t = kz_str_trim(*token);
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.ptr[i] <= 0x20 || (unsigned char)t.ptr[i] >= 0x7f)
            return false;
    if (t.len == 0)
        return false;
    *token = t;
    return true;
}
