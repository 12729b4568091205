/* SPDX-License-Identifier: Apache-2.0
 *
 * The pages are cases (test/cases/plan); here is what they can't show. */
#include "plan/plan.h"

#include <criterion/criterion.h>

/* No line of a table is wider than the terminal, whatever the names are. */
Test(text, table_fits_the_terminal)
{
    struct kz_step steps[40] = {0};
    struct kz_plan plans[3] = {0};
    const char *names[] = {"a", "a-module-with-a-name-that-is-far-too-long-for-a-table-of-80",
                           "bc"};
    for (size_t i = 0; i < kz_countof(steps); i++)
        steps[i] = (struct kz_step){
            .kind = (enum kz_step_kind)(1 + i % 3),
            .cls = KZ_CLASS_DESTRUCTIVE,
            .id = {.kind = KZ_STR("KindWithALongName"), .name = KZ_STR("n")},
        };
    for (size_t i = 0; i < kz_countof(plans); i++)
        plans[i] = (struct kz_plan){.module = kz_str(names[i]),
                                    .steps = steps,
                                    .n_steps = kz_countof(steps),
                                    .cls = KZ_CLASS_DESTRUCTIVE};
    for (int width = 60; width <= 160; width += 20) {
        kz_autobuf struct kz_buf b;
        const struct kz_plan_view v = {
            .plans = plans, .n_plans = kz_countof(plans), .width = width};
        kz_buf_init(&b, 1 << 20);
        kz_plan_text(&b, &v);
        struct kz_str rest = kz_buf_str(&b), line;
        while (rest.len > 0) {
            rest = kz_str_cut(&line, rest, '\n');
            cr_expect_leq(line.len, (size_t)width, "%d: " KZ_FMT, width, KZ_ARG(line));
        }
    }
}

/* What is to be known beside the changes: in the page and in the document. */
Test(text, warnings_and_generated_values)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    const struct kz_str warnings[] = {KZ_STR("modules/web/Chart.yaml:1: it is old")};
    const struct kz_plan plan = {.module = KZ_STR("web"), .warnings = warnings, .n_warnings = 1};
    struct kz_plan_view v = {.plans = &plan, .n_plans = 1, .generated = "nobody knows"};
    kz_plan_text(&b, &v);
    cr_expect_not_null(strstr(b.ptr, "\n  Warnings:\n    web  modules/web/Chart.yaml:1: it is old\n"), "%s", b.ptr);
    cr_expect_not_null(strstr(b.ptr, "\n  Generated values: nobody knows\n"), "%s", b.ptr);
    const struct kz_value *doc = kz_plan_json(a, &v);
    cr_expect(kz_str_is(kz_value_path_str(doc, "generated"), "nobody knows"));
    cr_expect_eq(kz_value_len(kz_value_get(kz_value_at(kz_value_get(doc, "modules"), 0), "warnings")), 1);
    v.only_module = KZ_STR("other");
    kz_buf_clear(&b);
    kz_plan_text(&b, &v);
    cr_expect_null(strstr(b.ptr, "it is old"), "%s", b.ptr);
}
