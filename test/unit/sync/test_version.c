/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/version.h"

#include <criterion/criterion.h>

Test(version, who_may_follow_whom)
{
    static const struct {
        const char *own, *writer;
        bool may;
        const char *least; /* of the hint */
    } rows[] = {
        {"0.1.0", "0.1.0", true, NULL},      {"0.2.0", "0.1.0", true, NULL},     {"0.1.0", "0.1.9", true, NULL},
        {"0.1.0", "0.2.5", true, NULL},      {"0.1.9", "0.3.0", false, "0.2"},   {"1.9.0", "2.0.0", false, "2.0"},
        {"1.0.0", "3.4.1", false, "3.3"},    {"2.0.0", "1.9.0", true, NULL},     {"0.1.0", "", true, NULL},
        {"", "0.9.0", true, NULL},           {"0.1.0", "newest", true, NULL},    {"0.1.0", "0.2.0-rc.1", true, NULL},
        {"0.1.0-dev", "0.3.0-rc.1", false, "0.2"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err = {0};
        const int rc = kz_version_may_follow(kz_str(rows[i].own), kz_str(rows[i].writer), KZ_STR("prod"), &err);
        cr_expect_eq(rc, rows[i].may ? 0 : -KZ_E_CONFLICT, "%s after %s", rows[i].own, rows[i].writer);
        if (rows[i].may)
            continue;
        cr_expect(strstr(err.frame[0], rows[i].own) != NULL && strstr(err.frame[0], rows[i].writer) != NULL &&
                  strstr(err.frame[0], "prod") != NULL, "%s", err.frame[0]);
        cr_expect(strstr(err.hint, rows[i].least) != NULL, "%s", err.hint);
    }
}

Test(version, order)
{
    static const char *const ascending[] = {"nonsense", "0.1.0-rc.1", "0.1.0", "0.1.1", "0.10.0", "1.0.0"};
    for (size_t i = 0; i < kz_countof(ascending); i++)
        for (size_t k = 0; k < kz_countof(ascending); k++) {
            const int cmp = kz_version_cmp(kz_str(ascending[i]), kz_str(ascending[k]));
            cr_expect_eq((cmp > 0) - (cmp < 0), (i > k) - (i < k), "%s, %s", ascending[i], ascending[k]);
        }
    cr_expect_eq(kz_version_cmp(KZ_STR(""), KZ_STR("nonsense")), 0);
}
