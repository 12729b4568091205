/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include <criterion/criterion.h>

static void check(const struct kz_err *err, const char *word, bool verbose, const char *want)
{
    struct kz_buf b;
    kz_buf_init(&b, 1 << 16);
    kz_report_error(&b, word, err, verbose, false);
    cr_expect_str_eq(b.ptr, want);
    kz_buf_done(&b);
}

Test(report, what_where_next)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_NOTFOUND, "no path '%s'", "apps/wbe");
    check(&err, "error", false, "error: no path 'apps/wbe'\n");
    (void)kz_err_at(&err, KZ_STR("k.yaml"), 3, 0);
    (void)kz_err_hint(&err, "fix it");
    (void)kz_wrap(&err, "read the tree");
    (void)kz_wrap(&err, "web");
    check(&err, "error", false, "error: web: no path 'apps/wbe'\n  k.yaml:3\n  next: fix it\n");
    check(&err, "held", true,
          "held: web: no path 'apps/wbe'\n  while read the tree\n  k.yaml:3\n  next: fix it\n");
}

Test(report, bug_and_control_bytes)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_BUG, "x\033[2Jy");
    (void)kz_err_at(&err, KZ_STR("a\nb"), 1, 2);
    check(&err, "error", false, "bug: x?[2Jy\n  a?b:1:2\n");
}

Test(report, exits)
{
    static const struct {
        enum kz_code code;
        int want;
    } rows[] = {
        {KZ_OK, 0},         {KZ_E_INVALID, 1},  {KZ_E_PARSE, 1},  {KZ_E_NOTFOUND, 1},
        {KZ_E_CONFLICT, 6}, {KZ_E_DENIED, 5},   {KZ_E_LIMIT, 1},  {KZ_E_TIMEOUT, 8},
        {KZ_E_IO, 1},       {KZ_E_REMOTE, 7},   {KZ_E_USAGE, 2},  {KZ_E_BUG, 70},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect_eq(kz_report_exit(rows[i].code), rows[i].want, "%s", kz_code_name(rows[i].code));
}
