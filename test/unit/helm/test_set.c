/* SPDX-License-Identifier: Apache-2.0
 *
 * The --set family: what a text makes of values, and what it says of a bad one. */
#include "base/buf.h"
#include "helm/set.h"
#include "value/json.h"

#include <criterion/criterion.h>
#include <string.h>

static int read_file(struct kz_str *out, void *arg, struct kz_str name, struct kz_err *err)
{
    (void)arg;
    if (!kz_str_is(name, "f.txt"))
        return kz_fail(err, KZ_E_NOTFOUND, "no file");
    *out = KZ_STR("content\n");
    return 0;
}

static const struct {
    enum kz_set_kind kind;
    const char *base, *text, *want; /* want: JSON, or the error when it begins with '!' */
} cases[] = {
    {KZ_SET_TYPED,   "{}",
     "a=1,b=x,c=true,d=null,e=",                                                 "{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":null,\"e\":\"\"}"},
    {KZ_SET_TYPED,   "{}",                "a=01,b=0,c=-5,d=+5,e=TRUE,f=1.5",
     "{\"a\":\"01\",\"b\":0,\"c\":-5,\"d\":5,\"e\":true,\"f\":\"1.5\"}"                                                                  },
    {KZ_SET_TYPED,   "{}",                "a.b.c=1,a.b.d=2",                     "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}"                     },
    {KZ_SET_TYPED,   "{}",                "a[2]=x,a[0].k=1",                     "{\"a\":[{\"k\":1},null,\"x\"]}"                        },
    {KZ_SET_TYPED,   "{}",                "a[0][1]=1",                           "{\"a\":[[null,1]]}"                                    },
    {KZ_SET_TYPED,   "{}",                "a={1,x,},b={}",                       "{\"a\":[1,\"x\",\"\"],\"b\":[\"\"]}"                   },
    {KZ_SET_TYPED,   "{}",                "a\\.b=c\\,d",                         "{\"a.b\":\"c,d\"}"                                     },
    {KZ_SET_TYPED,   "{\"a\":{\"x\":1}}", "a.y=2",                               "{\"a\":{\"x\":1,\"y\":2}}"                             },
    {KZ_SET_TYPED,   "{}",                "a.",                                  "{}"                                                    },
    {KZ_SET_TYPED,   "{}",                "a",                                   "!key \"a\" has no value"                               },
    {KZ_SET_TYPED,   "{}",                "a,b=1",                               "!key \"a\" has no value (cannot end with ,)"           },
    {KZ_SET_TYPED,   "{}",                "a={b",                                "!list must terminate with '}'"                         },
    {KZ_SET_TYPED,   "{}",                "a[65537]=1",
     "!index of 65537 is greater than maximum supported index of 65536"                                                                  },
    {KZ_SET_TYPED,   "{}",                "a[999999999999999999999]=1",
     "!strconv.Atoi: parsing \"999999999999999999999\": value out of range"                                                              },
    {KZ_SET_TYPED,   "{}",                "a[-1]=1",                             "!negative -1 index not allowed"                        },
    {KZ_SET_TYPED,   "{\"a\":\"s\"}",     "a.b=1",
     "!unable to parse key: interface conversion: interface {} is string, not map[string]interface {}"                                   },
    {KZ_SET_TYPED,   "{\"a\":null}",      "a[0]=1",
     "!unable to parse key: interface conversion: interface {} is nil, not []interface {}"                                               },
    {KZ_SET_STRING,  "{}",                "a=1,b=true,c=null",                   "{\"a\":\"1\",\"b\":\"true\",\"c\":\"null\"}"           },
    {KZ_SET_JSON,    "{}",                "a={\"x\":[1,2]},b=\"s,t\",c=,d=true",
     "{\"a\":{\"x\":[1,2]},\"b\":\"s,t\",\"c\":null,\"d\":true}"                                                                         },
    {KZ_SET_LITERAL, "{}",                "a.b=x,y=\\z{",                        "{\"a\":{\"b\":\"x,y=\\\\z{\"}}"                        },
    {KZ_SET_FILE,    "{}",                "a=f.txt",                             "{\"a\":\"content\\n\"}"                                },
    {KZ_SET_FILE,    "{}",                "a=none",                              "!no file"                                              },
};

Test(set, table)
{
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
        struct kz_value *v;
        struct kz_err err;
        cr_assert_eq(kz_json_read(&v, a, kz_str(cases[i].base), KZ_STR("base"), &err), 0);
        const int rc =
            kz_set_parse(v, a, cases[i].kind, kz_str(cases[i].text), read_file, NULL, &err);
        if (cases[i].want[0] == '!') {
            cr_expect_lt(rc, 0, "%s", cases[i].text);
            cr_expect_str_eq(err.frame[0], cases[i].want + 1, "%s: %s", cases[i].text,
                             err.frame[0]);
            continue;
        }
        kz_json_write(&b, v, KZ_JSON_COMPACT);
        cr_expect_eq(rc, 0, "%s", cases[i].text);
        cr_expect_str_eq(b.ptr, cases[i].want, "%s: %s", cases[i].text, b.ptr);
    }
}

Test(set, nesting)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    static char text[200000];
    struct kz_err err;
    size_t n = 0;
    for (int i = 0; i < 40; i++, n += 2)
        memcpy(text + n, "a.", 2);
    cr_expect_lt(
        kz_set_parse(kz_value_map(a), a, KZ_SET_TYPED, kz_str_n(text, n), NULL, NULL, &err), 0);
    n = 1;
    for (; n + 3 < sizeof text; n += 3)
        memcpy(text + n, "[0]", 3);
    cr_expect_lt(
        kz_set_parse(kz_value_map(a), a, KZ_SET_TYPED, kz_str_n(text, n), NULL, NULL, &err), 0);
    cr_expect_eq(err.code, KZ_E_LIMIT);
}
