/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"
#include "value/yaml_go.h"

#include <criterion/criterion.h>

/* A document as JSON, or the error; the wants without "quote it" are what sigs.k8s.io/yaml v1.4.0 says. */
static const struct {
    const char *name, *in, *want;
} rows[] = {
    {"nothing", "# c\n", "null"},
    {"last key wins", "a: 1\nb: 2\na: 3\n", "{\"a\":3,\"b\":2}"},
    {"first document", "a: 1\n---\nb: 2\n", "{\"a\":1}"},
    {"trouble behind it", "a: \xC3\xA4\n---\nb: [\n", "{\"a\":\"\xC3\xA4\"}"},
    {"end of it", "a: 1\n...\nb: [\n", "{\"a\":1}"},
    {"first line", "a: b: c\n", "yaml: mapping values are not allowed in this context"},
    {"scanner", "foo: bar\n baz: 1\n", "yaml: line 2: mapping values are not allowed in this context"},
    {"tab", "a:\n\t- b\n", "yaml: line 2: found character that cannot start any token"},
    {"parser", "a: 1\nb: [1\nc: ]\n", "yaml: line 2: did not find expected ',' or ']'"},
    {"quote", "\na: 'b\n", "yaml: line 3: found unexpected end of stream"},
    {"ours", "a: .inf\n", "yaml: Kubernetes has no infinite numbers: quote the text"},
};

Test(yaml_go, rows)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 22);
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
        struct kz_value *doc;
        struct kz_err err;
        if (kz_yaml_go_read(&doc, a, kz_str(rows[i].in), KZ_STR("t"), &err) < 0)
            kz_buf_puts(&b, err.frame[0]);
        else
            kz_json_write(&b, doc, KZ_JSON_COMPACT);
        cr_expect_str_eq(b.ptr, rows[i].want, "%s: %s", rows[i].name, b.ptr);
    }
}

/* A long document that only we refuse is refused, not cut. */
Test(yaml_go, many_lists)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 24);
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct kz_value *doc;
    struct kz_err err;
    for (int i = 0; i < 2000; i++)
        kz_buf_puts(&b, "- a: [1]\n");
    kz_buf_puts(&b, "- .inf\n");
    cr_assert_eq(kz_yaml_go_read(&doc, a, kz_buf_str(&b), KZ_STR("t"), &err), -KZ_E_PARSE);
    cr_assert_eq(err.line, 2001);
}
