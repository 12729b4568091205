/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/id.h"

bool kz_id_eq(const struct kz_id *a, const struct kz_id *b)
{
    return kz_str_eq(a->name, b->name) && kz_str_eq(a->kind, b->kind) && kz_str_eq(a->ns, b->ns) &&
           kz_str_eq(a->group, b->group);
}

int kz_id_cmp(const struct kz_id *a, const struct kz_id *b)
{
    int c = kz_str_cmp(a->ns, b->ns);
    if (c == 0)
        c = kz_str_cmp(a->kind, b->kind);
    if (c == 0)
        c = kz_str_cmp(a->name, b->name);
    return c != 0 ? c : kz_str_cmp(a->group, b->group);
}

struct kz_id kz_id_dup(struct kz_arena *a, const struct kz_id *id)
{
    return (struct kz_id){
        .group = kz_str_dup(a, id->group),
        .kind = kz_str_dup(a, id->kind),
        .ns = kz_str_dup(a, id->ns),
        .name = kz_str_dup(a, id->name),
    };
}

struct kz_str kz_id_key(struct kz_arena *a, const struct kz_id *id)
{
    const struct kz_str part[] = {id->group, id->kind, id->ns, id->name};
    size_t len = kz_countof(part) - 1;
    for (size_t i = 0; i < kz_countof(part); i++)
        len += part[i].len;
    char *p = kz_arena_bytes(a, len + 1), *to = p;
    for (size_t i = 0; i < kz_countof(part); i++) {
        if (i > 0)
            *to++ = '/';
        if (part[i].len > 0)
            memcpy(to, part[i].ptr, part[i].len);
        to += part[i].len;
    }
    *to = '\0';
    return kz_str_n(p, len);
}

bool kz_id_parse(struct kz_id *out, struct kz_str key)
{
    struct kz_id id;
    if (kz_str_index(key, '/') == key.len)
        return false;
    struct kz_str rest = kz_str_cut(&id.group, key, '/');
    rest = kz_str_cut(&id.kind, rest, '/');
    if (kz_str_index(rest, '/') == rest.len)
        return false;
    id.name = kz_str_cut(&id.ns, rest, '/');
    if (id.kind.len == 0 || id.name.len == 0 || kz_str_index(id.name, '/') < id.name.len)
        return false;
    *out = id;
    return true;
}

struct kz_str kz_id_text(struct kz_arena *a, const struct kz_id *id)
{
    if (id->ns.len == 0)
        return kz_str_printf(a, KZ_FMT " " KZ_FMT, KZ_ARG(id->kind), KZ_ARG(id->name));
    return kz_str_printf(a, KZ_FMT " " KZ_FMT "/" KZ_FMT, KZ_ARG(id->kind), KZ_ARG(id->ns),
                         KZ_ARG(id->name));
}

void kz_api_version_split(struct kz_str *group, struct kz_str *version, struct kz_str api_version)
{
    size_t slash = kz_str_index(api_version, '/');
    if (slash == api_version.len) {
        *group = KZ_STR("");
        *version = api_version;
        return;
    }
    *group = kz_str_head(api_version, slash);
    *version = kz_str_skip(api_version, slash + 1);
}

struct kz_str kz_api_version_join(struct kz_arena *a, struct kz_str group, struct kz_str version)
{
    if (group.len == 0)
        return kz_str_dup(a, version);
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(version));
}

bool kz_id_of(struct kz_id *out, struct kz_str *version, const struct kz_value *body)
{
    struct kz_id id;
    struct kz_str v;
    kz_api_version_split(&id.group, &v, kz_value_path_str(body, "apiVersion"));
    id.kind = kz_value_path_str(body, "kind");
    id.ns = kz_value_path_str(body, "metadata.namespace");
    id.name = kz_value_path_str(body, "metadata.name");
    if (v.len == 0 || id.kind.len == 0 || id.name.len == 0)
        return false;
    *out = id;
    *version = v;
    return true;
}
