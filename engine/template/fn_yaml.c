/* SPDX-License-Identifier: Apache-2.0
 *
 * Helm: YAML. toYaml goes by way of JSON there: broken UTF-8 becomes U+FFFD, what YAML cannot hold
 * makes the whole text empty, and U+0085 counts as the end of a line, which folds. */
#include "template/funcs.h"

#include "template/gojson.h"
#include "template/goyaml.h"
#include "template/print.h"
#include "template/letter.h"
#include "value/yaml.h"

/* ---- texts on their way through JSON --------------------------------------------------------- */

/* Characters that a YAML reader refuses, even inside quotes; JSON escapes those below 32. */
static bool is_forbidden(uint32_t r)
{
    return (r >= 0x7F && r < 0xA0 && r != 0x85) || r == 0xFFFE || r == 0xFFFF;
}

/* n line ends with the blanks around them: one is a blank, of more the first goes. */
static size_t put_fold(struct kz_buf *b, struct kz_str s)
{
    size_t at = 0, breaks = 0;
    uint32_t r;
    while (at < s.len) {
        const size_t n = kz_rune_next(kz_str_skip(s, at), &r);
        if (r != ' ' && r != 0x85)
            break;
        breaks += r == 0x85;
        at += n;
    }
    if (breaks == 0)
        kz_buf_add_str(b, kz_str_head(s, at));
    else if (breaks == 1)
        kz_buf_putc(b, ' ');
    else
        kz_buf_fill(b, '\n', breaks - 1);
    return at;
}

static bool is_plain(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x7F)
            return false;
    return true;
}

/* false: no YAML text can hold it; a key stands on one line. */
static bool pass_text(struct kz_str *out, struct kz_arena *a, struct kz_str s, bool key)
{
    kz_autobuf struct kz_buf b = KZ_BUF(s.len * 3 + 16);
    uint32_t r;
    *out = s;
    if (is_plain(s))
        return true;
    while (s.len > 0) {
        size_t n = kz_rune_next(s, &r);
        if (is_forbidden(r) || (key && r == 0x85))
            return false;
        if (r == ' ' || r == 0x85)
            n = put_fold(&b, s);
        else
            kz_rune_put(&b, r);
        s = kz_str_skip(s, n);
    }
    *out = kz_str_dup(a, kz_buf_str(&b));
    return true;
}

static bool pass_value(struct kz_arena *a, struct kz_value *v)
{
    if (v->kind == KZ_STRING)
        return pass_text(&v->as.str, a, v->as.str, false);
    for (size_t i = 0; v->kind == KZ_LIST && i < v->as.list.len; i++)
        if (!pass_value(a, v->as.list.at[i]))
            return false;
    for (size_t i = 0; i < kz_value_pairs(v); i++)
        if (!pass_text(&v->as.map.at[i].key, a, v->as.map.at[i].key, true) ||
            !pass_value(a, v->as.map.at[i].val))
            return false;
    return true;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* What cannot be written is "", as in Helm. */
static struct kz_val written(struct kz_eval *ev, const struct kz_value *doc, unsigned flags)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_yaml_write(b, doc, flags | KZ_YAML_SORTED | KZ_YAML_BARE_MERGE);
    struct kz_str text = kz_eval_text(ev, b);
    if (kz_str_ends(text, KZ_STR("\n")))
        text.len--;
    return kz_val_str(text);
}

static struct kz_val to_yaml(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_value *doc;
    struct kz_err err;
    (void)argc;
    /* What Go cannot write is nothing, a cycle for example; what we do not is an error. */
    const int rc = kz_val_to_value(&doc, a, argv[0], &err);
    if (rc == -KZ_E_LIMIT)
        return kz_eval_limit(ev, "%s", err.frame[0]);
    if (rc < 0 || !pass_value(a, doc))
        return kz_val_str(KZ_STR(""));
    return written(ev, doc, 0);
}

/* Straight from the value, without JSON: nil lists are [], []byte is a list of numbers, and numbers
 * need not be finite. NULL: not to be written. */
static struct kz_value *direct(struct kz_arena *a, struct kz_val v, unsigned depth)
{
    struct kz_value *out = NULL;
    struct kz_err err;
    if (kz_val_kind(v) == KZ_GO_FLOAT)
        return kz_value_float(a, v.as.real);
    if (kz_val_kind(v) != KZ_GO_SLICE && kz_val_kind(v) != KZ_GO_MAP)
        return kz_val_to_value(&out, a, v, &err) < 0 ? NULL : out;
    const bool list = kz_val_kind(v) == KZ_GO_SLICE;
    out = list ? kz_value_list(a) : kz_value_map(a);
    if (!list)
        kz_dict_sort(v.as.dict);
    for (size_t i = 0; i < kz_val_len(v); i++) {
        const struct kz_val item = list ? kz_val_at(v, i) : v.as.dict->at[i].val;
        struct kz_value *part = depth == 0 ? NULL : direct(a, item, depth - 1);
        if (part == NULL)
            return NULL;
        if (list)
            kz_value_push(a, out, part);
        else
            kz_value_add(a, out, v.as.dict->at[i].key, part);
    }
    return out;
}

static struct kz_val to_yaml_pretty(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_value *doc = direct(kz_eval_arena(ev), argv[0], KZ_VAL_DEPTH);
    (void)argc;
    return doc == NULL ? kz_val_str(KZ_STR("")) : written(ev, doc, KZ_YAML_PRETTY);
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct kz_val from(struct kz_eval *ev, struct kz_str text, const struct kz_type *want)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_val none =
        want == &kz_type_map ? kz_val_dict(kz_dict_new(a, 1)) : kz_val_list(kz_list_new(a, 1));
    struct kz_value *doc;
    struct kz_str error = KZ_STR_NONE;
    struct kz_err err;
    if (kz_goyaml_read(&doc, a, text, KZ_STR(""), &err) < 0)
        return kz_json_error(
            a, none, kz_str_printf(a, "error converting YAML to JSON: %s", err.frame[0]));
    if (doc->kind == KZ_NULL)
        return none;
    const struct kz_val first = kz_val_from_value(a, doc, KZ_VAL_FLOATS);
    const struct kz_val v = kz_json_as(a, first, want, &error);
    if (error.ptr == NULL)
        return v;
    return kz_json_error(
        a, v,
        kz_str_printf(a, "error unmarshaling JSON: while decoding JSON: " KZ_FMT, KZ_ARG(error)));
}

static struct kz_val from_yaml(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return from(ev, argv[0].as.str, &kz_type_map);
}

static struct kz_val from_yaml_array(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return from(ev, argv[0].as.str, &kz_type_list);
}

const struct kz_func kz_funcs_yaml[] = {
    {"toYaml", "a", to_yaml, NULL},
    {"toYamlPretty", "a", to_yaml_pretty, NULL},
    {"fromYaml",        "s", from_yaml, NULL},
    {"fromYamlArray",     "s", from_yaml_array, NULL},
    {0   },
};
