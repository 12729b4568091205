/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/diff.h"
#include "resource/hide.h"
#include "value/json.h"

#include <criterion/criterion.h>

static struct kz_value *read_json(struct kz_arena *a, const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, a, kz_str(text), KZ_STR("test"), &err), 0, "%s", text);
    return v;
}

static const struct row {
    const char *name, *wanted, *paths[4], *tree; /* tree NULL: wanted itself */
    bool all;
    const char *want;
} rows[] = {
    {"nothing", "{\"a\":\"x\"}", {NULL}, "{\"a\":\"x\"}", true, "{\"a\":\"x\"}"},
    {"in what is wanted", "{\"a\":{\"b\":7},\"c\":\"x\"}", {"/a/b"}, NULL, false,
     "{\"a\":{\"b\":\"(generated)\"},\"c\":\"x\"}"},
    {"the same in the cluster", "{\"a\":7,\"b\":1}", {"/a"}, "{\"b\":2,\"a\":7}", false,
     "{\"b\":2,\"a\":\"(generated)\"}"},
    {"another one there", "{\"a\":7}", {"/a"}, "{\"a\":8}", false, "{\"a\":8}"},
    {"another one, all", "{\"a\":7}", {"/a"}, "{\"a\":8}", true, "{\"a\":\"(generated)\"}"},
    {"not there at all", "{\"a\":7}", {"/a"}, "{\"b\":8}", true, "{\"b\":8}"},
    {"a list in another order", "{\"l\":[{\"v\":\"secret1\"},{\"v\":\"y\"}]}", {"/l/0/v"},
     "{\"l\":[{\"v\":\"y\"},{\"v\":\"secret1\"}]}", false, "{\"l\":[{\"v\":\"y\"},{\"v\":\"(generated)\"}]}"},
    {"short texts are found at their place only", "{\"a\":\"xy\"}", {"/a"}, "{\"a\":\"z\",\"b\":\"xy\"}", false,
     "{\"a\":\"z\",\"b\":\"xy\"}"},
    {"a whole object", "{\"a\":1}", {""}, NULL, false, "\"(generated)\""},
    {"a map that is not there", "{\"a\":{\"b\":7}}", {"/a/b"}, "{\"c\":1}", true, "{\"c\":1}"},
    {"hidden before", "{\"a\":\"secret1\"}", {"/a", ""}, "\"(generated)\"", true, "\"(generated)\""},
    {"a path that leads nowhere", "{\"a\":1}", {"/b/0", "/a"}, NULL, false, "{\"a\":\"(generated)\"}"},
};

Test(hide, rows)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
        struct kz_str paths[4];
        struct kz_value *wanted = read_json(a, rows[i].wanted);
        struct kz_value *tree = rows[i].tree == NULL ? wanted : read_json(a, rows[i].tree);
        struct kz_generated g = {.wanted = wanted, .paths = paths};
        while (g.n < 4 && rows[i].paths[g.n] != NULL) {
            paths[g.n] = kz_str(rows[i].paths[g.n]);
            g.n++;
        }
        kz_hide_generated(&tree, a, &g, rows[i].all);
        kz_json_write(&b, tree, KZ_JSON_COMPACT);
        cr_expect_str_eq(b.ptr, rows[i].want, "%s: %s", rows[i].name, b.ptr);
    }
}

/* In a Secret everything else is a fingerprint. */
Test(hide, in_a_secret)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    struct kz_diff d;
    kz_diff_objects(&d, a,
                    read_json(a, "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{\"p\":\"b2xk\",\"q\":\"MQ==\"}}"),
                    read_json(a, "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{\"p\":\"" KZ_GENERATED
                               "\",\"q\":\"Mg==\"}}"));
    kz_diff_text(&b, &d, 0, false);
    cr_expect_not_null(strstr(b.ptr, "~ data.p  #"), "%s", b.ptr);
    cr_expect_not_null(strstr(b.ptr, " -> (generated)\n"), "%s", b.ptr);
    cr_expect_null(strstr(b.ptr, "Mg=="), "%s", b.ptr);
}
