/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/options.h"

#include "fixture.h"
#include "resource/object.h"

#define ARGO "'argocd.argoproj.io/sync-options': "
#define FLUX "'kustomize.toolkit.fluxcd.io/"

Test(options, words)
{
    static const struct {
        const char *in, *odd;
        struct kz_options want;
    } table[] = {
        {"", "", {0}},
        {"'kubezero.com/prune': 'never'", "", {.prune = KZ_PRUNE_NEVER}},
        {"'kubezero.com/prune': 'confirm', 'kubezero.com/on-delete': 'orphan'", "",
         {.prune = KZ_PRUNE_CONFIRM, .on_delete = KZ_ON_DELETE_ORPHAN}},
        {"'kubezero.com/apply': 'if-absent', 'kubezero.com/validate': 'warn', 'kubezero.com/health': 'ignore'", "",
         {.apply = KZ_APPLY_WORD_IF_ABSENT, .validate = KZ_VALIDATE_WARN, .ignore_health = 1}},
        {"'kubezero.com/recreate': 'allowed', 'kubezero.com/propagation': 'orphan', 'kubezero.com/wait-for-kind': 'true'", "",
         {.recreate = 1, .propagation = KZ_PROPAGATION_ORPHAN, .wait_kind = 1}},
        {ARGO "'Prune=false'", "", {.prune = KZ_PRUNE_NEVER}},
        {ARGO "'Prune=confirm,Delete=false'", "", {.prune = KZ_PRUNE_CONFIRM, .on_delete = KZ_ON_DELETE_ORPHAN}},
        {ARGO "' Delete=confirm , Force=true'", "", {.on_delete = KZ_ON_DELETE_CONFIRM, .recreate = 1}},
        {ARGO "'Validate=false,SkipDryRunOnMissingResource=true'", "", {.validate = KZ_VALIDATE_OFF, .wait_kind = 1}},
        {ARGO "'PrunePropagationPolicy=background,ClientSideApplyMigration=false'", "",
         {.propagation = KZ_PROPAGATION_BACKGROUND, .apply = KZ_APPLY_WORD_MERGE}},
        {ARGO "'ServerSideApply=true,ApplyOutOfSyncOnly=true,PruneLast=true,Replace=true,CreateNamespace=true'", "", {0}},
        {ARGO "'RespectIgnoreDifferences=true,FailOnSharedResource=true,SkipDryRunOnMissingResource=false'", "", {0}},
        /* A word is a word, not a part of one. */
        {ARGO "'NoPrune=false'", "NoPrune=false", {0}},
        {ARGO "'Prune=falsehood'", "Prune=falsehood", {0}},
        {ARGO "'XPrune=confirmed,Delete=false'", "XPrune=confirmed", {.on_delete = KZ_ON_DELETE_ORPHAN}},
        {ARGO "'prune=false'", "prune=false", {0}},
        {ARGO "','", "", {0}},
        {FLUX "prune': 'disabled'", "", {.prune = KZ_PRUNE_NEVER}},
        {FLUX "prune': 'not-disabled'", "", {0}},
        {FLUX "ssa': 'IfNotPresent'", "", {.apply = KZ_APPLY_WORD_IF_ABSENT}},
        {FLUX "ssa': 'Ignore'", "", {.apply = KZ_APPLY_WORD_NEVER}},
        {FLUX "ssa': 'Merge', " FLUX "force': 'enabled'", "", {.apply = KZ_APPLY_WORD_MERGE, .recreate = 1}},
        {FLUX "ssa': 'Override'", "", {0}},
        {FLUX "reconcile': 'disabled'", "", {.apply = KZ_APPLY_WORD_NEVER}},
        {"'argocd.argoproj.io/ignore-healthcheck': 'true'", "", {.ignore_health = 1}},
        {"'argocd.argoproj.io/ignore-healthcheck': 'false'", "", {0}},
        {"'helm.sh/resource-policy': 'keep'", "", {.prune = KZ_PRUNE_NEVER}},
        {"'helm.sh/resource-policy': ' Keep'", "", {.prune = KZ_PRUNE_NEVER}},
        {"'helm.sh/resource-policy': 'keeper'", "", {0}},
        /* Ours is heard before all others, also when it says the default. */
        {"'helm.sh/resource-policy': 'keep', 'kubezero.com/prune': 'auto'", "", {0}},
        {ARGO "'Force=true', 'kubezero.com/recreate': 'never'", "", {0}},
        {FLUX "prune': 'disabled', " ARGO "'Prune=confirm'", "", {.prune = KZ_PRUNE_CONFIRM}},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_value *notes = doc(a, kz_cstr(a, kz_str_printf(a, "{'annotations': {%s}}", table[i].in)));
        struct kz_options got = {0}, live = kz_options_live(notes);
        struct kz_str odd = KZ_STR("");
        struct kz_err err = {0};
        cr_assert_eq(kz_options_read(&got, &odd, notes, &err), 0, "%s: %s", table[i].in, err.frame[0]);
        cr_expect_eq(memcmp(&got, &table[i].want, sizeof got), 0, "%s", table[i].in);
        cr_expect_eq(memcmp(&live, &got, sizeof got), 0, "%s: the live object says the same", table[i].in);
        cr_expect(kz_str_is(odd, table[i].odd), "%s: odd '" KZ_FMT "'", table[i].in, KZ_ARG(odd));
    }
}

Test(options, an_unknown_word_of_ours)
{
    static const struct {
        const char *in, *want;
        uint8_t prune; /* of a live object */
    } table[] = {
        {"{'kubezero.com/prune': 'keep-it'}", "annotation kubezero.com/prune 'keep-it' is not one of auto, confirm, never",
         KZ_PRUNE_NEVER},
        {"{'kubezero.com/prune': ''}", "annotation kubezero.com/prune '' is not one of auto, confirm, never", KZ_PRUNE_NEVER},
        {"{'kubezero.com/prune': false}", "annotation kubezero.com/prune '' is not one of auto, confirm, never", KZ_PRUNE_NEVER},
        {"{'kubezero.com/apply': 'IfNotPresent'}",
         "annotation kubezero.com/apply 'IfNotPresent' is not one of always, merge, if-absent, never", KZ_PRUNE_AUTO},
        {"{'kubezero.com/on-delete': 'false', 'helm.sh/resource-policy': 'keep'}",
         "annotation kubezero.com/on-delete 'false' is not one of delete, confirm, orphan", KZ_PRUNE_NEVER},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_value *notes = doc(a, kz_cstr(a, kz_str_printf(a, "{'annotations': %s}", table[i].in)));
        struct kz_options got;
        struct kz_str odd;
        struct kz_err err = {0};
        cr_expect_eq(kz_options_read(&got, &odd, notes, &err), -KZ_E_INVALID, "%s", table[i].in);
        cr_expect_str_eq(err.frame[0], table[i].want);
        cr_expect_eq(kz_options_live(notes).prune, table[i].prune, "%s", table[i].in);
    }
}

Test(options, flux_reads_labels_too)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_options o = kz_options_live(
        doc(a, "{'labels': {" FLUX "prune': 'Disabled', 'kubezero.com/apply': 'never', 'helm.sh/resource-policy': 'keep'}}"));
    cr_expect_eq(o.prune, KZ_PRUNE_NEVER);
    cr_expect_eq(o.apply, KZ_APPLY_WORD_ALWAYS);
    o = kz_options_live(doc(a, "{'labels': {'helm.sh/resource-policy': 'keep'}}"));
    cr_expect_eq(o.prune, KZ_PRUNE_AUTO);
}
