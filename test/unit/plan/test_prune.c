/* SPDX-License-Identifier: Apache-2.0
 *
 * One row for each prune rule of docs/internals/safety.md: everything allows the removal but this
 * one fact. */
#include "plan/plan.h"

#include <criterion/criterion.h>

struct scene {
    struct kz_prune_facts facts;
    struct kz_entry entry;
    struct kz_live live;
    struct kz_str annotation;
    bool no_entry, no_live;
};

static struct scene allowed(void)
{
    const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), KZ_STR("c")};
    return (struct scene){
        .facts = {.render_complete = true,
                  .source_fresh = true,
                  .applied_all = true,
                  .live_known = true,
                  .api_fresh = true,
                  .leads = true,
                  .module_enabled_prune = true,
                  .removing = 1,
                  .owned = 10},
        .entry = {.id = id,       .uid = KZ_STR("u"), .module = KZ_STR("web")                       },
        .live = {.id = id,                       .uid = KZ_STR("u"),                   .module = KZ_STR("web")},
    };
}

static const char *ask(const struct scene *s)
{
    return kz_plan_may_prune(&s->facts, s->no_entry ? NULL : &s->entry,
                             s->no_live ? NULL : &s->live, s->annotation);
}

static void expect_held(const struct scene *s, const char *part)
{
    const char *why = ask(s);
    cr_assert_not_null(why, "%s", part);
    cr_expect_not_null(strstr(why, part), "want '%s' in '%s'", part, why);
}

Test(prune, allowed_when_every_rule_holds)
{
    struct scene s = allowed();
    cr_expect_null(ask(&s));
}

Test(prune, rule_1_render_complete)
{
    struct scene s = allowed();
    s.facts.render_complete = false;
    expect_held(&s, "did not render completely");
}

Test(prune, rule_2_source_fresh)
{
    struct scene s = allowed();
    s.facts.source_fresh = false;
    expect_held(&s, "source could not be read");
}

Test(prune, rule_3_all_applied)
{
    struct scene s = allowed();
    s.facts.applied_all = false;
    expect_held(&s, "could be applied");
}

Test(prune, rule_4_in_the_inventory)
{
    struct scene s = allowed();
    s.no_entry = true;
    expect_held(&s, "inventory does not name it");
}

Test(prune, rule_4_apply_was_confirmed)
{
    struct scene s = allowed();
    s.entry.uid = KZ_STR("");
    s.live.uid = KZ_STR("");
    expect_held(&s, "never seen as applied");
}

Test(prune, rule_4_same_uid)
{
    struct scene s = allowed();
    s.live.uid = KZ_STR("v");
    expect_held(&s, "created it again");
}

Test(prune, rule_4_label_is_ours)
{
    struct scene s = allowed();
    s.live.module = KZ_STR("db");
    expect_held(&s, "names another module");
    s.live.module = KZ_STR("");
    expect_held(&s, "is gone");
}

Test(prune, live_must_be_known_and_there)
{
    struct scene s = allowed();
    s.facts.live_known = false;
    expect_held(&s, "being read again");
    s = allowed();
    s.no_live = true;
    expect_held(&s, "does not exist");
    s = allowed();
    s.live.deleting = true;
    expect_held(&s, "being deleted already");
    s = allowed();
    s.live.id.name = KZ_STR("d");
    expect_held(&s, "another name");
}

Test(prune, rule_5_not_wanted_elsewhere)
{
    struct scene s = allowed();
    s.facts.elsewhere = true;
    expect_held(&s, "another module wants it");
}

Test(prune, rule_6_api_fresh)
{
    struct scene s = allowed();
    s.facts.api_fresh = false;
    expect_held(&s, "did not list its kind");
}

Test(prune, rule_7_blast_limit)
{
    const struct {
        size_t removing, owned;
        bool held;
    } table[] = {
        {1,   1,    true },
        {5,   5,    true },
        {5,   6,    false},
        {6,   20,   true },
        {5,   20,   false},
        {20,  100,  false},
        {21,  100,  true },
        {200, 1000, false},
        {0,   0,    true },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct scene s = allowed();
        s.facts.removing = table[i].removing;
        s.facts.owned = table[i].owned;
        cr_expect_eq(ask(&s) != NULL, table[i].held, "%zu of %zu", table[i].removing,
                     table[i].owned);
        s.facts.approved = true;
        cr_expect_null(ask(&s));
    }
}

Test(prune, rule_7_precious_kinds)
{
    const char *const table[][2] = {
        {"",                             "Namespace"                     },
        {"",                             "PersistentVolume"              },
        {"",                             "PersistentVolumeClaim"         },
        {"apps",                         "StatefulSet"                   },
        {"storage.k8s.io",               "StorageClass"                  },
        {"apiregistration.k8s.io",       "APIService"                    },
        {"apiextensions.k8s.io",         "CustomResourceDefinition"      },
        {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"},
        {"admissionregistration.k8s.io", "MutatingWebhookConfiguration"  },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct scene s = allowed();
        s.entry.id.group = s.live.id.group = kz_str(table[i][0]);
        s.entry.id.kind = s.live.id.kind = kz_str(table[i][1]);
        expect_held(&s, "needs approval");
        s.facts.approved = true;
        cr_expect_null(ask(&s), "%s", table[i][1]);
    }
}

/* A kind of the same name in another group is another kind. */
Test(prune, rule_7_not_by_the_name_of_a_kind_alone)
{
    struct scene s = allowed();
    s.entry.id.group = s.live.id.group = KZ_STR("example.com");
    s.entry.id.kind = s.live.id.kind = KZ_STR("StorageClass");
    cr_expect_null(ask(&s));
}

Test(prune, rule_7_crd_with_instances_is_held_even_if_approved)
{
    struct scene s = allowed();
    s.entry.id.group = s.live.id.group = KZ_STR("apiextensions.k8s.io");
    s.entry.id.kind = s.live.id.kind = KZ_STR("CustomResourceDefinition");
    s.facts.approved = true;
    s.facts.instances = 1;
    expect_held(&s, "would go with it");
    s.facts.instances = SIZE_MAX;
    expect_held(&s, "is not known");
}

Test(prune, rule_7_foreign_content_of_a_namespace)
{
    struct scene s = allowed();
    s.entry.id.kind = s.live.id.kind = KZ_STR("Namespace");
    s.facts.content_foreign = true;
    expect_held(&s, "is not ours");
    s.facts.approved = true;
    cr_expect_null(ask(&s));
}

Test(prune, rule_7_annotation)
{
    const struct {
        const char *text;
        bool held, held_if_approved;
    } table[] = {
        {"",         false, false},
        {"auto",     false, false},
        {"confirm",  true,  false},
        {"never",    true,  true },
        {"disabled", true,  true },
        {"a typo",   true,  true },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct scene s = allowed();
        s.annotation = kz_str(table[i].text);
        cr_expect_eq(ask(&s) != NULL, table[i].held, "%s", table[i].text);
        s.facts.approved = true;
        cr_expect_eq(ask(&s) != NULL, table[i].held_if_approved, "%s", table[i].text);
    }
}

Test(prune, rule_8_lease_module_and_first_cycle)
{
    struct scene s = allowed();
    s.facts.leads = false;
    expect_held(&s, "lease");
    s = allowed();
    s.facts.first_cycle = true;
    expect_held(&s, "first full cycle");
    s = allowed();
    s.facts.module_enabled_prune = false;
    expect_held(&s, "does not prune");
}

/* A gate that a person can open must not hide one that nobody can. */
Test(prune, facts_come_before_approval)
{
    struct scene s = allowed();
    s.facts.removing = s.facts.owned;
    s.facts.source_fresh = false;
    expect_held(&s, "source could not be read");
}

/* What stays by its own word needs nobody's approval; what waits for approval does not stay by itself. */
Test(prune, what_is_kept)
{
    cr_expect_not(kz_plan_is_kept(KZ_STR("")));
    cr_expect_not(kz_plan_is_kept(KZ_STR("auto")));
    cr_expect_not(kz_plan_is_kept(KZ_STR("confirm")));
    cr_expect(kz_plan_is_kept(KZ_STR("never")));
    cr_expect(kz_plan_is_kept(KZ_STR("a word of tomorrow")));
}

Test(prune, reasons_have_kinds)
{
    struct scene s = allowed();
    s.facts.removing = s.facts.owned;
    cr_expect_eq(kz_plan_guard(ask(&s)), KZ_GUARD_MASS);
    s.facts.owned = 20;
    s.facts.removing = 6;
    cr_expect_eq(kz_plan_guard(ask(&s)), KZ_GUARD_MASS);
    s.entry.id.kind = s.live.id.kind = KZ_STR("PersistentVolumeClaim");
    cr_expect_eq(kz_plan_guard(ask(&s)), KZ_GUARD_APPROVAL);
    s.annotation = KZ_STR("confirm");
    cr_expect_eq(kz_plan_guard(ask(&s)), KZ_GUARD_APPROVAL);
    s.facts.source_fresh = false;
    cr_expect_eq(kz_plan_guard(ask(&s)), KZ_GUARD_FACT);
    cr_expect_eq(kz_plan_guard("the API server refused the delete"), KZ_GUARD_FACT);
}
