/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as Helm has them behind its YAML and JSON. */
#include "helm/text.h"

#include "template/goyaml.h"
#include "value/yaml_scalar.h"

int kz_go_yaml(struct kz_value **out, struct kz_arena *a, struct kz_str text, struct kz_str name,
               struct kz_err *err)
{
    if (kz_goyaml_read(out, a, text, name, err) < 0)
        return kz_wrap(err, "error converting YAML to JSON");
    return 0;
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
    return kz_yaml_text(out, a, v, 64);
}
