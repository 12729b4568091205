/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/source_map.h"

#include "base/buf.h"
#include "value/json.h"

#include <errno.h>
#include <stdio.h>

void kz_source_map_init(struct kz_source_map *m, struct kz_arena *a)
{
    *m = (struct kz_source_map){.a = a, .objects = kz_value_list(a)};
}

static void take(struct kz_source_map *m, struct kz_value *to, const struct kz_value *from,
                 const char *key)
{
    const struct kz_value *v = kz_value_get(from, key);
    if (v != NULL && (v->kind != KZ_STRING || v->as.str.len > 0))
        kz_value_set(m->a, to, kz_str(key), kz_value_copy(m->a, v));
}

void kz_source_map_add(struct kz_source_map *m, const struct kz_value *part, size_t line,
                       struct kz_str output)
{
    static const char *const id[] = {"apiVersion", "kind", "namespace", "name", "path"};
    const struct kz_value *places = kz_value_get(part, "places");
    struct kz_value *o = kz_value_map(m->a), *list = kz_value_list(m->a);
    for (size_t i = 0; i < kz_countof(id); i++)
        take(m, o, part, id[i]);
    if (output.len > 0)
        kz_value_set(m->a, o, KZ_STR("output"), kz_value_str(m->a, kz_str_dup(m->a, output)));
    kz_value_set(m->a, o, KZ_STR("line"), kz_value_int(m->a, (int64_t)line));
    for (size_t i = 0; i < kz_value_len(places); i++) {
        const struct kz_value *p = kz_value_at(places, i);
        struct kz_value *item = kz_value_map(m->a);
        kz_value_set(m->a, item, KZ_STR("line"),
                     kz_value_int(m->a, (int64_t)line - 1 + kz_value_path_int(p, "line", 1)));
        take(m, item, p, "count");
        take(m, item, p, "from");
        take(m, item, p, "same");
        take(m, item, p, "via");
        kz_value_push(m->a, list, item);
    }
    kz_value_set(m->a, o, KZ_STR("places"), list);
    kz_value_push(m->a, m->objects, o);
}

int kz_source_map_write(struct kz_source_map *m, const struct kz_value *reply, const char *path,
                        struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 30);
    struct kz_value *doc = kz_value_map(m->a);
    kz_value_set(m->a, doc, KZ_STR("v"), kz_value_int(m->a, 1));
    kz_value_set(m->a, doc, KZ_STR("kind"), kz_value_cstr(m->a, "SourceMap"));
    take(m, doc, reply, "release");
    kz_value_set(m->a, doc, KZ_STR("objects"), m->objects);
    kz_json_write(&b, doc, KZ_JSON_PRETTY);
    FILE *f = kz_buf_bad(&b) ? NULL : fopen(path, "we");
    if (f == NULL)
        return kz_fail_errno(err, kz_buf_bad(&b) ? EFBIG : errno, "write '%s'", path);
    const bool whole = fwrite(b.ptr, 1, b.len, f) == b.len;
    return fclose(f) == 0 && whole ? 0 : kz_fail_errno(err, errno, "write '%s'", path);
}
