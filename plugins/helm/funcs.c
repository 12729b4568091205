/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/funcs.h"

#include "helm/dot.h"
#include "helm/render.h"
#include "helm/text.h"
#include "template/funcs.h"
#include "template/print.h"
#include "template/template.h"

#include <string.h>

enum { MAX_INCLUDES = 1000 };

static const char no_value[] = "<no value>";

struct kz_str kz_helm_no_value(struct kz_arena *a, struct kz_str text)
{
    const size_t len = sizeof no_value - 1;
    const char *at = text.len == 0 ? NULL : memmem(text.ptr, text.len, no_value, len);
    if (at == NULL)
        return text;
    char *out = kz_arena_bytes(a, text.len);
    size_t n = 0;
    for (struct kz_str rest = text;;) {
        const size_t keep = at == NULL ? rest.len : (size_t)(at - rest.ptr);
        memcpy(out + n, rest.ptr, keep);
        n += keep;
        if (at == NULL)
            return kz_str_n(out, n);
        rest = kz_str_skip(rest, keep + len);
        at = rest.len == 0 ? NULL : memmem(rest.ptr, rest.len, no_value, len);
    }
}

/* In a buffer of its own: it is wanted after failures, too. */
static struct kz_str quoted(struct kz_eval *ev, struct kz_str s)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)256 << 20);
    kz_print_quoted(&b, s, KZ_QUOTE_PLAIN);
    return kz_str_dup(kz_eval_arena(ev), kz_buf_str(&b));
}

/* ---- include, tpl ------------------------------------------------------------------------------ */

static struct kz_val include(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_helm_run *run = kz_eval_user(ev);
    const struct kz_tset *set = kz_eval_set(ev);
    const struct kz_str name = argv[0].as.str;
    struct kz_str text = KZ_STR("");
    (void)argc;
    const struct kz_str key = name.ptr == NULL ? KZ_STR("") : name;
    unsigned *count = kz_map_find(&run->included, key);
    if (count == NULL) {
        count = kz_new(run->arena, unsigned);
        (void)kz_map_put(&run->included, kz_str_dup(run->arena, key), count);
    }
    if (*count > MAX_INCLUDES)
        return kz_eval_fail(ev,
                            "rendering template has a nested reference name: " KZ_FMT
                            ": unable to execute template",
                            KZ_ARG(name));
    const struct kz_template *t = kz_tset_find(set, name);
    if (t == NULL)
        return kz_eval_fail(ev, "template: no template " KZ_FMT " associated with template " KZ_FMT,
                            KZ_ARG(quoted(ev, name)), KZ_ARG(quoted(ev, kz_tset_name(set))));
    ++*count;
    const bool ok = kz_eval_template(&text, ev, set, t, argv[1]);
    --*count;
    return ok ? kz_val_str(text) : KZ_NIL;
}

static struct kz_val tpl(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_str text = argv[0].as.str;
    struct kz_tset *set = kz_tset_overlay(a, kz_eval_set(ev), KZ_MISSING_ZERO);
    const struct kz_template *t;
    struct kz_str out = KZ_STR("");
    struct kz_err err;
    (void)argc;
    if (kz_tset_parse(&t, set, KZ_STR("gotpl"), text, &err) < 0)
        return kz_eval_fail_str(ev, kz_str_printf(a, "cannot parse template " KZ_FMT ": " KZ_FMT,
                                                  KZ_ARG(quoted(ev, text)),
                                                  KZ_ARG(kz_tset_error(set))));
    if (!kz_eval_template(&out, ev, set, t, argv[1]))
        return kz_eval_wrap(ev, kz_str_printf(a, "error during tpl function execution for " KZ_FMT,
                                              KZ_ARG(quoted(ev, text))));
    return kz_val_str(kz_helm_no_value(a, out));
}

/* ---- lookup and the like ------------------------------------------------------------------------- */

static struct kz_val lookup(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_helm_run *run = kz_eval_user(ev);
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_lookup what = {argv[0].as.str, argv[1].as.str, argv[2].as.str, argv[3].as.str};
    const struct kz_value *found = NULL;
    struct kz_err err;
    (void)argc;
    if (run->cluster.find != NULL && run->cluster.find(run->cluster.arg, &found, &what, &err) < 0)
        return kz_eval_fail_str(ev, kz_helm_error_text(a, &err));
    /* A copy: templates change maps with `set`. */
    return found == NULL ? kz_val_dict(kz_dict_new(a, 0)) : kz_val_from_value(a, found, KZ_VAL_EXACT);
}

static struct kz_val host_by_name(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    (void)argv;
    (void)argc;
    return kz_val_str(KZ_STR(""));
}

/* ---- the table ----------------------------------------------------------------------------------- */

struct kz_val kz_helm_to_yaml(struct kz_eval *ev, struct kz_val v)
{
    const struct kz_func *f = kz_funcs_yaml;
    while (strcmp(f->name, "toYaml") != 0)
        f++;
    return f->call(ev, &v, 1);
}

const struct kz_func kz_helm_funcs[] = {
    {"include",       "sa",   include,      NULL},
    {"tpl",           "sa",   tpl,          NULL},
    {"lookup",        "ssss", lookup,       NULL},
    {"getHostByName", "s",    host_by_name, NULL},
    {NULL,            NULL,   NULL,         NULL},
};
