/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/diff.h"

#include <criterion/criterion.h>

Test(quantity, same)
{
    const struct {
        const char *a, *b;
        bool want;
    } table[] = {
        {"1",                     "1",                     true },
        {"1000m",                 "1",                     true },
        {"0.5",                   "500m",                  true },
        {"1024Mi",                "1Gi",                   true },
        {"1Gi",                   "1073741824",            true },
        {"1e3",                   "1k",                    true },
        {"1E3",                   "1000",                  true },
        {"1E",                    "1000P",                 true },
        {"0",                     "0m",                    true },
        {"-1",                    "-1000m",                true },
        {"1",                     "-1",                    false},
        {"1",                     "2",                     false},
        {"1G",                    "1Gi",                   false},
        {"0.1",                   "100m",                  true },
        {"100m",                  "1",                     false},
        {"1h",                    "60m",                   true },
        {"1h0m0s",                "1h",                    true },
        {"90s",                   "1m",                    false},
        {"abc",                   "abc",                   true },
        {"abc",                   "abd",                   false},
        {"",                      "0",                     false},
        {"1.",                    "1",                     true },
        {".5",                    "500m",                  true },
        {".",                     "0",                     false},
        {"1x",                    "1",                     false},
        {"8Ei",                   "8192Pi",                true },
        {"1e-3",                  "1m",                    true },
        {"123456789012345678901", "123456789012345678901", true },
        {"123456789012345678901", "123456789012345678902", false},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        cr_expect_eq(kz_diff_same_quantity(kz_str(table[i].a), kz_str(table[i].b)), table[i].want,
                     "%s %s", table[i].a, table[i].b);
        cr_expect_eq(kz_diff_same_quantity(kz_str(table[i].b), kz_str(table[i].a)), table[i].want,
                     "%s %s", table[i].b, table[i].a);
    }
}
