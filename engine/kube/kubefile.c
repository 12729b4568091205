/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kubefile.h"

#include "base/base64.h"
#include "base/fs.h"
#include "value/yaml.h"

#include <stdio.h>

enum { MATERIAL_MAX = 1 << 20, NEAR = 3 };

static int fail_at(const struct kz_kubefile *file, const struct kz_value *v, struct kz_err *err)
{
    return kz_err_at(err, file->path, v == NULL ? 0 : v->line, v == NULL ? 0 : v->col);
}

int kz_kubenode_at(const struct kz_kubenode *n, const char *key, struct kz_err *err)
{
    const struct kz_value *v = key == NULL ? NULL : kz_value_get(n->map, key);
    return fail_at(n->file, v == NULL ? n->map : v, err);
}

int kz_kubefiles_add(struct kz_kubefiles *f, struct kz_arena *a, struct kz_str text,
                     struct kz_str path, struct kz_err *err)
{
    struct kz_value *root = NULL;
    if (f->n == kz_countof(f->at))
        return kz_fail(err, KZ_E_LIMIT, "KUBECONFIG names more than %zu files", kz_countof(f->at));
    int rc = kz_yaml_read(&root, a, text, path, err);
    if (rc < 0)
        return kz_wrap(err, "read kubeconfig");
    size_t slash = kz_str_rindex(path, '/');
    struct kz_kubefile *file = &f->at[f->n];
    *file = (struct kz_kubefile){
        .path = path,
        .dir = slash < path.len ? kz_str_head(path, slash + 1) : KZ_STR(""),
        .root = root,
    };
    if (root->kind != KZ_MAP && root->kind != KZ_NULL) {
        (void)kz_fail(err, KZ_E_INVALID, "a kubeconfig must be a map, this is a %s",
                      kz_kind_name(root->kind));
        return fail_at(file, root, err);
    }
    f->n++;
    return 0;
}

static int want(const struct kz_kubefile *file, const struct kz_value *v, const char *what,
                enum kz_kind kind, struct kz_err *err)
{
    if (v == NULL || v->kind == KZ_NULL || v->kind == kind)
        return 0;
    (void)kz_fail(err, KZ_E_INVALID, "'%s' must be a %s, this is a %s", what, kz_kind_name(kind),
                  kz_kind_name(v->kind));
    return fail_at(file, v, err);
}

static int find_in(struct kz_kubenode *out, const struct kz_kubefile *file, const char *list_name,
                   const char *member, struct kz_str name, struct kz_err *err)
{
    const struct kz_value *list = kz_value_get(file->root, list_name);
    int rc = want(file, list, list_name, KZ_LIST, err);
    for (size_t i = 0; rc == 0 && i < kz_value_len(list); i++) {
        const struct kz_value *entry = kz_value_at(list, i);
        rc = want(file, entry, list_name, KZ_MAP, err);
        if (rc < 0 || !kz_str_eq(kz_value_path_str(entry, "name"), name))
            continue;
        const struct kz_value *map = kz_value_get(entry, member);
        rc = want(file, map, member, KZ_MAP, err);
        *out = (struct kz_kubenode){file, kz_value_is(map, KZ_MAP) ? map : entry};
        return rc;
    }
    return rc;
}

int kz_kubefiles_find(struct kz_kubenode *out, const struct kz_kubefiles *f, const char *list,
                      const char *member, struct kz_str name, struct kz_err *err)
{
    *out = (struct kz_kubenode){NULL, NULL};
    for (size_t i = 0; i < f->n && out->map == NULL; i++) {
        int rc = find_in(out, &f->at[i], list, member, name, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int kz_kubefiles_text(struct kz_str *out, const struct kz_kubefiles *f, const char *key,
                      struct kz_err *err)
{
    *out = KZ_STR("");
    for (size_t i = 0; i < f->n && out->len == 0; i++) {
        const struct kz_kubenode root = {&f->at[i], f->at[i].root};
        int rc = kz_kubenode_text(out, &root, key, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

struct kz_str kz_kubefiles_names(const struct kz_kubefiles *f, struct kz_arena *a,
                                 const char *list_name, struct kz_str name, struct kz_str *nearest)
{
    struct kz_str all = KZ_STR("");
    unsigned best = NEAR + 1;
    *nearest = KZ_STR("");
    for (size_t i = 0; i < f->n; i++) {
        const struct kz_value *list = kz_value_get(f->at[i].root, list_name);
        for (size_t j = 0; j < kz_value_len(list); j++) {
            struct kz_str other = kz_value_path_str(kz_value_at(list, j), "name");
            unsigned distance = kz_str_distance(name, other);
            if (distance < best) {
                best = distance;
                *nearest = other;
            }
            if (all.len < 200)
                all = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(all), all.len > 0 ? ", " : "",
                                    KZ_ARG(other));
        }
    }
    return all;
}

int kz_kubenode_text(struct kz_str *out, const struct kz_kubenode *n, const char *key,
                     struct kz_err *err)
{
    const struct kz_value *v = kz_value_get(n->map, key);
    int rc = want(n->file, v, key, KZ_STRING, err);
    if (rc < 0)
        return rc;
    *out = kz_value_as_str(v);
    if (out->len > 0 && memchr(out->ptr, '\0', out->len) != NULL) {
        (void)kz_fail(err, KZ_E_INVALID, "'%s' holds a NUL character", key);
        return fail_at(n->file, v, err);
    }
    return 0;
}

int kz_kubenode_flag(bool *out, const struct kz_kubenode *n, const char *key, struct kz_err *err)
{
    const struct kz_value *v = kz_value_get(n->map, key);
    int rc = want(n->file, v, key, KZ_BOOL, err);
    if (rc < 0)
        return rc;
    *out = kz_value_as_bool(v, false);
    return 0;
}

struct kz_str kz_kubenode_path(const struct kz_kubenode *n, struct kz_arena *a, struct kz_str path)
{
    if (path.len == 0 || path.ptr[0] == '/')
        return kz_str_dup(a, path);
    return kz_str_printf(a, KZ_FMT KZ_FMT, KZ_ARG(n->file->dir), KZ_ARG(path));
}

int kz_kubenode_material(struct kz_str *out, const struct kz_kubenode *n, struct kz_arena *a,
                         const char *key, struct kz_err *err)
{
    char data_key[64];
    struct kz_str data = KZ_STR("");
    struct kz_str path = KZ_STR("");
    (void)snprintf(data_key, sizeof data_key, "%s-data", key);
    int rc = kz_kubenode_text(&data, n, data_key, err);
    rc = rc < 0 ? rc : kz_kubenode_text(&path, n, key, err);
    if (rc < 0)
        return rc;
    *out = KZ_STR("");
    if (data.len > 0) {
        if (!kz_base64_decode(out, a, data)) {
            (void)kz_fail(err, KZ_E_INVALID, "'%s' is not base64", data_key);
            return kz_kubenode_at(n, data_key, err);
        }
    } else if (path.len > 0) {
        path = kz_kubenode_path(n, a, path);
        if (kz_file_read(out, a, path.ptr, MATERIAL_MAX, err) < 0) {
            (void)kz_wrap(err, "read '%s'", key);
            return kz_kubenode_at(n, key, err);
        }
    } else {
        return 0;
    }
    if (!kz_str_has(*out, KZ_STR("-----BEGIN "))) {
        (void)kz_fail(err, KZ_E_INVALID, "'%s' holds no PEM block (-----BEGIN ...)",
                      data.len > 0 ? data_key : key);
        return kz_kubenode_at(n, data.len > 0 ? data_key : key, err);
    }
    return 0;
}
