/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of files against patterns: .helmignore, .Files.Glob and filepath.Match. The text up to NUL is
 * the name. */
#include "fuzz.h"

#include "helm/glob.h"
#include "helm/ignore.h"
#include "helm/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    kz_autoarena struct kz_arena *scratch = kz_arena_new((size_t)1 << 28);
    struct kz_ignore ignore;
    struct kz_err err = {0};
    struct kz_str name;
    if (size > 8192)
        return 0;
    const struct kz_str rules = kz_str_cut(&name, kz_str_n((const char *)data, size), '\0');
    if (kz_ignore_parse(&ignore, a, rules, &err) < 0)
        kz_assert(err.depth > 0);
    else
        (void)(kz_ignore_has(&ignore, name, true) || kz_ignore_has(&ignore, name, false));
    for (struct kz_str rest = rules; rest.len > 0;) {
        struct kz_str pattern;
        rest = kz_str_cut(&pattern, rest, '\n');
        const struct kz_glob *g = kz_glob_parse(a, pattern);
        if (g != NULL)
            (void)kz_glob_fits(g, scratch, name);
        const int fits = kz_go_match(pattern, name);
        kz_assert(fits >= -1 && fits <= 1);
    }
    return 0;
}
