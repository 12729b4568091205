/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

#define SIXTY "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "

/* The wants are what sigs.k8s.io/yaml v1.4.0 prints for the same JSON. */
static const struct {
    const char *name, *in, *want;
} rows[] = {
    {"scalar", "1", "1\n"},
    {"null", "null", "null\n"},
    {"empties", "{\"a\":{},\"b\":[],\"c\":\"\"}", "a: {}\nb: []\nc: \"\"\n"},
    {"nested", "{\"a\":[1,{\"b\":2,\"c\":[3]}],\"d\":{\"e\":null}}",
     "a:\n- 1\n- b: 2\n  c:\n  - 3\nd:\n  e: null\n"},
    {"lists", "[[3,[4]],[{\"a\":[5]}]]", "- - 3\n  - - 4\n- - a:\n    - 5\n"},
    {"natural order", "{\"a10\":1,\"a9\":2,\"B\":3,\"b\":4,\"_\":5}",
     "_: 5\nB: 3\na9: 2\na10: 1\nb: 4\n"},
    {"quoted", "[\"1\",\"true\",\"no\",\"~\",\"1:20\",\"2001-01-01\",\"0x1\",\"1e3\",\".inf\"]",
     "- \"1\"\n- \"true\"\n- \"no\"\n- \"~\"\n- \"1:20\"\n- \"2001-01-01\"\n- \"0x1\"\n- \"1e3\"\n"
     "- \".inf\"\n"},
    {"single", "[\"- a\",\"a: b\",\"#c\",\"a #c\",\"'x\",\"*\",\" a\",\"a \",\"---\"]",
     "- '- a'\n- 'a: b'\n- '#c'\n- 'a #c'\n- '''x'\n- '*'\n- ' a'\n- 'a '\n- '---'\n"},
    {"plain", "[\"-a\",\"a:b\",\"a#c\",\"a, b\",\"{{ x }}\",\"<<\",{\"<<\":1}]",
     "- -a\n- a:b\n- a#c\n- a, b\n- '{{ x }}'\n- <<\n- \"<<\": 1\n"},
    {"double", "[\"a\\tb\",\"\\ud83d\\ude00\",\"a\\u0085\",\"x\\r\\n\"]",
     "- \"a\\tb\"\n- \"\\U0001F600\"\n- \"a\\N\"\n- \"x\\r\\n\"\n"},
    {"mark", "[\"a\\ufeff\",\"\\ufeffa \\\"\\ufeff\"]",
     "- \"a\\uFEFF\"\n- \"\\uFEFF\\x61\\x20\\\"\\uFEFF\"\n"},
    {"literal", "{\"a\":\"x\\ny\\n\",\"b\":\"x\\ny\",\"c\":\"x\\n\\n\",\"d\":\" x\\ny\"}",
     "a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\nd: |2-\n   x\n  y\n"},
    {"literal in list", "{\"a\":[\"x\\ny\\n\"]}", "a:\n- |\n  x\n  y\n"},
    {"blank before break", "[\"x \\ny\"]", "- \"x \\ny\"\n"},
    {"fold", "{\"a\":\"" SIXTY SIXTY "\"}",
     "a: 'aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff aaaaaaaaa bbbbbbbbb\n"
     "  ccccccccc ddddddddd eeeeeeeee fffffffff '\n"},
    {"floats", "[1.5,1e21,1000000.5,0.00001,100000.0,1e19]",
     "- 1.5\n- 1e+21\n- 1.0000005e+06\n- 1e-05\n- 100000\n- 10000000000000000000\n"},
    {"keys", "{\"true\":1,\"a: b\":2,\"\":3,\"1\":4}", "\"\": 3\n\"1\": 4\n'a: b': 2\n\"true\": 1\n"},
    {"key of two lines", "{\"a\\nb\":1}", "? |-\n  a\n  b\n: 1\n"},
    {"list under a key of two lines", "{\"a\\nb\":[1]}", "? |-\n  a\n  b\n: - 1\n"},
};

Test(yaml_write, as_sigs_yaml)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 22);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_value *v, *back;
        struct kz_err err;
        kz_autobuf struct kz_buf b;
        kz_buf_init(&b, 1 << 16);
        cr_assert_eq(kz_json_read(&v, a, kz_str(rows[i].in), KZ_STR("t"), &err), 0, "%s",
                     rows[i].name);
        kz_yaml_write(&b, v, KZ_YAML_SORTED);
        cr_assert_str_eq(b.ptr, rows[i].want, "%s:\n%s", rows[i].name, b.ptr);
        cr_assert_eq(kz_yaml_read(&back, a, kz_buf_str(&b), KZ_STR("t"), &err), 0, "%s",
                     rows[i].name);
        cr_assert(kz_value_eq(v, back), "%s", rows[i].name);
    }
}

Test(yaml_write, keeps_order_and_writes_bytes_as_binary)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *map = kz_value_map(a);
    kz_autobuf struct kz_buf b;
    kz_buf_init(&b, 1 << 16);
    kz_value_set(a, map, KZ_STR("b"), kz_value_str(a, KZ_STR("\xFF\xFE")));
    kz_value_set(a, map, KZ_STR("a"), kz_value_int(a, 1));
    kz_yaml_write(&b, map, KZ_YAML_ORDERED);
    cr_assert_str_eq(b.ptr, "b: !!binary //4=\na: 1\n");
}
