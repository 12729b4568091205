/* SPDX-License-Identifier: Apache-2.0 */
#include "template/regexes.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { SLOTS = 64 }; /* one pattern each; another with the same slot takes its place */

struct slot {
    struct kz_regex *re;
    struct kz_str pattern; /* heap */
};

struct kz_regex_cache {
    struct slot slots[SLOTS];
};

static void clear(struct slot *s)
{
    kz_regex_free(s->re);
    free((void *)(uintptr_t)s->pattern.ptr);
    *s = (struct slot){0};
}

void kz_regexes_free(struct kz_regex_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        clear(&cache->slots[i]);
    free(cache);
}

int kz_regexes_get(const struct kz_regex **out, struct kz_regex_cache **cache,
                   struct kz_str pattern, struct kz_err *err)
{
    if (*cache == NULL && (*cache = calloc(1, sizeof **cache)) == NULL)
        return kz_fail(err, KZ_E_IO, "out of memory");
    struct slot *s = &(*cache)->slots[kz_hash64_seeded(pattern) % SLOTS];
    if (s->re == NULL || !kz_str_eq(s->pattern, pattern)) {
        struct kz_regex *re;
        const int rc = kz_regex_new(&re, pattern, err);
        if (rc < 0)
            return rc;
        clear(s);
        s->re = re;
        char *copy = malloc(pattern.len + 1);
        if (copy == NULL)
            return kz_fail(err, KZ_E_IO, "out of memory");
        if (pattern.len > 0)
            memcpy(copy, pattern.ptr, pattern.len);
        s->pattern = kz_str_n(copy, pattern.len);
    }
    *out = s->re;
    return 0;
}
