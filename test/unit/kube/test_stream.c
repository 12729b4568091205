/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/items.h"
#include "kube/lines.h"
#include "kube/path.h"

#include <criterion/criterion.h>

static void cut_lines(struct kz_buf *out, struct kz_str text, size_t at, size_t step)
{
    struct kz_lines l;
    struct kz_str line;
    kz_lines_init(&l, 64);
    kz_buf_clear(out);
    for (size_t i = 0; i < text.len;) {
        size_t end = i < at ? at : i + step;
        struct kz_str piece = kz_str_head(kz_str_skip(text, i), end - i);
        i += piece.len;
        while (kz_lines_next(&l, &piece, &line)) {
            kz_buf_add_str(out, line);
            kz_buf_putc(out, '|');
        }
    }
    if (l.bad)
        kz_buf_puts(out, "bad");
    kz_lines_done(&l);
}

Test(lines, cut_at_every_byte)
{
    static const struct kz_str text = KZ_STR_INIT("{\"a\":1}\n{\"b\":2}\r\n\n\r\n{}\n{\"tail\":");
    struct kz_buf out;
    kz_buf_init(&out, 4096);
    for (size_t at = 0; at <= text.len; at++) {
        cut_lines(&out, text, at, text.len + 1);
        cr_assert_str_eq(out.ptr, "{\"a\":1}|{\"b\":2}|{}|", "cut at %zu", at);
    }
    for (size_t step = 1; step < 12; step++) {
        cut_lines(&out, text, 0, step);
        cr_assert_str_eq(out.ptr, "{\"a\":1}|{\"b\":2}|{}|", "steps of %zu", step);
    }
    kz_buf_done(&out);
}

Test(lines, too_long)
{
    char text[200];
    struct kz_buf out;
    kz_buf_init(&out, 4096);
    memset(text, 'x', sizeof text);
    cut_lines(&out, kz_str_n(text, sizeof text), 10, 7);
    cr_assert_str_eq(out.ptr, "bad");
    kz_buf_done(&out);
}

static void cut_items(struct kz_buf *out, struct kz_str text, size_t at, size_t step)
{
    struct kz_items it;
    struct kz_str item;
    kz_items_init(&it, 100);
    kz_buf_clear(out);
    for (size_t i = 0; i < text.len;) {
        size_t end = i < at ? at : i + step;
        struct kz_str piece = kz_str_head(kz_str_skip(text, i), end - i);
        i += piece.len;
        while (kz_items_next(&it, &piece, &item)) {
            kz_buf_add_str(out, item);
            kz_buf_putc(out, '|');
        }
    }
    if (kz_items_end(&it, &item))
        kz_buf_add_str(out, item);
    else
        kz_buf_puts(out, it.bad ? "bad" : "open");
    kz_items_done(&it);
}

Test(items, cut_at_every_byte)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"{\"kind\":\"PodList\",\"items\":[{\"a\":\"]}\\\"\"} , {\"items\":[{}]}],\"x\":{\"items\":[{}]}}\n",
         "{\"a\":\"]}\\\"\"}|{\"items\":[{}]}|{\"kind\":\"PodList\",\"items\":[],\"x\":{\"items\":[{}]}}\n"},
        {"{\"items\":null,\"metadata\":{\"continue\":\"x\"}}",
         "{\"items\":null,\"metadata\":{\"continue\":\"x\"}}"},
        {"{\"x\":\"items\",\"y\":[{}]}", "{\"x\":\"items\",\"y\":[{}]}"},
        {"{\"items\":[]}", "{\"items\":[]}"},
        {"{\"items\":[1]}", "bad"},
        {"{\"items\":[\"a\"]}", "bad"},
        {"{\"items\":[{\"a\":1}", "{\"a\":1}|open"},
        {"[{}]", "bad"},
        {"{}{}", "bad"},
        {"}", "bad"},
        {"upstream error", "bad"},
        {"", "open"},
    };
    struct kz_buf out;
    kz_buf_init(&out, 4096);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_str text = kz_str(rows[i].in);
        for (size_t at = 0; at <= text.len; at++) {
            cut_items(&out, text, at, text.len + 1);
            cr_assert_str_eq(out.ptr, rows[i].want, "row %zu cut at %zu", i, at);
        }
        cut_items(&out, text, 0, 1);
        cr_assert_str_eq(out.ptr, rows[i].want, "row %zu byte by byte", i);
    }
    kz_buf_done(&out);
}

Test(items, too_long)
{
    struct kz_buf out;
    kz_buf_init(&out, 4096);
    char text[300];
    int n = snprintf(text, sizeof text, "{\"items\":[{\"a\":\"%0200d\"}]}", 1);
    cut_items(&out, kz_str_n(text, (size_t)n), 0, 9);
    cr_assert_str_eq(out.ptr, "bad");
    kz_buf_done(&out);
}

Test(path, encoding)
{
    static const struct {
        const char *group, *ns, *name, *want;
    } rows[] = {
        {"", "shop", "web", "/api/v1/namespaces/shop/things/web"},
        {"", "", "web", "/api/v1/things/web"},
        {"apps", "shop", "", "/apis/apps/v1/namespaces/shop/things"},
        {"", "", "system:node", "/api/v1/things/system%3Anode"},
        {"", "a/b", "../c?d#e", "/api/v1/namespaces/a%2Fb/things/..%2Fc%3Fd%23e"},
        {"", "..", ".", "/api/v1/namespaces/%252E%252E/things/%252E"},
        {"", "", "\xc3\xa9\n%", "/api/v1/things/%C3%A9%0A%25"},
    };
    struct kz_buf b;
    kz_buf_init(&b, KZ_PATH_MAX);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_buf_clear(&b);
        kz_path_object(&b, kz_str(rows[i].group), KZ_STR("v1"), KZ_STR("things"), kz_str(rows[i].ns),
                       kz_str(rows[i].name));
        cr_assert_str_eq(b.ptr, rows[i].want);
    }
    kz_path_query(&b, "labelSelector", KZ_STR("a=b,c!=d"));
    kz_path_query(&b, "limit", KZ_STR("5"));
    cr_assert(kz_str_ends(kz_buf_str(&b), KZ_STR("?labelSelector=a%3Db%2Cc%21%3Dd&limit=5")));
    kz_buf_done(&b);
}
