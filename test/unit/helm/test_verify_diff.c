/* SPDX-License-Identifier: Apache-2.0
 *
 * Two renderings line by line: what is a difference, what was generated, what may be shown. */
#include "cli/verify_diff.h"

#include <criterion/criterion.h>

Test(verify_diff, compare)
{
    static const struct {
        const char *helm, *again, *kzsync;
        size_t line, generated;
        const char *theirs, *ours;
    } cases[] = {
        {"a\nb\n",           "a\nb\n",           "a\nb\n",           0, 0, "",       ""      },
        {"a\nb\n",           "a\nb\n",           "a\nc\n",           2, 0, "***",    "***"   },
        {"a\n",              "a\n",              "a\nb\n",           2, 0, "",       "***"   },
        {"a\nb\n",           "a\nb\n",           "a\n",              2, 0, "***",    ""      },
        {"k: 1\nb\n",        "k: 2\nb\n",        "k: 3\nb\n",        0, 1, "",       ""      },
        {"k: 1\nb\n",        "k: 2\nb\n",        "j: 3\nb\n",        1, 0, "k: ***", "j: ***"},
        {"k: 1\nb: 1\n",     "k: 2\nb: 1\n",     "k: 3\nb: 2\n",     2, 1, "b: ***", "b: ***"},
        {"kind: A\nb: 1\n",  "kind: A\nb: 1\n",  "kind: A\nb: 2\n",  2, 0, "b: 1",   "b: 2"  },
        {"kind: Secret\nb: 1\n---\nkind: A\nc: 1\n", "", "kind: Secret\nb: 1\n---\nkind: A\nc: 2\n", 5, 0,
         "c: 1", "c: 2"},
        {"kind: A\n---\nb: 1\nkind: Secret\n---\nkind: A", "", "kind: A\n---\nb: 2\nkind: Secret\n", 3, 0,
         "b: ***", "b: ***"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(cases); i++) {
        struct kz_verify_diff d;
        const char *again = cases[i].again[0] == '\0' ? cases[i].helm : cases[i].again;
        kz_verify_compare(&d, a, kz_str(cases[i].helm), kz_str(again), kz_str(cases[i].kzsync));
        cr_expect_eq(d.line, cases[i].line, "%zu: line %zu", i, d.line);
        cr_expect_eq(d.generated, cases[i].generated, "%zu: generated %zu", i, d.generated);
        cr_expect(kz_str_is(d.helm, cases[i].theirs), "%zu: " KZ_FMT, i, KZ_ARG(d.helm));
        cr_expect(kz_str_is(d.kzsync, cases[i].ours), "%zu: " KZ_FMT, i, KZ_ARG(d.kzsync));
    }
}
