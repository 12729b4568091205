/* SPDX-License-Identifier: Apache-2.0
 *
 * kz_glob: patterns of .Files.Glob for the comparison in test/diff/glob. Each case on stdin is a line with the
 * two lengths, and then pattern and text; each answer is a line: "yes", "no", or "bad" for a bad pattern. */
#include "helm/glob.h"

#include <stdio.h>

enum { MAX_CASE = 1 << 16 };

int main(void)
{
    size_t pattern, text;
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 26);
    kz_autoarena struct kz_arena *scratch = kz_arena_new((size_t)1 << 26);
    while (scanf("%zu %zu", &pattern, &text) == 2 && getchar() == '\n' &&
           pattern + text <= MAX_CASE) {
        char *at = kz_arena_bytes(a, pattern + text + 1);
        if (fread(at, 1, pattern + text, stdin) != pattern + text)
            return 2;
        const struct kz_glob *g = kz_glob_parse(a, kz_str_n(at, pattern));
        (void)puts(g == NULL                                                ? "bad"
                   : kz_glob_fits(g, scratch, kz_str_n(at + pattern, text)) ? "yes"
                                                                            : "no");
        (void)fflush(stdout);
        kz_arena_reset(a);
    }
    return 0;
}
