/* SPDX-License-Identifier: Apache-2.0 */
#include "report/manifest.h"
#include "report/wishes.h"
#include "spec/fields.h"
#include "value/json.h"

#include <criterion/criterion.h>

enum { MEMORY = 32 << 20 };
static const int64_t NOW = 1790000000 * KZ_NS_PER_SEC;
static const struct kz_owner owner = {.kind = "status"};

static struct kz_value *json(struct kz_arena *a, const char *text)
{
    struct kz_value *v;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, a, kz_str(text), KZ_STR("test"), &err), 0, "%s", err.frame[0]);
    return v;
}

/* Everything that a view can say. */
static struct kz_module_view full(enum kz_word w)
{
    static struct kz_err err;
    static const struct kz_wish_pause pause = {.reason = KZ_STR_INIT("es upgrade"), .by = KZ_STR_INIT("ann"), .until = 1, .drift = true};
    (void)kz_fail(&err, KZ_E_INVALID, "two\nlines");
    (void)kz_err_at(&err, KZ_STR("web.yaml"), 3, 7);
    (void)kz_err_hint(&err, "do\tthat");
    (void)kz_wrap(&err, "apply ConfigMap web/x");
    return (struct kz_module_view){
        .name = KZ_STR("web"), .word = w, .revision = KZ_STR("4be91d20c8a3f5e6b7d8c9a0b1c2d3e4f5a6b7c8"),
        .note = KZ_STR("a\nb"), .err = &err, .objects = 4, .healthy = 3, .since = NOW, .took = 5 * KZ_NS_PER_SEC,
        .synced = NOW, .result = KZ_WORD_BACK, .cls = KZ_CLASS_RESTART, .set = {1, 2}, .target = KZ_STR("abc"),
        .held_by = KZ_HELD_WINDOW | KZ_HELD_APPROVAL | KZ_HELD_PRUNE, .opens = NOW, .paused = &pause,
        .shown = KZ_STR("{\"source\":{\"path\":\"web\"}}"), .file = KZ_STR("modules/web.yaml"), .line = 3};
}

static struct kz_value *with_conditions(struct kz_arena *a, struct kz_value *status, const struct kz_conditions *c)
{
    struct kz_cond_memory m = {0};
    kz_value_set(a, status, KZ_STR("conditions"), kz_conditions_list(a, c, &m, NOW, 2));
    kz_value_set(a, status, KZ_STR("observedGeneration"), kz_value_int(a, 2));
    return status;
}

/* What is written and what the CRD takes come from different places. */
Test(manifest, a_status_is_what_its_table_says)
{
    for (int w = 0; w < KZ_WORD_COUNT_; w++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
        struct kz_module_view mv = full((enum kz_word)w);
        struct kz_engine_view v = {.platform = KZ_STR("p"), .revision = mv.revision, .subject = KZ_STR("x\ty"),
                                   .author = KZ_STR("ann"), .leader = KZ_STR("pod-1"), .loaded = true, .modules = &mv,
                                   .n_modules = 1, .objects = 4, .source_err = mv.err};
        const struct kz_reply r = {KZ_STR("pause"), KZ_STR("a\nb"), NOW, "taken", KZ_STR("m\nn")};
        struct kz_value *before = kz_value_map(a);
        struct kz_conditions c;
        struct kz_err err;
        v.words[w] = 1;
        kz_value_set(a, before, KZ_STR("command"), kz_reply_doc(a, &r));
        struct kz_value *s = kz_manifest_module_status(a, &mv, before, NOW);
        kz_conditions_of_module(&c, s);
        cr_expect_eq(kz_fields_check(kz_module_status, with_conditions(a, s, &c), &owner, &err), 0, "%s: %s",
                     kz_word_name((enum kz_word)w), err.frame[0]);
        s = kz_manifest_platform_status(a, &v, before);
        kz_conditions_of_platform(&c, &v);
        cr_expect_eq(kz_fields_check(kz_platform_status, with_conditions(a, s, &c), &owner, &err), 0, "%s: %s",
                     kz_word_name((enum kz_word)w), err.frame[0]);
    }
}

Test(manifest, the_history_has_the_last_revisions_once)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_module_view mv = full(KZ_WORD_OK);
    struct kz_value *s = kz_value_map(a);
    for (int i = 0; i < 14; i++) {
        mv.revision = kz_str_printf(a, "revision-%d", i / 2);
        s = kz_manifest_module_status(a, &mv, kz_manifest_kept(a, s), NOW + i);
    }
    const struct kz_value *h = kz_value_get(s, "history");
    cr_assert_eq(kz_value_len(h), KZ_HISTORY_SHOWN);
    cr_expect(kz_str_is(kz_value_path_str(kz_value_at(h, 0), "revision"), "revision-6"));
    cr_expect(kz_str_is(kz_value_path_str(kz_value_at(h, 4), "revision"), "revision-2"));
}

Test(manifest, what_only_the_status_knows_stays)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_module_view mv = full(KZ_WORD_OK);
    struct kz_value *before = json(a, "{\"lastSync\":{\"result\":\"fail\"},\"command\":{\"name\":\"sync\"},\"note\":\"old\"}");
    struct kz_value *s = kz_manifest_module_status(a, &mv, before, NOW);
    cr_expect(kz_str_is(kz_value_path_str(s, "lastSync.result"), "back"), "the engine knows it better");
    cr_expect(kz_str_is(kz_value_path_str(s, "command.name"), "sync"));
    mv.synced = 0;
    s = kz_manifest_module_status(a, &mv, before, NOW);
    cr_expect(kz_str_is(kz_value_path_str(s, "lastSync.result"), "fail"));
    cr_expect(kz_str_is(kz_value_path_str(s, "note"), "a b"));
    cr_expect(kz_str_is(kz_value_path_str(s, "short.objects"), "3/4"));
    cr_expect(kz_str_is(kz_value_path_str(s, "short.revision"), "4be91d2"));
}

Test(manifest, the_object_says_what_git_says)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_module_view mv = full(KZ_WORD_OK);
    const struct kz_value *o = kz_manifest_module(a, KZ_STR("kz"), KZ_STR("p"), &mv);
    cr_expect(kz_str_is(kz_value_path_str(o, "spec.source.path"), "web"));
    cr_expect(kz_str_is(kz_value_as_str(kz_value_get(kz_value_path(o, "metadata.labels"), KZ_PLATFORM_LABEL)), "p"));
    cr_expect(kz_str_is(kz_value_as_str(kz_value_get(kz_value_path(o, "metadata.annotations"), KZ_FILE_ANNOTATION)),
                        "modules/web.yaml:3"));
}
