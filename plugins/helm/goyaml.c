/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML as Helm reads it, and its errors in goyaml's words. Our reader says better what is wrong, but
 * people search for the text they know: after a failure the text is scanned once more for it. */
#include "helm/text.h"

#include "template/yaml_error.h"
#include "value/yaml.h"
#include "value/yaml_scalar.h"

int kz_go_yaml(struct kz_value **out, struct kz_arena *a, struct kz_str text, struct kz_str name,
               struct kz_err *err)
{
    static const struct kz_yaml_limits limits = {.last_key_wins = true,
                                                 .document = (size_t)64 << 20};
    struct kz_value *docs;
    if (kz_yaml_read_all(&docs, a, text, name, &limits, err) >= 0) {
        *out = docs->as.list.len == 0 ? kz_value_null(a) : docs->as.list.at[0];
        return 0;
    }
    const struct kz_err ours = *err;
    struct kz_str message, first;
    if (ours.code == KZ_E_LIMIT)
        return kz_wrap(err, "error converting YAML to JSON");
    if (!kz_yaml_infinite(&message, a, text, &ours) && kz_yaml_first(&first, &message, a, text)) {
        /* The trouble is behind the first document, or is none to Go. */
        if (first.len < text.len && kz_yaml_read_all(&docs, a, first, name, &limits, err) >= 0) {
            *out = docs->as.list.len == 0 ? kz_value_null(a) : docs->as.list.at[0];
            return 0;
        }
        *err = ours;
        return kz_wrap(err, "error converting YAML to JSON");
    }
    (void)kz_fail(err, ours.code, KZ_FMT, KZ_ARG(message));
    (void)kz_wrap(err, "error converting YAML to JSON");
    return kz_err_at(err, name, ours.line, ours.col);
}

void kz_go_floats(struct kz_value *v)
{
    switch (v->kind) {
    case KZ_INT:
        v->as.real = (double)v->as.num;
        v->kind = KZ_FLOAT;
        return;
    case KZ_UINT:
        v->as.real = (double)v->as.unum;
        v->kind = KZ_FLOAT;
        return;
    case KZ_LIST:
        for (size_t i = 0; i < v->as.list.len; i++)
            kz_go_floats(v->as.list.at[i]);
        return;
    case KZ_MAP:
        for (size_t i = 0; i < v->as.map.len; i++)
            kz_go_floats(v->as.map.at[i].val);
        return;
    case KZ_NULL:
    case KZ_BOOL:
    case KZ_FLOAT:
    case KZ_STRING:
        return;
    }
}

bool kz_go_as_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *v)
{
    char num[32];
    switch (v->kind) {
    case KZ_STRING:
        *out = v->as.str;
        return true;
    case KZ_BOOL:
        *out = v->as.truth ? KZ_STR("true") : KZ_STR("false");
        return true;
    case KZ_INT:
        *out = kz_str_printf(a, "%lld", (long long)v->as.num);
        return true;
    case KZ_UINT:
        *out = kz_str_printf(a, "%llu", (unsigned long long)v->as.unum);
        return true;
    case KZ_FLOAT:
        kz_yaml_float_text(num, v->as.real, 64);
        *out = kz_str_dup(a, kz_str(num));
        return true;
    case KZ_NULL:
    case KZ_LIST:
    case KZ_MAP:
        return false;
    }
    return false;
}
