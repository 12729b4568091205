/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

/* Every document as compact JSON, one a line. */
static const struct {
    const char *name, *in, *want;
} good_rows[] = {
    {"empty", "", ""},
    {"comments only", "# a\n---\n# b\n", ""},
    {"explicit null", "~\n", "null\n"},
    {"two", "a: 1\n---\nb: 2\n", "{\"a\":1}\n{\"b\":2}\n"},
    {"empty between", "a: 1\n---\n---\nb: 2\n...\n", "{\"a\":1}\n{\"b\":2}\n"},
    {"order", "b: 1\na: 2\n", "{\"b\":1,\"a\":2}\n"},
    {"nulls", "[~, null, Null, NULL, ]", "[null,null,null,null]\n"},
    {"null value", "a:\nb: ''\n", "{\"a\":null,\"b\":\"\"}\n"},
    {"bools", "[y, Y, yes, on, On, true, True]", "[true,true,true,true,true,true,true]\n"},
    {"bools no", "[n, N, no, off, OFF, false, yEs]",
     "[false,false,false,false,false,false,\"yEs\"]\n"},
    {"ints", "[0, -1, +1, 1_000, 0x1F, 0b101, 0o17, 017, -0x10]",
     "[0,-1,1,1000,31,5,15,15,-16]\n"},
    {"big ints", "[9223372036854775807, -9223372036854775808, 18446744073709551615]",
     "[9223372036854775807,-9223372036854775808,18446744073709551615]\n"},
    {"bigger", "[18446744073709551616]", "[18446744073709552000]\n"},
    {"no ints", "[0x, 0b2, 1__, -, +, 08, 1:20, 1e999]",
     "[\"0x\",\"0b2\",1,\"-\",\"+\",8,\"1:20\",\"1e999\"]\n"},
    {"floats", "[1.0, .5, 5., -1.5e3, 1e3, .5_5, ._5, 1.2.3]",
     "[1,0.5,5,-1500,1000,0.55,\"._5\",\"1.2.3\"]\n"},
    {"times", "[2001-12-14, 2001-12-14 21:59:43, 2001-12-14T21:59:43Z]",
     "[\"2001-12-14\",\"2001-12-14 21:59:43\",\"2001-12-14T21:59:43Z\"]\n"},
    {"tags", "[!!str 1, !!int '5', !!float 5, !!bool yes, !!null '', !Ref x, !!binary aGk=]",
     "[\"1\",5,5,true,null,\"x\",\"hi\"]\n"},
    {"quoted", "['1', \"true\", 'null', \"\\u00e4\"]", "[\"1\",\"true\",\"null\",\"\xC3\xA4\"]\n"},
    {"keys", "{1: a, yes: b, 1.50: c, 0x10: d, 2001-01-01: e, 1e21: f}",
     "{\"1\":\"a\",\"true\":\"b\",\"1.5\":\"c\",\"16\":\"d\",\"2001-01-01\":\"e\",\"1e+21\":\"f\"}\n"},
    {"block scalars", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}\n"},
    {"alias", "a: &x {b: 1}\nc: *x\nd: [*x]\n", "{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":[{\"b\":1}]}\n"},
    {"anchor again", "- &x 1\n- *x\n- &x 2\n- *x\n", "[1,1,2,2]\n"},
    {"alias as key", "a: &x k\n*x : 1\n", "{\"a\":\"k\",\"k\":1}\n"},
    {"merge", "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n",
     "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"p\":1,\"q\":3}}\n"},
    {"merge replaces what stands before", "b: {q: 3, <<: {q: 2}}\n", "{\"b\":{\"q\":2}}\n"},
    {"mark at the start", "\xEF\xBB\xBF" "a: 1\nb: 2\n", "{\"a\":1,\"b\":2}\n"},
    {"mark in a line's start", "a: 1\n\xEF\xBB\xBF" "b: 2\n", "{\"a\":1,\"\\ufeffb\":2}\n"},
    {"mark behind a line", "a: 1\n---\n\xEF\xBB\xBF" "b: 2\n", "{\"a\":1}\n{\"b\":2}\n"},
    {"mark and a stand-in", "- \xEE\x80\x80\n-\n  \xEF\xBB\xBF" "a\n- '\xEE\x80\x81'\n",
     "[\"\xEE\x80\x80\",\"\\ufeffa\",\"\xEE\x80\x81\"]\n"},
    {"mark and a stand-in's escape", "- \"\\uE000\\U0000E001\"\n-\n  \xEF\xBB\xBF" "a\n",
     "[\"\xEE\x80\x80\xEE\x80\x81\",\"\\ufeffa\"]\n"},
    {"escaped quote", "[\"it\\'s\", \"\\\\'\", 'x\\', \\'x]\n",
     "[\"it's\",\"\\\\'\",\"x\\\\\",\"\\\\'x\"]\n"},
    {"merge list, first wins", "<<: [{a: 1}, {a: 2, b: 3}]\n", "{\"a\":1,\"b\":3}\n"},
    {"merge twice", "a: &x {p: 1}\nb: &y\n  <<: *x\n  q: 2\nc:\n  <<: *y\n",
     "{\"a\":{\"p\":1},\"b\":{\"p\":1,\"q\":2},\"c\":{\"p\":1,\"q\":2}}\n"},
    {"quoted << is a key", "'<<': 1\n", "{\"<<\":1}\n"},
    {"tab between", "a:\t1\n", "{\"a\":1}\n"},
    {"bom", "\xEF\xBB\xBF" "a: 1\n", "{\"a\":1}\n"},
    {"crlf", "a: 1\r\nb: |\r\n  x\r\n", "{\"a\":1,\"b\":\"x\\n\"}\n"},
};

Test(yaml_read, good)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 22);
    for (size_t i = 0; i < kz_countof(good_rows); i++) {
        struct kz_value *docs = NULL;
        struct kz_err err = {0};
        kz_autobuf struct kz_buf b;
        kz_buf_init(&b, 1 << 16);
        int rc = kz_yaml_read_all(&docs, a, kz_str(good_rows[i].in), KZ_STR("t"), NULL, &err);
        cr_assert_eq(rc, 0, "%s: %s", good_rows[i].name, err.frame[0]);
        for (size_t d = 0; d < kz_value_len(docs); d++) {
            kz_json_write(&b, kz_value_at(docs, d), 0);
            kz_buf_putc(&b, '\n');
        }
        cr_assert_str_eq(b.ptr, good_rows[i].want, "%s: %s", good_rows[i].name, b.ptr);
    }
}

static const struct {
    const char *name, *in, *want;
} bad_rows[] = {
    {"tab", "a:\n\tb: 1\n", "a tab indents this line, YAML takes only blanks (v.yaml:2:1)"},
    {"tab deeper", "a:\n  b: x\n  \tc: 1\n",
     "a tab indents this line, YAML takes only blanks (v.yaml:3:3)"},
    {"duplicate", "a: 1\nb: 2\na: 3\n", "key 'a' is there twice: lines 1 and 3 (v.yaml:3:1)"},
    {"duplicate of another kind", "1: a\n'1': b\n",
     "key '1' is there twice: lines 1 and 2 (v.yaml:2:1)"},
    {"utf-8", "a: 1\nb: \xC3(\n", "byte 0xC3 at offset 8 is not UTF-8 (v.yaml:2:4)"},
    {"utf-16", "\xFF\xFE" "a", "byte 0xFF at offset 0 is not UTF-8 (v.yaml:1:1)"},
    {"control", "a: \x01\n", "character U+0001 is not allowed in YAML (v.yaml:1:4)"},
    {"self alias", "&a [*a]", "alias '*a' stands inside its own anchor (v.yaml:1:5)"},
    {"merge cycle", "a: &x\n  <<: *x\n",
     "alias '*x' stands inside its own anchor (v.yaml:2:7)"},
    {"no anchor", "a: *b\n", "alias '*b' has no anchor before it (v.yaml:1:4)"},
    {"anchor of another document", "a: &x 1\n---\nb: *x\n",
     "alias '*x' has no anchor before it (v.yaml:3:4)"},
    {"inf", "a: .inf\n", "Kubernetes has no infinite numbers: quote the text (v.yaml:1:4)"},
    {"null key", "~: 1\n", "a key cannot be null: quote it (v.yaml:1:1)"},
    {"map key", "{a: 1}: 1\n", "a key cannot be a map: quote '{{...}}' and the like (v.yaml:1:1)"},
    {"bad tag", "a: !!int x\n", "'x' is not a !!int (v.yaml:1:4)"},
    {"large float", "a: !!float 18446744073709551615\n",
     "'18446744073709551615' is not a !!float (v.yaml:1:4)"},
    {"bad binary", "a: !!binary '*'\n", "!!binary is not valid base64 (v.yaml:1:4)"},
    {"merge scalar", "<<: 1\n", "'<<' takes a map or a list of maps (v.yaml:1:1)"},
    {"colon", "a: b: c\n",
     "a ': ' does not fit here: quote the value or indent anew (v.yaml:1:5)"},
    {"at sign", "a: @x\n", "a value cannot start with this character: quote it (v.yaml:1:4)"},
    {"open flow", "a: [1, 2\nb: 3\n",
     "did not find expected ',' or ']' (while parsing a flow sequence from line 1) (v.yaml:2:2)"},
    {"second document", "a: 1\n---\nb: 1\n",
     "one YAML document is wanted, here are 2 (v.yaml:3:1)"},
};

Test(yaml_read, bad)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 22);
    for (size_t i = 0; i < kz_countof(bad_rows); i++) {
        struct kz_value *v = NULL;
        struct kz_err err = {0};
        char line[1024];
        int rc = kz_yaml_read(&v, a, kz_str(bad_rows[i].in), KZ_STR("v.yaml"), &err);
        cr_assert_lt(rc, 0, "%s", bad_rows[i].name);
        cr_assert_null(v, "%s", bad_rows[i].name);
        (void)kz_err_line(line, sizeof line, &err);
        cr_assert_str_eq(line, bad_rows[i].want, "%s: %s", bad_rows[i].name, line);
        cr_assert_leq(strlen(err.frame[0]), 100, "%s", bad_rows[i].name);
    }
}

static int read_code(struct kz_str text, const struct kz_yaml_limits *limits)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_value *v;
    struct kz_err err;
    return kz_yaml_read_all(&v, a, text, KZ_STR("t"), limits, &err);
}

Test(yaml_read, nesting)
{
    static const struct {
        const char *name, *open;
        size_t n;
        int want;
    } rows[] = {
        {"flow 100", "[", 100, -KZ_E_PARSE}, /* it only ends too early */
        {"flow 101", "[", 101, -KZ_E_LIMIT},
        {"flow 100000", "[", 100000, -KZ_E_LIMIT},
        {"flow map", "{a: ", 100000, -KZ_E_LIMIT},
        {"block list", "- ", 100000, -KZ_E_LIMIT},
        {"lines", "[\n", 100000, -KZ_E_LIMIT},
        {"question", "? ", 100000, -KZ_E_PARSE},
        {"directives", "%TAG !a! x\n", 100000, -KZ_E_LIMIT},
        {"anchors", "- &a 1\n", 1001, -KZ_E_LIMIT},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autobuf struct kz_buf b;
        kz_buf_init(&b, 1 << 22);
        for (size_t n = 0; n < rows[i].n; n++)
            kz_buf_puts(&b, rows[i].open);
        cr_assert_eq(read_code(kz_buf_str(&b), NULL), rows[i].want, "%s", rows[i].name);
    }
}

Test(yaml_read, bombs)
{
    kz_autobuf struct kz_buf laughs, text, deep;
    kz_buf_init(&laughs, 1 << 20);
    kz_buf_init(&text, 1 << 20);
    kz_buf_init(&deep, 1 << 20);
    kz_buf_puts(&laughs, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        kz_buf_printf(&laughs, "a%d: &a%d [", i, i);
        for (int n = 0; n < 10; n++)
            kz_buf_printf(&laughs, "*a%d, ", i - 1);
        kz_buf_puts(&laughs, "]\n");
    }
    cr_assert_eq(read_code(kz_buf_str(&laughs), NULL), -KZ_E_LIMIT);

    kz_buf_puts(&text, "a: &a '");
    kz_buf_fill(&text, 'x', 100000);
    kz_buf_puts(&text, "'\nb: [");
    for (int n = 0; n < 20000; n++)
        kz_buf_puts(&text, "*a, ");
    kz_buf_puts(&text, "]\n");
    cr_assert_eq(read_code(kz_buf_str(&text), NULL), -KZ_E_LIMIT);

    kz_buf_puts(&deep, "a0: &a0 [x]\n");
    for (int i = 1; i < 120; i++)
        kz_buf_printf(&deep, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    cr_assert_eq(read_code(kz_buf_str(&deep), NULL), -KZ_E_LIMIT);
}

Test(yaml_read, limits)
{
    static const struct {
        struct kz_yaml_limits limits;
        const char *in;
        int want;
    } rows[] = {
        {{.text = 5}, "a: 1\n", 0},
        {{.text = 5}, "a: 12\n", -KZ_E_LIMIT},
        {{.document = 9}, "a: 1\n---\nb: 1\n", 0},
        {{.document = 9}, "a: 1\n---\nb: 12345678\n", -KZ_E_LIMIT},
        {{.docs = 1}, "a: 1\n", 0},
        {{.docs = 1}, "a: 1\n---\nb: 1\n", -KZ_E_LIMIT},
        {{.last_key_wins = true}, "a: 1\na: 2\n", 0},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_assert_eq(read_code(kz_str(rows[i].in), &rows[i].limits), rows[i].want, "%s", rows[i].in);
}

Test(yaml_read, places)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *docs;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read_all(&docs, a, KZ_STR("# c\na:\n  - b: 1\n---\n\nc: 2\n"), KZ_STR("t"),
                                  NULL, &err),
                 0);
    cr_assert_eq(kz_value_at(docs, 0)->line, 2);
    cr_assert_eq(kz_value_at(docs, 1)->line, 6);
    const struct kz_value *item = kz_value_at(kz_value_get(kz_value_at(docs, 0), "a"), 0);
    const struct kz_pair *b = kz_value_pair(item, KZ_STR("b"));
    cr_assert_eq(b->line, 3);
    cr_assert_eq(b->col, 5);
    cr_assert_eq(b->val->col, 8);
}
