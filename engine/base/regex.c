/* SPDX-License-Identifier: Apache-2.0 */
#include "base/regex.h"

#include <string.h>

#include "base/regex_re2.h"

enum { MAX_GROUPS = 64 };

static struct kz_re2 *impl(const struct kz_regex *re)
{
    return (struct kz_re2 *)(uintptr_t)re;
}

int kz_regex_new(struct kz_regex **out, struct kz_str pattern, struct kz_err *err)
{
    char why[KZ_ERR_TEXT] = "out of memory";
    struct kz_re2 *re =
        kz_re2_new(pattern.len == 0 ? "" : pattern.ptr, pattern.len, why, sizeof why);
    if (re == NULL)
        return kz_fail(err, KZ_E_PARSE, "%s", why);
    *out = (struct kz_regex *)re;
    return 0;
}

void kz_regex_free(struct kz_regex *re)
{
    if (re != NULL)
        kz_re2_free(impl(re));
}

unsigned kz_regex_groups(const struct kz_regex *re)
{
    return (unsigned)kz_re2_groups(impl(re));
}

int kz_regex_group(const struct kz_regex *re, struct kz_str name)
{
    return kz_re2_group(impl(re), name.len == 0 ? "" : name.ptr, name.len);
}

bool kz_regex_match(const struct kz_regex *re, struct kz_str text)
{
    return kz_re2_find(impl(re), text.len == 0 ? "" : text.ptr, text.len, 0, NULL, 0) != 0;
}

bool kz_regex_find(const struct kz_regex *re, struct kz_str text, size_t from,
                   struct kz_str *groups, unsigned n)
{
    struct kz_re2_part parts[MAX_GROUPS];
    const unsigned known = n < MAX_GROUPS ? n : MAX_GROUPS;
    if (kz_re2_find(impl(re), text.len == 0 ? "" : text.ptr, text.len, from, parts, (int)known) ==
        0)
        return false;
    for (unsigned i = 0; i < n; i++)
        groups[i] = i < known ? kz_str_n(parts[i].ptr, parts[i].len) : KZ_STR_NONE;
    return true;
}

struct kz_str kz_regex_quote(struct kz_arena *a, struct kz_str text)
{
    char *out = kz_arena_bytes(a, 2 * text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (memchr("\\.+*?()|[]{}^$", text.ptr[i], 14) != NULL)
            out[n++] = '\\';
        out[n++] = text.ptr[i];
    }
    return kz_str_n(out, n);
}
