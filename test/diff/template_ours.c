/* SPDX-License-Identifier: Apache-2.0
 *
 * kz_tpl: runs templates for the comparison in test/diff/template. Cases come on stdin, one after
 * another, each a line "TEXT DATA MISSING" (two lengths in bytes, and 0, 1, 2 for missingkey default,
 * zero, error) followed by the template and the JSON data. Each answer is a line "OUT ERR" of lengths
 * followed by the output and the message. With the argument "helm" templates have sprig's and Helm's
 * functions. */
#include "template/funcs.h"
#include "template/print.h"
#include "template/template.h"
#include "value/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_CASE = 1 << 24 };

static const struct kz_func *const helm[] = {
    kz_funcs_case,    kz_funcs_defaults, kz_funcs_dicts, kz_funcs_flow,    kz_funcs_json,
    kz_funcs_layout,  kz_funcs_lists,    kz_funcs_merge, kz_funcs_numbers, kz_funcs_parts,
    kz_funcs_reflect, kz_funcs_strings,  kz_funcs_toml,  kz_funcs_yaml,
};

static struct kz_str take(struct kz_arena *a, size_t n)
{
    char *at = kz_arena_bytes(a, n + 1);
    if (n > MAX_CASE || fread(at, 1, n, stdin) != n)
        exit(2);
    at[n] = '\0';
    return kz_str_n(at, n);
}

static void answer(struct kz_str out, struct kz_str error)
{
    (void)printf("%zu %zu\n", out.len, error.len);
    (void)fwrite(out.ptr, 1, out.len, stdout);
    (void)fwrite(error.ptr, 1, error.len, stdout);
    (void)fflush(stdout);
}

static void run(struct kz_arena *a, struct kz_str text, struct kz_str json, enum kz_missing missing,
                size_t tables)
{
    struct kz_err err;
    struct kz_value *data;
    const struct kz_template *t;
    kz_autobuf struct kz_buf out = KZ_BUF((size_t)1 << 26);
    struct kz_tset *set = kz_tset_new(a, KZ_STR("t"), helm, tables, missing);
    if (kz_json_read(&data, a, json, KZ_STR("data"), &err) < 0)
        exit(2);
    if (kz_tset_parse(&t, set, KZ_STR("t"), text, &err) < 0) {
        answer(KZ_STR(""), kz_tset_error(set));
        return;
    }
    struct kz_eval *ev = kz_eval_new(a, NULL, NULL);
    const struct kz_val dot = kz_val_from_value(a, data, KZ_VAL_FLOATS);
    const int rc = kz_eval_run(&out, ev, set, t, dot, NULL, &err);
    answer(kz_buf_str(&out), rc < 0 ? kz_eval_error(ev) : KZ_STR(""));
    kz_eval_free(ev);
}

int main(int argc, char **argv)
{
    size_t text_len, json_len;
    unsigned missing;
    const size_t tables = argc > 1 && strcmp(argv[1], "helm") == 0 ? kz_countof(helm) : 0;
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    while (scanf("%zu %zu %u", &text_len, &json_len, &missing) == 3 && getchar() == '\n') {
        const struct kz_str text = take(a, text_len);
        const struct kz_str json = take(a, json_len);
        run(a, text, json, (enum kz_missing)missing, tables);
        kz_arena_reset(a);
    }
    return 0;
}
