/* SPDX-License-Identifier: Apache-2.0
 *
 * kz_sprig: runs templates with sprig's functions for the comparison in test/diff/sprig. Cases come on
 * stdin, each a line "LENGTH" followed by the template; each answer is a line "OUT ERR" of lengths
 * followed by the output and the message. Time stands still; random values are stable. */
#include "template/funcs.h"
#include "template/sprig.h"
#include "template/template.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_CASE = 1 << 24 };

static void answer(struct kz_str out, struct kz_str error)
{
    (void)printf("%zu %zu\n", out.len, error.len);
    (void)fwrite(out.ptr, 1, out.len, stdout);
    (void)fwrite(error.ptr, 1, error.len, stdout);
    (void)fflush(stdout);
}

/* What the functions under test need of others. */
static struct kz_val dict(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_dict *d = kz_dict_new(kz_eval_arena(ev), argc);
    for (size_t i = 0; i + 1 < argc; i += 2)
        kz_dict_set(kz_eval_arena(ev), d, argv[i].as.str, argv[i + 1]);
    return kz_val_dict(d);
}

static struct kz_val list(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_list *l = kz_list_new(kz_eval_arena(ev), argc);
    for (size_t i = 0; i < argc; i++)
        kz_list_push(kz_eval_arena(ev), l, argv[i]);
    return kz_val_list(l);
}

static const struct kz_func helpers[] = {
    {"dict", "a+", dict, NULL},
    {"list",  "a+", list, NULL},
    {0     }
};

static void run(struct kz_arena *a, struct kz_str text)
{
    static const struct kz_func *const tables[] = {
        kz_funcs_cert,   kz_funcs_crypto, kz_funcs_date,   kz_funcs_encode, kz_funcs_path,
        kz_funcs_random, kz_funcs_regex,  kz_funcs_semver, kz_funcs_url,    helpers,
    };
    struct kz_sprig sprig = {.now = INT64_C(1700000000123456789),
                             .seed = KZ_STR("0123456789abcdef"),
                             .module = KZ_STR("demo")};
    struct kz_err err;
    const struct kz_template *t;
    kz_autobuf struct kz_buf out = KZ_BUF((size_t)1 << 26);
    struct kz_tset *set =
        kz_tset_new(a, KZ_STR("t"), tables, kz_countof(tables), KZ_MISSING_DEFAULT);
    if (kz_tset_parse(&t, set, KZ_STR("t"), text, &err) < 0) {
        answer(KZ_STR(""), kz_tset_error(set));
        return;
    }
    kz_sprig_begin(&sprig, KZ_STR("t"));
    struct kz_eval *ev = kz_eval_new(a, NULL, &sprig);
    const int rc = kz_eval_run(&out, ev, set, t, KZ_NIL, NULL, &err);
    answer(kz_buf_str(&out), rc < 0 ? kz_eval_error(ev) : KZ_STR(""));
    kz_eval_free(ev);
    kz_sprig_done(&sprig);
}

int main(void)
{
    size_t len;
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    while (scanf("%zu", &len) == 1 && getchar() == '\n') {
        char *at = kz_arena_bytes(a, len + 1);
        if (len > MAX_CASE || fread(at, 1, len, stdin) != len)
            return 2;
        run(a, kz_str_n(at, len));
        kz_arena_reset(a);
    }
    return 0;
}
