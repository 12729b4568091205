/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/hook.h"

#include "fixture.h"
#include "value/yaml.h"

static struct kz_value *object(struct kz_arena *a, const char *annotations)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    struct kz_str text = kz_str_printf(a, "metadata: {name: x, annotations: {%s}}", annotations);
    cr_assert_eq(kz_yaml_read(&v, a, text, KZ_STR("x.yaml"), &err), 0, "%s", err.frame[0]);
    return v;
}

Test(hook, spellings)
{
    enum { B = KZ_HOOK_BEFORE_CREATION, S = KZ_HOOK_SUCCEEDED, X = KZ_HOOK_FAILED };
    static const struct {
        const char *in;
        int rc;
        unsigned phases, remove;
        int weight;
        bool install, upgrade;
    } table[] = {
        {"",                                                                             0, 0, 0, 0, 0, 0},
        {"argocd.argoproj.io/sync-wave: '3'",                                            0, 0, 0, 0, 0, 0},
        {"argocd.argoproj.io/hook: PreSync",                                             1, KZ_PHASE_PRE_SYNC, B, 0, 1, 1},
        {"argocd.argoproj.io/hook: 'PreSync, PostSync'",                                 1,
         KZ_PHASE_PRE_SYNC | KZ_PHASE_POST_SYNC,                                                               B, 0, 1, 1},
        {"argocd.argoproj.io/hook: Skip",                                                1, 0, B, 0, 1, 1},
        {"argocd.argoproj.io/hook: SyncFail, argocd.argoproj.io/hook-delete-policy: 'HookSucceeded,HookFailed'",
         1,                                                                                 KZ_PHASE_SYNC_FAIL, S | X, 0, 1, 1},
        {"argocd.argoproj.io/hook: Sync, argocd.argoproj.io/sync-wave: '-5'",            1, KZ_PHASE_SYNC, B, -5, 1, 1},
        {"kubezero.com/hook: PostDelete, kubezero.com/wave: '7', helm.sh/hook: test",    1, KZ_PHASE_POST_DELETE, B, 7, 1, 1},
        {"helm.sh/hook: pre-install",                                                    1, KZ_PHASE_PRE_SYNC, B, 0, 1, 0},
        {"helm.sh/hook: 'Post-Upgrade '",                                                1, KZ_PHASE_POST_SYNC, B, 0, 0, 1},
        {"helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-weight: '-2'",           1, KZ_PHASE_PRE_SYNC, B, -2, 1, 1},
        {"helm.sh/hook: pre-delete, helm.sh/hook-delete-policy: hook-succeeded",         1, KZ_PHASE_PRE_DELETE, S, 0, 1, 1},
        {"helm.sh/hook: pre-install, helm.sh/hook-weight: heavy",                        1, KZ_PHASE_PRE_SYNC, B, 0, 1, 0},
        {"helm.sh/hook: test",                                                           1, 0, B, 0, 0, 0},
        {"helm.sh/hook: post-rollback",                                                  1, 0, B, 0, 0, 0},
        {"argocd.argoproj.io/hook: presync",                                             -1, 0, 0, 0, 0, 0},
        {"argocd.argoproj.io/hook: Sync, argocd.argoproj.io/sync-wave: two",             -1, 0, 0, 0, 0, 0},
        {"argocd.argoproj.io/hook: Sync, argocd.argoproj.io/hook-delete-policy: Never",  -1, 0, 0, 0, 0, 0},
        {"helm.sh/hook: crd-install",                                                    -1, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_hook h = {0};
        struct kz_err err = {0};
        int rc = kz_hook_of(&h, object(a, table[i].in), KZ_STR("x.yaml"), &err);
        cr_expect_eq(rc < 0 ? -1 : rc, table[i].rc, "%s", table[i].in);
        if (rc < 0)
            cr_expect(err.line == 1 && err.col > 1, "%s: %u:%u", table[i].in, err.line, err.col);
        if (rc != 1)
            continue;
        cr_expect_eq(h.phases, table[i].phases, "%s", table[i].in);
        cr_expect_eq(h.remove, table[i].remove, "%s", table[i].in);
        cr_expect_eq(h.weight, table[i].weight, "%s", table[i].in);
        cr_expect_eq(h.on_install, table[i].install, "%s", table[i].in);
        cr_expect_eq(h.on_upgrade, table[i].upgrade, "%s", table[i].in);
    }
}

Test(hook, an_error_names_what_it_could_be)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_hook h;
    struct kz_err err = {0};
    cr_assert_lt(kz_hook_of(&h, object(a, "helm.sh/hook: pre-instal"), KZ_STR("x.yaml"), &err), 0);
    cr_expect_not_null(strstr(err.frame[0], "'pre-instal' is not one of pre-install, pre-upgrade"), "%s", err.frame[0]);
}

Test(hook, a_generated_name_is_one_of_the_content)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *one, *same, *other;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&one, a, KZ_STR("{metadata: {generateName: job-}, a: 1}"), KZ_STR(""), &err), 0);
    cr_assert_eq(kz_yaml_read(&same, a, KZ_STR("{metadata: {generateName: job-}, a: 1}"), KZ_STR(""), &err), 0);
    cr_assert_eq(kz_yaml_read(&other, a, KZ_STR("{metadata: {generateName: job-}, a: 2}"), KZ_STR(""), &err), 0);
    kz_hook_name(one, a);
    kz_hook_name(same, a);
    kz_hook_name(other, a);
    struct kz_str name = kz_value_path_str(one, "metadata.name");
    cr_expect_eq(name.len, strlen("job-") + 10);
    cr_expect(kz_str_starts(name, KZ_STR("job-")));
    cr_expect_null(kz_value_path(one, "metadata.generateName"));
    cr_expect(kz_str_eq(name, kz_value_path_str(same, "metadata.name")));
    cr_expect_not(kz_str_eq(name, kz_value_path_str(other, "metadata.name")));
}
