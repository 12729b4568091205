/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/formats.h"
#include "base/near.h"

#include <criterion/criterion.h>

Test(formats, tables)
{
    static const struct {
        bool (*is)(struct kz_str s);
        const char *in;
        bool want;
    } rows[] = {
        {kz_is_label, "web", true},
        {kz_is_label, "0-a", true},
        {kz_is_label, "", false},
        {kz_is_label, "-a", false},
        {kz_is_label, "a-", false},
        {kz_is_label, "A", false},
        {kz_is_label, "a.b", false},
        {kz_is_label, "a123456789a123456789a123456789a123456789a123456789a123456789abc", true},
        {kz_is_label, "a123456789a123456789a123456789a123456789a123456789a123456789abcd", false},
        {kz_is_subdomain, "a.b-c.d", true},
        {kz_is_subdomain, "a..b", false},
        {kz_is_subdomain, "a.", false},
        {kz_is_subdomain, ".a", false},
        {kz_is_subdomain, "..", false},
        {kz_is_kind, "Deployment", true},
        {kz_is_kind, "deployment", false},
        {kz_is_kind, "De-p", false},
        {kz_is_pointer, "", true},
        {kz_is_pointer, "/spec/a~1b", true},
        {kz_is_pointer, "spec", false},
        {kz_is_pointer, "/a~2", false},
        {kz_is_pointer, "/a~", false},
        {kz_is_cron, "0 2 * * 1-5", true},
        {kz_is_cron, "*/15 0-6,20 1 1,7 0", true},
        {kz_is_cron, "0  2 * * 1", true},
        {kz_is_cron, "60 2 * * *", false},
        {kz_is_cron, "0 2 * *", false},
        {kz_is_cron, "0 2 * * * *", false},
        {kz_is_cron, "0 5-2 * * *", false},
        {kz_is_cron, "0, 2 * * *", false},
        {kz_is_cron, "*/0 2 * * *", false},
        {kz_is_cron, "* * 0 * *", false},
        {kz_is_cron, "", false},
        {kz_is_zone, "Europe/Berlin", true},
        {kz_is_zone, "UTC", true},
        {kz_is_zone, "Etc/GMT+3", true},
        {kz_is_zone, "../etc", false},
        {kz_is_zone, "Europe/", false},
        {kz_is_http_url, "https://a.example.com/x?y=1", true},
        {kz_is_http_url, "http://a", true},
        {kz_is_http_url, "https://", false},
        {kz_is_http_url, "ftp://a", false},
        {kz_is_http_url, "https://user:pw@a/", false},
        {kz_is_http_url, "https://a/ b", false},
        {kz_is_text, "h\xC3\xA4", true},
        {kz_is_text, "a\033[31m", false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect_eq(rows[i].is(kz_str(rows[i].in)), rows[i].want, "row %zu: '%s'", i, rows[i].in);
}

Test(near, suggests_slips_only)
{
    static const struct {
        const char *word, *candidates[4], *want;
    } rows[] = {
        {"rednerer", {"release", "renderer"}, "renderer"},
        {"netwrk", {"network", "storage"}, "network"},
        {"xyz", {"abc"}, ""},
        {"a", {"b"}, ""}, /* everything is one change away */
        {"modul", {"Platform", "Module"}, "Module"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_near n = kz_near(kz_str(rows[i].word));
        for (size_t c = 0; rows[i].candidates[c] != NULL; c++)
            kz_near_try(&n, kz_str(rows[i].candidates[c]));
        cr_expect(kz_str_is(n.best, rows[i].want), "%s: '%.*s'", rows[i].word, KZ_ARG(n.best));
    }
}
