/* SPDX-License-Identifier: Apache-2.0 */
#include "report/status.h"
#include "base/buf.h"
#include "render/sandbox.h"
#include "sync/steer.h"
#include "value/json.h"

#include <criterion/criterion.h>

enum { CONFIGMAP = 900 << 10 };

/* A view of n modules; every nth is in error, 0: none. */
static struct kz_engine_view view(struct kz_arena *a, size_t n, size_t nth)
{
    static struct kz_err err;
    struct kz_engine_view v = {.platform = KZ_STR("p"), .revision = KZ_STR("4be91d20c8a3f5e6b7d8c9a0b1c2d3e4f5a6b7c8"),
                               .loaded = true, .leads = true, .n_modules = n, .objects = n};
    (void)kz_fail(&err, KZ_E_INVALID, "the server refuses it: %0200d", 7);
    v.modules = kz_new_n(a, struct kz_module_view, n);
    for (size_t i = 0; i < n; i++) {
        const bool bad = nth > 0 && i % nth == 0;
        v.modules[i] = (struct kz_module_view){
            .name = kz_str_printf(a, "module-of-the-platform-%05zu", i), .word = bad ? KZ_WORD_FAIL : KZ_WORD_OK,
            .revision = v.revision, .note = bad ? kz_str(err.frame[0]) : KZ_STR(""), .objects = 4, .healthy = 3,
            .err = bad ? &err : NULL};
    }
    return v;
}

static size_t size_of(const struct kz_value *doc)
{
    struct kz_buf b;
    kz_buf_init(&b, 64 << 20);
    kz_json_write(&b, doc, KZ_JSON_COMPACT);
    cr_assert_not(kz_buf_bad(&b));
    size_t n = b.len;
    kz_buf_done(&b);
    return n;
}

static size_t count(const struct kz_value *doc, const char *field)
{
    const struct kz_value *modules = kz_value_get(doc, "modules");
    size_t n = 0;
    for (size_t i = 0; i < kz_value_len(modules); i++)
        n += kz_value_get(kz_value_at(modules, i), field) != NULL;
    return n;
}

Test(status, ten_thousand_modules_fit_into_a_configmap)
{
    static const struct {
        size_t nth;
        enum kz_status_detail detail;
        size_t in_full, errors;
    } rows[] = {
        {0, KZ_STATUS_BRIEF_OK, 0, 0},
        {100, KZ_STATUS_BRIEF_OK, 100, 100},
        {1, KZ_STATUS_BRIEF, 100, 100},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(256 << 20);
        struct kz_engine_view v = view(a, 10000, rows[i].nth);
        cr_assert_gt(size_of(kz_status_doc(a, &v, 0, KZ_STATUS_FULL)), CONFIGMAP);
        struct kz_value *doc = kz_status_doc(a, &v, 0, rows[i].detail);
        cr_expect_leq(size_of(doc), CONFIGMAP, "%zu: %zu", i, size_of(doc));
        cr_expect_eq(count(doc, "name"), 10000);
        cr_expect_eq(count(doc, "state"), 10000);
        cr_expect_eq(count(doc, "healthy"), 10000);
        cr_expect_eq(count(doc, "since"), rows[i].in_full, "%zu", i);
        cr_expect_eq(count(doc, "error"), rows[i].errors, "%zu", i);
        cr_expect_eq(kz_value_path_int(doc, "brief", 0), 10000 - (int64_t)rows[i].in_full);
    }
}

Test(status, a_full_one_says_all_of_each)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_engine_view v = view(a, 3, 2);
    v.modules[1].after = KZ_STR("module-a");
    v.modules[2].after = KZ_STR("module-a,module-b");
    const struct kz_value *doc = kz_status_doc(a, &v, 0, KZ_STATUS_FULL);
    cr_expect_eq(count(doc, "since"), 3);
    cr_expect_eq(count(doc, "revision"), 3);
    cr_expect_eq(count(doc, "error"), 2);
    cr_expect_null(kz_value_get(doc, "brief"));
    cr_expect_eq(count(doc, "after"), 2);
    const struct kz_value *after = kz_value_get(kz_value_at(kz_value_get(doc, "modules"), 2), "after");
    cr_expect_eq(kz_value_len(after), 2);
    cr_expect(kz_str_is(kz_value_as_str(kz_value_at(after, 1)), "module-b"));
}

static const char *text_of(struct kz_arena *a, const struct kz_value *v)
{
    struct kz_buf b;
    kz_buf_init(&b, 1 << 16);
    kz_json_write(&b, v, KZ_JSON_SORTED);
    const char *text = kz_cstr(a, kz_buf_str(&b));
    kz_buf_done(&b);
    return text;
}

/* What waits, and what for. */
Test(status, policy)
{
    static const struct kz_wish_pause pause = {.reason = KZ_STR_INIT("es upgrade"), .by = KZ_STR_INIT("anna"),
                                               .until = 600 * KZ_NS_PER_SEC, .drift = true};
    static const struct {
        struct kz_module_view v;
        const char *want; /* the fields of policy */
    } rows[] = {
        {{.cls = KZ_CLASS_NONE}, "{\"class\":\"none\"}"},
        {{.cls = KZ_CLASS_RESTART, .set = {0x12, 0xab}, .target = KZ_STR_INIT("9ac07e1"), .held_by = KZ_HELD_WINDOW | KZ_HELD_APPROVAL,
          .opens = 7200 * KZ_NS_PER_SEC},
         "{\"class\":\"restart\",\"heldBy\":[\"window\",\"approval\"],\"opens\":\"1970-01-01T02:00:00Z\","
         "\"set\":\"000000000000001200000000000000ab\",\"target\":\"9ac07e1\"}"},
        {{.cls = KZ_CLASS_DESTRUCTIVE, .held_by = KZ_HELD_PRUNE}, "{\"class\":\"destructive\",\"heldBy\":[\"prune\"]}"},
        {{.cls = KZ_CLASS_ROUTINE, .paused = &pause},
         "{\"class\":\"routine\",\"paused\":{\"by\":\"anna\",\"drift\":true,\"reason\":\"es upgrade\","
         "\"until\":\"1970-01-01T00:10:00Z\"}}"},
    };
    static const char *const fields[] = {"class", "heldBy", "opens", "paused", "set", "target"};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_engine_view v = view(a, 1, 0);
        v.modules[0] = rows[i].v;
        v.modules[0].word = KZ_WORD_HELD;
        const struct kz_value *m = kz_value_at(kz_value_get(kz_status_doc(a, &v, 0, KZ_STATUS_FULL), "modules"), 0);
        struct kz_value *got = kz_value_map(a);
        for (size_t k = 0; k < kz_countof(fields); k++)
            if (kz_value_get(m, fields[k]) != NULL)
                kz_value_set(a, got, kz_str(fields[k]), kz_value_copy(a, kz_value_get(m, fields[k])));
        cr_expect_str_eq(text_of(a, got), rows[i].want);
    }
}

Test(status, the_sandbox_is_told_layer_by_layer)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_engine_view v = view(a, 1, 0);
    cr_expect_null(kz_value_get(kz_status_doc(a, &v, 0, KZ_STATUS_FULL), "sandbox"), "who does not know says nothing");
    v.sandbox = KZ_LAYER_NO_NEW_PRIVS | KZ_LAYER_SECCOMP;
    struct kz_buf b;
    kz_buf_init(&b, 1 << 12);
    kz_json_write(&b, kz_value_get(kz_status_doc(a, &v, 0, KZ_STATUS_FULL), "sandbox"), KZ_JSON_COMPACT);
    cr_expect_str_eq(kz_cstr(a, kz_buf_str(&b)), "{\"no_new_privs\":true,\"rlimits\":false,\"seccomp\":true,"
                                                "\"landlock\":false,\"namespaces\":false}");
    kz_buf_done(&b);
}
