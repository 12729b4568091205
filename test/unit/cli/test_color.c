/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/color.h"

#include <criterion/criterion.h>

Test(color, decide)
{
    static const struct {
        enum kz_color_when when;
        struct kz_color_facts facts; /* NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR, TERM, terminal */
        bool want;
    } rows[] = {
        {KZ_COLOR_AUTO, {NULL, NULL, NULL, "xterm", true}, true},
        {KZ_COLOR_AUTO, {NULL, NULL, NULL, "xterm", false}, false},
        {KZ_COLOR_AUTO, {NULL, NULL, NULL, "dumb", true}, false},
        {KZ_COLOR_AUTO, {NULL, NULL, NULL, NULL, true}, false},
        {KZ_COLOR_AUTO, {"1", NULL, NULL, "xterm", true}, false},
        {KZ_COLOR_AUTO, {"", NULL, NULL, "xterm", true}, true},
        {KZ_COLOR_AUTO, {"1", "1", "1", "xterm", true}, false},
        {KZ_COLOR_AUTO, {NULL, "1", NULL, NULL, false}, true},
        {KZ_COLOR_AUTO, {NULL, NULL, "1", "dumb", false}, true},
        {KZ_COLOR_AUTO, {NULL, "", "", "xterm", false}, false},
        {KZ_COLOR_ALWAYS, {"1", NULL, NULL, "dumb", false}, true},
        {KZ_COLOR_NEVER, {NULL, "1", "1", "xterm", true}, false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect_eq(kz_color_decide(rows[i].when, &rows[i].facts), rows[i].want, "row %zu", i);
}

Test(color, text_cannot_steer_the_terminal)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"plain", "plain"},   {"a\033[31mb", "a?[31mb"}, {"a\r\nb", "a??b"}, {"h\xC3\xA4", "h\xC3\xA4"},
        {"c1 \xC2\x9B" "2J", "c1 ?2J"}, {"\x7F", "?"}, {"\xC2\xA0", "\xC2\xA0"}, {"", ""},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_buf b;
        kz_buf_init(&b, 256);
        kz_color_add(&b, false, KZ_TONE_FAIL, kz_str(rows[i].in));
        kz_buf_puts(&b, "");
        cr_expect(kz_str_is(kz_buf_str(&b), rows[i].want), "row %zu: %s", i, b.ptr);
        kz_buf_done(&b);
    }
}

Test(color, tone_is_laid_over)
{
    struct kz_buf b;
    kz_buf_init(&b, 256);
    kz_color_add(&b, true, KZ_TONE_OK, KZ_STR("ok"));
    kz_color_add(&b, true, KZ_TONE_PLAIN, KZ_STR(" x "));
    kz_color_add(&b, true, KZ_TONE_FAIL, KZ_STR(""));
    cr_expect_str_eq(b.ptr, "\033[32mok\033[0m x ");
    kz_buf_done(&b);
    cr_expect_eq(kz_text_width(KZ_STR("h\xC3\xA4")), 2);
}
