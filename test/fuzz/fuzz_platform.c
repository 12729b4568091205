/* SPDX-License-Identifier: Apache-2.0
 *
 * The parent's side: any JSON as the reply of the task "load". */
#include "fuzz.h"

#include "spec/platform.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)2 << 30);
    struct kz_platform *p;
    struct kz_value *reply;
    struct kz_err err;
    size_t n;
    if (kz_json_read(&reply, a, kz_str_n((const char *)data, size), KZ_STR("reply"), &err) < 0)
        return 0;
    if (kz_platform_decode(&p, a, reply, &err) < 0) {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
        return 0;
    }
    kz_assert(kz_platform_order(&n, p, a) != NULL && n <= p->n_modules);
    kz_platform_done(p);
    return 0;
}
