/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions, structs and sets from outside: what families and Helm build upon. */
#include "render.h"

#include "template/print.h"

#include <criterion/criterion.h>

/* ---- functions of every parameter type ------------------------------------------------------ */
static struct kz_val types(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_buf *b = kz_eval_buf(ev);
    for (size_t i = 0; i < argc; i++) {
        cr_assert(!argv[i].iface);
        kz_buf_printf(b, "%s=", kz_val_type_name(argv[i]));
        kz_print_value(b, kz_eval_arena(ev), argv[i]);
        kz_buf_putc(b, ';');
    }
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val fails(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_eval_fail(ev, "no " KZ_FMT, KZ_ARG(argv[0].as.str));
}

static struct kz_val include(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_tset *set = kz_eval_set(ev);
    const struct kz_template *t = kz_tset_find(set, argv[0].as.str);
    struct kz_str text;
    (void)argc;
    if (t == NULL)
        return kz_eval_fail(ev, "no template");
    return kz_eval_template(&text, ev, set, t, argv[1]) ? kz_val_str(text) : KZ_NIL;
}

static struct kz_val tpl(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_tset *set = kz_tset_overlay(kz_eval_arena(ev), kz_eval_set(ev), KZ_MISSING_ZERO);
    const struct kz_template *t;
    struct kz_err err;
    struct kz_str text;
    (void)argc;
    if (kz_tset_parse(&t, set, KZ_STR("inner"), argv[0].as.str, &err) < 0) {
        (void)kz_eval_fail_str(ev, kz_tset_error(set));
        return kz_eval_wrap(ev, KZ_STR("cannot parse"));
    }
    if (!kz_eval_template(&text, ev, set, t, argv[1]))
        return kz_eval_wrap(ev, KZ_STR("in tpl"));
    return kz_val_str(text);
}

static struct kz_val set_key(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    kz_dict_set(kz_eval_arena(ev), argv[0].as.dict, argv[1].as.str, argv[2]);
    return argv[0];
}

/* ---- a struct behind a pointer -------------------------------------------------------------- */
struct version {
    const char *text, *major;
};
static struct kz_val version_major(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return kz_val_str(kz_str(((const struct version *)self->as.obj)->major));
}
static struct kz_val version_at_least(struct kz_eval *ev, const struct kz_val *self,
                                      const struct kz_val *argv, size_t argc)
{
    (void)ev;
    (void)self;
    (void)argc;
    return kz_val_bool(argv[0].as.num <= 1);
}
static struct kz_str version_string(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return kz_str(((const struct version *)self->as.obj)->text);
}
static const struct kz_field version_fields[] = {
    {"Major", version_major, NULL}
};
static const struct kz_method version_methods[] = {
    {"AtLeast", "i", version_at_least}
};
static const struct kz_shape version_shape = {.fields = version_fields,
                                              .n_fields = 1,
                                              .methods = version_methods,
                                              .n_methods = 1,
                                              .string = version_string};
static const struct kz_type version_struct = {
    .kind = KZ_GO_STRUCT, .name = "test.Version", .kind_name = "struct", .shape = &version_shape};
static const struct kz_type version_ptr = {.kind = KZ_GO_PTR,
                                           .name = "*test.Version",
                                           .kind_name = "ptr",
                                           .elem = &version_struct,
                                           .shape = &version_shape};
static const struct kz_type named_map = {
    .kind = KZ_GO_MAP, .name = "test.Values", .kind_name = "map"};

static struct kz_val version(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    static const struct version v = {.text = "v1.32", .major = "1"};
    (void)ev;
    (void)argv;
    (void)argc;
    return kz_val_obj(&version_ptr, (void *)(uintptr_t)&v);
}
static struct kz_val values(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argv;
    (void)argc;
    struct kz_dict *d = kz_dict_new(kz_eval_arena(ev), 0);
    kz_dict_set(kz_eval_arena(ev), d, KZ_STR("k"), kz_val_int(1));
    return kz_val_obj(&named_map, d);
}

static const struct kz_func table[] = {
    {"types",   "a+",  types,   NULL},
    {"str",     "s",   types,   NULL},
    {"int",     "i",   types,   NULL},
    {"int64",   "l",   types,   NULL},
    {"float",   "f",   types,   NULL},
    {"bool",    "b",   types,   NULL},
    {"map",     "m",   types,   NULL},
    {"list",    "L",   types,   NULL},
    {"uint32",  "w",   types,   NULL},
    {"fails",   "s",   fails,   NULL},
    {"include", "sa",  include, NULL},
    {"tpl",     "sa",  tpl,     NULL},
    {"set",     "msa", set_key, NULL},
    {"version", "",    version, NULL},
    {"values",  "",    values,  NULL},
    {NULL,      NULL,  NULL,    NULL},
};
static const struct kz_func *const tables[] = {table};

#define AT(pos, node) "! template: t:" pos ": executing \"t\" at <" node ">: "

static const struct {
    const char *in, *want;
} rows[] = {
    {"{{types 1 1.5 \"s\" nil true .l .none}}",
     "int=1;float64=1.5;string=s;<nil>=<nil>;bool=true;[]interface {}=[1];<nil>=<nil>;"                                                                                      },
    {"{{float 1}}{{int 2.0}}{{int64 'a'}}{{uint32 7}}",                                                                        "float64=1;int=2;int64=97;uint32=7;"          },
    {"{{map .m}}{{map nil}}{{list .l}}{{map values}}",
     "map[string]interface {}=map[];map[string]interface {}=map[];[]interface {}=[1];"
     "map[string]interface {}=map[k:1];"                                                                                                                                     },
    {"{{int .f}}",                                                                                                             AT("1:6",                                       ".f") "wrong type for value; expected int; got float64"},
    {"{{int 1.5}}",                                                                                                                        AT("1:6",                                                                                                                                                          "1.5") "expected integer; found 1.5"},
    {"{{int \"1\"}}",                                                                                    AT("1:6","\"1\"") "expected integer; found \"1\""},
    {"{{uint32 -1}}",                             AT("1:9",                                                           "-1") "expected unsigned integer; found -1"},
    {"{{bool 1}}",                                                                                                          AT("1:7",                                                                                                                    "1") "expected bool; found 1"},
    {"{{float \"x\"}}",                                                                                                                        AT("1:8",                                                                                                                                                           "\"x\"") "expected float; found \"x\""},
    {"{{map 1}}",                                                                                           AT("1:6",                      "1") "can't handle 1 for arg of type map[string]interface {}"},
    {"{{list .m}}",
     AT("1:7",".m") "wrong type for value; expected []interface {}; got map[string]interface {}"},
    {"{{fails \"x\"}}",                                                                                                              AT("1:2",                                                          "fails \"x\"") "error calling fails: no x"},
    {"{{types (1 | types | fails)}}",                                                                                                                        AT("1:21",                                                                                                                                                          "fails") "error calling fails: no int=1;"},
    {"{{define \"a\"}}[{{.}}]{{end}}{{include \"a\" 1}}{{include \"a\" (include \"a\" 2) | print}}",
     "[1][[2]]"                                                                                                                                                                                                                                             },
    {"{{define \"a\"}}\n{{fails .}}{{end}}{{include \"a\" \"q\"}}",
     AT("2:20",
     "include \"a\" \"q\"") "error calling include: template: t:2:2: executing \"a\" at <fails .>: error calling fails: no q"},
    {"{{tpl \"{{define \\\"x\\\"}}X{{.}}{{end}}{{template \\\"x\\\" 1}}{{.none}}\" .}}",
     "X1<no value>"       },
    {"{{define \"o\"}}O{{end}}{{tpl \"{{define `o`}}I{{end}}{{template `o`}}\" .}}{{template \"o\"}}",
     "IO"                                                                        },
    {"{{tpl \"{{.a.b}}\" .}}",
     AT("1:2",
     "tpl \"{{.a.b}}\" .") "error calling tpl: in tpl: template: inner:1:4: "
                              "executing \"inner\" at <.a.b>: nil pointer evaluating interface {}.b"},
    {"{{tpl \"{{\" .}}",
     AT("1:2",
     "tpl \"{{\" .") "error calling tpl: cannot parse: template: inner:1: unclosed action"},
    {"{{set .m \"k\" 1}}{{.m}}{{$x := .m}}{{$y := set $x \"j\" 2}}{{$.m.j}}",                                                                                                           "map[k:1]map[k:1]2"                                                                                                                                                 },
    {"{{version}} {{version.Major}} {{version.AtLeast 1}} {{printf \"%T %v\" version version}}",
     "v1.32 1 true *test.Version v1.32"                                                                                          },
    {"{{version.Minor}}",                                                                                                                 AT("1:2",                                                                          "version") "can't evaluate field Minor in type *test.Version"},
    {"{{(version).AtLeast \"x\"}}",                                                                                                       AT("1:20",                                                                                                                                                                 "\"x\"") "expected integer; found \"x\""},
    {"{{version.Major 1}}",
     AT("1:2",                                                                                                "version") "Major has arguments but cannot be invoked as function"},
    {"{{values.k}}{{printf \"%T\" values}}",                                                                                                                        "1test.Values"},
};

Test(template_func, rows)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
        const struct kz_render_case c = {.tables = tables,
                                         .n_tables = 1,
                                         .data = "{\"l\":[1],\"m\":{},\"f\":1}",
                                         .missing = KZ_MISSING_ZERO};
        const char *got = kz_test_render(a, &c, rows[i].in);
        cr_expect_str_eq(got, rows[i].want, "%s: %s", rows[i].in, got);
    }
}

/* ---- sets ----------------------------------------------------------------------------------- */
static const char *run(struct kz_arena *a, const struct kz_tset *set, const char *name,
                       struct kz_marks *marks)
{
    struct kz_err err;
    kz_autobuf struct kz_buf out = KZ_BUF(1 << 16);
    struct kz_eval *ev = kz_eval_new(a, NULL, NULL);
    const struct kz_template *t = kz_tset_find(set, kz_str(name));
    cr_assert(t != NULL && kz_eval_run(&out, ev, set, t, KZ_NIL, marks, &err) == 0);
    kz_eval_free(ev);
    return kz_cstr(a, kz_buf_str(&out));
}

static void parse(struct kz_tset *set, const char *name, const char *text)
{
    struct kz_err err;
    cr_assert_eq(kz_tset_parse(NULL, set, kz_str(name), kz_str(text), &err), 0);
}

Test(template_func, later_definitions_win)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 20);
    struct kz_tset *set = kz_tset_new(a, KZ_STR("gotpl"), NULL, 0, KZ_MISSING_ZERO);
    parse(set, "one", "{{define \"d\"}}1{{end}}{{template \"d\"}}");
    parse(set, "two", "{{define \"d\"}}2{{end}}{{template \"d\"}}");
    parse(set, "three", "{{define \"d\"}} \n {{end}}");
    cr_expect_str_eq(run(a, set, "one", NULL), "2");
    struct kz_tset *over = kz_tset_overlay(a, set, KZ_MISSING_ZERO);
    parse(over, "four", "{{define \"d\"}}4{{end}}");
    parse(over, "five", "{{define \"d\"}}{{end}}");
    cr_expect_str_eq(run(a, over, "one", NULL), "4");
    cr_expect_str_eq(run(a, set, "one", NULL), "2");
    cr_expect_null(kz_tset_find(set, KZ_STR("four")));
}

Test(template_func, marks)
{
    static const struct {
        enum kz_mark_kind kind;
        uint32_t n; /* OUT: offset; RUN: length; CALL: how far back */
        const char *file;
        unsigned line;
    } want[] = {
        {KZ_MARK_OUT,  0, "main", 1},
        {KZ_MARK_OUT,  2, "main", 2},
        {KZ_MARK_OUT,  3, "main", 2},
        {KZ_MARK_OUT,  4, "lib",  2},
        {KZ_MARK_CALL, 1, "main", 3},
        {KZ_MARK_OUT,  7, "main", 3},
        {KZ_MARK_OUT,  0, "lib",  2},
        {KZ_MARK_RUN,  3, NULL,   1},
        {KZ_MARK_OUT,  8, "main", 3},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 20);
    struct kz_tset *set = kz_tset_new(a, KZ_STR("gotpl"), tables, 1, KZ_MISSING_ZERO);
    struct kz_marks marks = {.at = NULL};
    parse(set, "lib", "{{define \"d\"}}\n{{- print \"abc\"}}{{end}}{{define \"none\"}}{{end}}");
    parse(set, "main",
          "x\n{{print 1}}\n{{template \"d\"}}{{print 2}}"
          "{{template \"none\"}}{{$x := include \"none\" 1}}{{include \"d\" 1}}");
    cr_expect_str_eq(run(a, set, "main", &marks), "x\n1\nabc2abc");
    cr_assert_eq(marks.len, kz_countof(want));
    for (size_t i = 0; i < marks.len; i++) {
        const struct kz_mark *m = &marks.at[i];
        uint32_t line, col;
        cr_expect_eq(m->kind, want[i].kind, "%zu", i);
        cr_expect_eq(m->n, want[i].n, "%zu: %u", i, m->n);
        if (m->kind == KZ_MARK_RUN) {
            cr_expect(kz_str_is(kz_str_n(m->as.text, m->n), "abc") && m->pos == want[i].line);
            continue;
        }
        kz_template_place(m->as.tmpl, m->pos, &line, &col);
        cr_expect(kz_str_is(kz_template_file(m->as.tmpl), want[i].file));
        cr_expect_eq(line, want[i].line, "%zu: %u", i, line);
    }
}

Test(template_func, trace)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 20);
    struct kz_tset *set = kz_tset_new(a, KZ_STR("gotpl"), tables, 1, KZ_MISSING_ZERO);
    struct kz_err err;
    kz_autobuf struct kz_buf out = KZ_BUF(1 << 16);
    parse(set, "lib", "{{define \"d\"}}\n\n {{fails \"x\"}}{{end}}");
    parse(set, "main", "a\n{{include \"d\" 1}}");
    struct kz_eval *ev = kz_eval_new(a, NULL, NULL);
    const int rc =
        kz_eval_run(&out, ev, set, kz_tset_find(set, KZ_STR("main")), KZ_NIL, NULL, &err);
    cr_assert_eq(rc, -KZ_E_INVALID);
    cr_expect_str_eq(err.file, "lib");
    cr_expect_eq(err.line, 3);
    cr_expect_eq(err.col, 4);
    const struct kz_trace *in = kz_eval_trace(ev);
    cr_assert(in != NULL && in->outer != NULL && in->outer->outer == NULL);
    cr_expect(kz_str_is(in->node, "fails \"x\"") && in->line == 3 && in->col == 3);
    cr_expect(kz_str_is(kz_template_file(in->outer->tmpl), "main") && in->outer->line == 2);
    cr_expect_null(in->nil_in);
    kz_eval_free(ev);
}
