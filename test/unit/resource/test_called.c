/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "resource/called.h"

Test(called, words)
{
    static const struct {
        const char *word, *kind, *group, *ns, *name;
    } rows[] = {
        {"deployment/web", "deployment", "", "", "web"},
        {"Deployment/shop/web", "Deployment", "", "shop", "web"},
        {"deployments.apps/shop/web", "deployments", "apps", "shop", "web"},
        {"web", NULL, NULL, NULL, NULL},
        {"/web", NULL, NULL, NULL, NULL},
        {"cm/", NULL, NULL, NULL, NULL},
        {"a/b/c/d", NULL, NULL, NULL, NULL},
        {"", NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_called c;
        struct kz_err err;
        const int rc = kz_called_read(&c, kz_str(rows[i].word), &err);
        if (rows[i].kind == NULL) {
            cr_expect_eq(rc, -KZ_E_INVALID, "%s", rows[i].word);
            continue;
        }
        cr_assert_eq(rc, 0, "%s", rows[i].word);
        cr_expect(kz_str_is(c.kind, rows[i].kind) && kz_str_is(c.group, rows[i].group) && kz_str_is(c.ns, rows[i].ns) &&
                      kz_str_is(c.name, rows[i].name), "%s", rows[i].word);
    }
}

Test(called, what_is_meant)
{
    static const struct kz_id id = {KZ_STR_INIT("apps"), KZ_STR_INIT("Deployment"), KZ_STR_INIT("shop"), KZ_STR_INIT("web")};
    static const struct {
        const char *word;
        bool is;
    } rows[] = {
        {"Deployment/web", true},      {"deployment/shop/web", true}, {"deployments/web", true},
        {"deploy/web", true},          {"DEPLOY/web", true},          {"deployment.apps/web", true},
        {"deployment.other/web", false}, {"deployment/other/web", false}, {"deployment/Web", false}, {"cm/web", false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_called c;
        struct kz_err err;
        cr_assert_eq(kz_called_read(&c, kz_str(rows[i].word), &err), 0);
        cr_expect_eq(kz_called_is(&c, &id, KZ_STR("deployments")), rows[i].is, "%s", rows[i].word);
    }
}
