/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/funcs.h"

#include "helm/dot.h"
#include "helm/render.h"
#include "helm/text.h"
#include "template/print.h"
#include "template/template.h"
#include "value/json.h"
#include "value/yaml.h"

#include <string.h>

enum { MAX_INCLUDES = 1000 };

const char kz_helm_mark_start[] = "HELM_ERR_START", kz_helm_mark_end[] = "HELM_ERR_END";
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

static struct kz_str quoted(struct kz_eval *ev, struct kz_str s)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_print_quoted(b, s, KZ_QUOTE_PLAIN);
    return kz_eval_text(ev, b);
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
        return kz_eval_fail(ev, "rendering template has a nested reference name: " KZ_FMT ": unable to execute template",
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
                                                  KZ_ARG(quoted(ev, text)), KZ_ARG(kz_tset_error(set))));
    if (!kz_eval_template(&out, ev, set, t, argv[1]))
        return kz_eval_wrap(ev, kz_str_printf(a, "error during tpl function execution for " KZ_FMT,
                                              KZ_ARG(quoted(ev, text))));
    return kz_val_str(kz_helm_no_value(a, out));
}

/* ---- fail, required, lookup -------------------------------------------------------------------- */

static struct kz_val marked(struct kz_eval *ev, struct kz_str text)
{
    return kz_eval_fail_str(ev, kz_str_printf(kz_eval_arena(ev), "%s" KZ_FMT "%s", kz_helm_mark_start, KZ_ARG(text),
                                              kz_helm_mark_end));
}

static struct kz_val fail(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return marked(ev, argv[0].as.str);
}

static struct kz_val required(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[1].type == NULL || (argv[1].type == &kz_type_string && argv[1].as.str.len == 0))
        return marked(ev, argv[0].as.str);
    return argv[1];
}

/* A render asks no cluster. */
static struct kz_val lookup(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argv;
    (void)argc;
    return kz_val_dict(kz_dict_new(kz_eval_arena(ev), 0));
}

static struct kz_val host_by_name(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    (void)argv;
    (void)argc;
    return kz_val_str(KZ_STR(""));
}

/* ---- YAML and JSON ----------------------------------------------------------------------------- */

static struct kz_val to_yaml(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_value *v;
    struct kz_err err;
    (void)argc;
    if (kz_helm_plain(&v, kz_eval_arena(ev), argv[0], &err) < 0)
        return kz_val_str(KZ_STR(""));
    struct kz_buf *b = kz_eval_buf(ev);
    kz_helm_yaml(b, v);
    const struct kz_str text = kz_eval_text(ev, b);
    return kz_val_str(kz_str_ends(text, KZ_STR("\n")) ? kz_str_head(text, text.len - 1) : text);
}

static struct kz_val to_json(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_value *v;
    struct kz_err err;
    (void)argc;
    if (kz_helm_plain(&v, kz_eval_arena(ev), argv[0], &err) < 0)
        return kz_val_str(KZ_STR(""));
    struct kz_buf *b = kz_eval_buf(ev);
    kz_go_json(b, kz_eval_arena(ev), v);
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val from(struct kz_eval *ev, const struct kz_value *v, enum kz_kind want, struct kz_str why)
{
    struct kz_arena *a = kz_eval_arena(ev);
    if (v != NULL && v->kind == want)
        return kz_val_from_value(a, v, KZ_VAL_FLOATS);
    if (v != NULL && v->kind == KZ_NULL)
        return want == KZ_MAP ? kz_val_dict(NULL) : kz_val_list(NULL);
    if (want == KZ_LIST) {
        struct kz_list *l = kz_list_new(a, 1);
        kz_list_push(a, l, kz_val_str(why));
        return kz_val_list(l);
    }
    struct kz_dict *d = kz_dict_new(a, 1);
    kz_dict_set(a, d, KZ_STR("Error"), kz_val_str(why));
    return kz_val_dict(d);
}

static struct kz_str mismatch(struct kz_arena *a, const struct kz_value *v, enum kz_kind want, const char *prefix)
{
    return kz_str_printf(a, "%sjson: cannot unmarshal %s into Go value of type %s", prefix, kz_go_json_kind(v),
                         want == KZ_MAP ? "map[string]interface {}" : "[]interface {}");
}

static struct kz_val from_yaml(struct kz_eval *ev, struct kz_str text, enum kz_kind want)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_value *v;
    struct kz_err err;
    if (kz_go_yaml(&v, a, text, KZ_STR("text"), &err) < 0)
        return from(ev, NULL, want, kz_helm_error_text(a, &err));
    return from(ev, v, want, mismatch(a, v, want, "error unmarshaling JSON: while decoding JSON: "));
}

static struct kz_val from_json(struct kz_eval *ev, struct kz_str text, enum kz_kind want)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_value *v;
    struct kz_err err;
    if (kz_go_trim(text).len == 0)
        return from(ev, NULL, want, KZ_STR("unexpected end of JSON input"));
    if (kz_json_read(&v, a, text, KZ_STR("text"), &err) < 0)
        return from(ev, NULL, want, kz_helm_error_text(a, &err));
    return from(ev, v, want, mismatch(a, v, want, ""));
}

static struct kz_val from_yaml_map(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return from_yaml(ev, argv[0].as.str, KZ_MAP);
}
static struct kz_val from_yaml_list(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return from_yaml(ev, argv[0].as.str, KZ_LIST);
}
static struct kz_val from_json_map(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return from_json(ev, argv[0].as.str, KZ_MAP);
}
static struct kz_val from_json_list(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return from_json(ev, argv[0].as.str, KZ_LIST);
}

const struct kz_func kz_helm_funcs[] = {
    {"include", "sa", include, NULL},
    {"tpl", "sa", tpl, NULL},
    {"fail", "s", fail, NULL},
    {"required", "sa", required, NULL},
    {"lookup", "ssss", lookup, NULL},
    {"getHostByName", "s", host_by_name, NULL},
    {"toYaml", "a", to_yaml, NULL},
    {"toJson", "a", to_json, NULL},
    {"fromYaml", "s", from_yaml_map, NULL},
    {"fromYamlArray", "s", from_yaml_list, NULL},
    {"fromJson", "s", from_json_map, NULL},
    {"fromJsonArray", "s", from_json_list, NULL},
    {NULL, NULL, NULL, NULL},
};
