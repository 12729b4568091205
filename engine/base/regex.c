/* SPDX-License-Identifier: Apache-2.0 */
#include "base/regex.h"

#include <string.h>

#include "base/buf.h"
#include "base/regex_re2.h"

enum { MAX_GROUPS = 64 };

static struct kz_re2 *impl(const struct kz_regex *re)
{
    return (struct kz_re2 *)(uintptr_t)re;
}

/* Go has "(?<name>" beside "(?P<name>", RE2 came to it later than this one. Behind a backslash or in a
 * class it is text; there an odd "P" would be wrong. */
static void spell_names(struct kz_buf *b, struct kz_str s)
{
    bool class = false;
    for (size_t i = 0; i < s.len; i++) {
        const struct kz_str rest = kz_str_skip(s, i);
        if (rest.ptr[0] == '\\' && rest.len > 1) {
            kz_buf_add_str(b, kz_str_head(rest, 2));
            i++;
            continue;
        }
        class = class ? rest.ptr[0] != ']' : rest.ptr[0] == '[';
        const bool name = !class && rest.len > 3 && kz_str_starts(rest, KZ_STR("(?<")) &&
                          rest.ptr[3] != '=' && rest.ptr[3] != '!';
        kz_buf_add_str(b, kz_str_head(rest, name ? 2 : 1));
        if (name)
            kz_buf_putc(b, 'P');
        i += name;
    }
}

int kz_regex_new(struct kz_regex **out, struct kz_str pattern, struct kz_err *err)
{
    char why[KZ_ERR_TEXT] = "out of memory";
    const struct kz_str as_written = pattern;
    kz_autobuf struct kz_buf spelled = KZ_BUF(1 << 24);
    if (kz_str_has(pattern, KZ_STR("(?<"))) {
        spell_names(&spelled, pattern);
        pattern = kz_buf_str(&spelled);
    }
    struct kz_re2 *re =
        kz_re2_new(pattern.len == 0 ? "" : pattern.ptr, pattern.len, why, sizeof why);
    const struct kz_str text = kz_str(why);
    if (re == NULL && pattern.ptr != as_written.ptr && text.len > pattern.len + 2 &&
        kz_str_ends(kz_str_head(text, text.len - 1), pattern)) /* the message quotes all of it */
        return kz_fail(err, KZ_E_PARSE, KZ_FMT KZ_FMT "`",
                       KZ_ARG(kz_str_head(text, text.len - 1 - pattern.len)), KZ_ARG(as_written));
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
    if (kz_re2_find(impl(re), text.ptr == NULL ? "" : text.ptr, text.len, from, parts,
                    (int)known) == 0)
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
