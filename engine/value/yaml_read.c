/* SPDX-License-Identifier: Apache-2.0 */
#include "value/yaml_quick.h"

enum { TEXT_MAX = 100 * 1024 * 1024 - 1, DOCUMENT_MAX = 3 * 1024 * 1024, DOCS_MAX = 20000 };

int kz_yaml_read_all(struct kz_value **out, struct kz_arena *a, struct kz_str text,
                     struct kz_str name, const struct kz_yaml_limits *limits, struct kz_err *err)
{
    struct kz_yaml_limits all = {0};
    if (limits != NULL)
        all = *limits;
    if (all.text == 0)
        all.text = TEXT_MAX;
    if (all.document == 0)
        all.document = DOCUMENT_MAX;
    if (all.docs == 0)
        all.docs = DOCS_MAX;
    if (kz_yaml_quick_read(out, a, text, &all))
        return 0;
    return kz_yaml_events_read(out, a, text, name, &all, err);
}

int kz_yaml_read(struct kz_value **out, struct kz_arena *a, struct kz_str text, struct kz_str name,
                 struct kz_err *err)
{
    struct kz_value *docs;
    int rc = kz_yaml_read_all(&docs, a, text, name, NULL, err);
    if (rc < 0)
        return rc;
    if (kz_value_len(docs) > 1) {
        (void)kz_fail(err, KZ_E_INVALID, "one YAML document is wanted, here are %zu",
                      kz_value_len(docs));
        return kz_err_at(err, name, docs->as.list.at[1]->line, docs->as.list.at[1]->col);
    }
    *out = kz_value_len(docs) == 0 ? kz_value_null(a) : docs->as.list.at[0];
    return 0;
}
