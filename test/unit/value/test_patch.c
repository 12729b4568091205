/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"
#include "value/json_patch.h"
#include "value/merge.h"
#include "value/path.h"

#include <criterion/criterion.h>

static struct kz_value *read_json(struct kz_arena *a, const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, a, kz_str(text), KZ_STR("t"), &err), 0, "%s", text);
    return v;
}

static void expect(const struct kz_value *v, const char *want, const char *name)
{
    kz_autobuf struct kz_buf b;
    kz_buf_init(&b, 1 << 16);
    kz_json_write(&b, v, 0);
    cr_assert_str_eq(b.ptr, want, "%s: %s", name, b.ptr);
}

Test(path, find)
{
    static const struct {
        const char *pointer, *want;
    } rows[] = {
        {"", "{\"a\":{\"b/c\":[1,{\"~\":2}]},\"\":3}"},
        {"/a/b~1c/0", "1"},
        {"/a/b~1c/1/~0", "2"},
        {"/", "3"},
        {"/a/b~1c/2", NULL},
        {"/a/b~1c/01", NULL},
        {"/a/b~1c/-", NULL},
        {"/a/x", NULL},
        {"a", NULL},
        {"/a/~2", NULL},
        {"/a/~", NULL},
        {"/a/b~1c/0/x", NULL},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_value *v = read_json(a, rows[0].want);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_value *got = kz_path_find(v, kz_str(rows[i].pointer));
        cr_assert_eq(got == NULL, rows[i].want == NULL, "%s", rows[i].pointer);
        if (got != NULL)
            expect(got, rows[i].want, rows[i].pointer);
    }
}

Test(path, set_makes_the_way)
{
    static const struct {
        const char *in, *pointer, *want;
        int rc;
    } rows[] = {
        {"{}", "/a/b/c", "{\"a\":{\"b\":{\"c\":9}}}", 0},
        {"{\"a\":{\"x\":1}}", "/a/b", "{\"a\":{\"x\":1,\"b\":9}}", 0},
        {"{\"a\":[1]}", "/a/0", "{\"a\":[9]}", 0},
        {"{\"a\":[1]}", "/a/-", "{\"a\":[1,9]}", 0},
        {"{\"a\":[1]}", "/a/-/b", "{\"a\":[1,{\"b\":9}]}", -KZ_E_NOTFOUND},
        {"{\"a\":1}", "/a/b", NULL, -KZ_E_NOTFOUND},
        {"{}", "", "9", 0},
        {"{}", "a", NULL, -KZ_E_INVALID},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_value *v = read_json(a, rows[i].in);
        struct kz_err err;
        int rc = kz_path_set(&v, a, kz_str(rows[i].pointer), kz_value_int(a, 9), &err);
        cr_assert_eq(rc, rows[i].rc, "%s: %d", rows[i].pointer, rc);
        if (rc == 0)
            expect(v, rows[i].want, rows[i].pointer);
    }
}

Test(merge, layers)
{
    static const struct {
        const char *base, *over, *want;
    } rows[] = {
        {"{\"a\":1,\"b\":2}", "{\"b\":3,\"c\":4}", "{\"a\":1,\"b\":3,\"c\":4}"},
        {"{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"y\":null}}", "{\"a\":{\"x\":1}}"},
        {"{\"a\":[1,2]}", "{\"a\":[3]}", "{\"a\":[3]}"},
        {"{\"a\":1}", "{\"a\":{\"b\":{\"c\":null,\"d\":1}}}", "{\"a\":{\"b\":{\"d\":1}}}"},
        {"{\"a\":{\"b\":1}}", "{\"a\":2}", "{\"a\":2}"},
        {"{\"a\":null}", "{}", "{\"a\":null}"},
        {"{}", "{\"a\":null}", "{}"},
        {"{\"a\":[{\"b\":1}]}", "{\"a\":[{\"b\":null}]}", "{\"a\":[{\"b\":null}]}"},
        {"[1]", "{\"a\":1}", "{\"a\":1}"},
        {"{\"a\":1}", "null", "null"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_value *base = read_json(a, rows[i].base);
        expect(kz_merge(a, base, read_json(a, rows[i].over)), rows[i].want, rows[i].over);
        expect(base, rows[i].base, "the base is as it was");
    }
}

Test(json_patch, good)
{
    static const struct {
        const char *name, *doc, *patch, *want;
    } rows[] = {
        {"add", "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b\",\"value\":null}]",
         "{\"a\":1,\"b\":null}"},
        {"add to list", "[1,3]", "[{\"op\":\"add\",\"path\":\"/1\",\"value\":2}]", "[1,2,3]"},
        {"append", "[1]", "[{\"op\":\"add\",\"path\":\"/-\",\"value\":2}]", "[1,2]"},
        {"add at the end", "[1]", "[{\"op\":\"add\",\"path\":\"/1\",\"value\":2}]", "[1,2]"},
        {"whole", "{}", "[{\"op\":\"add\",\"path\":\"\",\"value\":[1]}]", "[1]"},
        {"remove", "{\"a\":1,\"b\":[1,2,3]}",
         "[{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"remove\",\"path\":\"/b/1\"}]",
         "{\"b\":[1,3]}"},
        {"replace", "{\"a\":[1,2]}", "[{\"op\":\"replace\",\"path\":\"/a/1\",\"value\":3}]",
         "{\"a\":[1,3]}"},
        {"move", "{\"a\":{\"b\":1},\"c\":[]}",
         "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/c/-\"}]", "{\"a\":{},\"c\":[1]}"},
        {"move to itself", "{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]",
         "{\"a\":1}"},
        {"move beside itself", "{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/ab\"}]",
         "{\"ab\":1}"},
        {"copy is not shared", "{\"a\":{}}",
         "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"},"
         "{\"op\":\"add\",\"path\":\"/b/x\",\"value\":1}]",
         "{\"a\":{},\"b\":{\"x\":1}}"},
        {"test", "{\"a\":{\"x\":1,\"y\":2}}",
         "[{\"op\":\"test\",\"path\":\"/a\",\"value\":{\"y\":2,\"x\":1.0}}]",
         "{\"a\":{\"x\":1,\"y\":2}}"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_value *doc = read_json(a, rows[i].doc);
        struct kz_value *out = NULL;
        struct kz_err err = {0};
        cr_assert_eq(kz_json_patch(&out, a, doc, read_json(a, rows[i].patch), &err), 0, "%s: %s",
                     rows[i].name, err.frame[0]);
        expect(out, rows[i].want, rows[i].name);
        expect(doc, rows[i].doc, rows[i].name);
    }
}

Test(json_patch, bad)
{
    static const struct {
        const char *doc, *patch, *want;
    } rows[] = {
        {"{}", "{}", "a JSON patch is a list of operations"},
        {"{}", "[{\"op\":\"add\",\"path\":\"/a\"}]", "operation 1 (add '/a'): 'value' is missing"},
        {"{}", "[{\"op\":\"jump\",\"path\":\"/a\"}]",
         "operation 1 (jump '/a'): 'op' is add, remove, replace, move, copy or test"},
        {"{}", "[1]",
         "operation 1 ( ''): 'op' is add, remove, replace, move, copy or test"},
        {"{\"a\":1}",
         "[{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"remove\",\"path\":\"/a\"}]",
         "operation 2 (remove '/a'): '/a' does not exist"},
        {"{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":2}]",
         "operation 1 (test '/a'): the value there is another"},
        {"[1]", "[{\"op\":\"add\",\"path\":\"/2\",\"value\":2}]",
         "operation 1 (add '/2'): index 2 is beyond a list of 1"},
        {"[1]", "[{\"op\":\"add\",\"path\":\"/x\",\"value\":2}]",
         "operation 1 (add '/x'): 'x' is not an index of a list"},
        {"{}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":2}]",
         "operation 1 (add '/a/b'): '/a' does not exist"},
        {"{\"a\":{\"b\":1}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]",
         "operation 1 (move '/a/b'): '/a' cannot move into itself"},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":2}]",
         "operation 1 (add '/a/b'): '/a/b' is inside of integer"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_value *out = NULL;
        struct kz_err err;
        char line[1024];
        cr_assert_lt(kz_json_patch(&out, a, read_json(a, rows[i].doc), read_json(a, rows[i].patch),
                                   &err),
                     0, "%s", rows[i].patch);
        cr_assert_null(out);
        cr_assert_str_eq(kz_err_line(line, sizeof line, &err), rows[i].want, "%s", line);
    }
}

/* A document that copies itself into itself doubles with each step. */
Test(json_patch, does_not_explode)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    kz_autobuf struct kz_buf b;
    struct kz_value *out = NULL;
    struct kz_err err;
    kz_buf_init(&b, 1 << 20);
    kz_buf_puts(&b, "[");
    for (int i = 0; i < 60; i++)
        kz_buf_printf(&b, "%s{\"op\":\"copy\",\"from\":\"\",\"path\":\"/k%d\"}", i > 0 ? "," : "", i);
    kz_buf_puts(&b, "]");
    cr_assert_eq(kz_json_patch(&out, a, read_json(a, "{}"), read_json(a, b.ptr), &err),
                 -KZ_E_LIMIT);
}
