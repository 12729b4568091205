/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template_places.h"

static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str val)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, val));
}

static struct kz_value *written(struct kz_arena *a, const struct kz_helm_place *p)
{
    const struct kz_str file = kz_str_is(p->file, KZ_HELM_TPL)
                                   ? KZ_STR("tpl")
                                   : kz_str_skip(p->file, kz_str_index(p->file, '/') + 1);
    return kz_value_str(a, kz_str_printf(a, KZ_FMT ":%u", KZ_ARG(file), p->line));
}

static bool same_via(const struct kz_helm_place *x, const struct kz_helm_place *y)
{
    for (; x != y; x = x->via, y = y->via)
        if (x == NULL || y == NULL || x->line != y->line || !kz_str_eq(x->file, y->file))
            return false;
    return true;
}

static void add_range(struct kz_value *list, struct kz_arena *a, const struct kz_helm_place *p,
                      size_t line, size_t count, bool same)
{
    struct kz_value *r = kz_value_map(a), *via = kz_value_list(a);
    kz_value_set(a, r, KZ_STR("line"), kz_value_int(a, (int64_t)line));
    kz_value_set(a, r, KZ_STR("count"), kz_value_int(a, (int64_t)count));
    kz_value_set(a, r, KZ_STR("from"), written(a, p));
    if (same)
        kz_value_set(a, r, KZ_STR("same"), kz_value_bool(a, true));
    for (p = p->via; p != NULL; p = p->via)
        kz_value_push(a, via, written(a, p));
    if (kz_value_len(via) > 0)
        kz_value_set(a, r, KZ_STR("via"), via);
    kz_value_push(a, list, r);
}

void kz_template_places(struct kz_value *part, struct kz_arena *a, struct kz_helm_places *places,
                        const struct kz_manifest *m)
{
    size_t n;
    struct kz_value *list = kz_value_list(a);
    const struct kz_helm_place *const *at = kz_helm_places_of(&n, places, m->file, m->text);
    for (size_t i = 0, end; i < n; i = end) {
        bool same = false;
        for (end = i + 1; end < n; end++) {
            if (!kz_str_eq(at[end]->file, at[i]->file) || !same_via(at[end]->via, at[i]->via))
                break;
            if (end == i + 1)
                same = at[end]->line == at[i]->line;
            if (at[end]->line != at[i]->line + (same ? 0 : end - i))
                break;
        }
        add_range(list, a, at[i], i + 1, end - i, same && end > i + 1);
    }
    set_str(a, part, "apiVersion", kz_value_path_str(m->doc, "apiVersion"));
    set_str(a, part, "kind", m->kind);
    set_str(a, part, "namespace", kz_value_path_str(m->doc, "metadata.namespace"));
    set_str(a, part, "name", kz_value_path_str(m->doc, "metadata.name"));
    kz_value_set(a, part, KZ_STR("places"), list);
}

void kz_template_places_file(struct kz_value *part, struct kz_arena *a, struct kz_str path,
                             struct kz_str text)
{
    const struct kz_helm_place p = {.file = path, .line = 1};
    struct kz_value *list = kz_value_list(a);
    size_t lines = 1;
    for (size_t i = 0; i + 1 < text.len; i++)
        lines += text.ptr[i] == '\n';
    add_range(list, a, &p, 1, lines, false);
    kz_value_set(a, part, KZ_STR("places"), list);
}
