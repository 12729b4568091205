/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials of the repository: from a folder of this machine into Secrets, and from Secrets to here. */
#include "cli/bootstrap.h"

#include "base/base64.h"
#include "base/fs.h"
#include "cli/ask.h"

#include <dirent.h>
#include <sys/stat.h>

enum { FILE_BYTES = 1 << 20, VALUES_MAX = 32 };

/* ---- reading a folder ---------------------------------------------------------------------------------- */

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The files of a folder by name. */
static int read_files(struct kz_value **out, struct kz_arena *a, const char *folder, struct kz_err *err)
{
    struct kz_value *data = kz_value_map(a);
    const struct dirent *e;
    int rc = 0;
    DIR *dir = opendir(folder);
    while (rc >= 0 && dir != NULL && (e = readdir(dir)) != NULL) {
        const struct kz_str path = kz_str_printf(a, "%s/%s", folder, e->d_name);
        struct kz_str text;
        if (e->d_name[0] == '.' || !is_file(path.ptr))
            continue;
        rc = kz_file_read(&text, a, path.ptr, FILE_BYTES, err);
        if (rc >= 0)
            kz_value_set(a, data, kz_str_dup(a, kz_str(e->d_name)), kz_value_str(a, text));
    }
    if (dir != NULL)
        (void)closedir(dir);
    *out = data;
    return rc < 0 ? rc : 0;
}

/* What has no file `url` is no credential. */
static int add_folder(struct kz_bootstrap *b, const char *folder, struct kz_str name, struct kz_err *err)
{
    struct kz_value *data;
    const int rc = read_files(&data, b->arena, folder, err);
    if (rc == 0 && kz_value_get(data, "url") != NULL)
        kz_value_set(b->arena, b->credentials, name, data);
    return rc;
}

/* `kzsync-git` for the folder itself, `kzsync-git-NAME` for each in it. */
static int read_folder(struct kz_bootstrap *b, const char *folder, struct kz_err *err)
{
    const struct dirent *e;
    int rc = add_folder(b, folder, KZ_STR("kzsync-git"), err);
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no folder '%s'", folder);
    while (rc >= 0 && (e = readdir(dir)) != NULL)
        if (e->d_name[0] != '.')
            rc = add_folder(b, kz_str_printf(b->arena, "%s/%s", folder, e->d_name).ptr,
                            kz_str_printf(b->arena, "kzsync-git-%s", e->d_name), err);
    (void)closedir(dir);
    return rc;
}

int kz_bootstrap_credentials(struct kz_bootstrap *b, struct kz_err *err)
{
    const struct kz_str folder = kz_args_str(b->args, "credentials");
    struct kz_value *names = kz_value_list(b->arena);
    struct kz_str name;
    b->credentials = kz_value_map(b->arena);
    if (folder.len > 0 && read_folder(b, kz_cstr(b->arena, folder), err) < 0)
        return kz_wrap(err, "--credentials");
    for (size_t i = 0; i < kz_value_pairs(b->credentials); i++)
        kz_value_push(b->arena, names, kz_value_str(b->arena, b->credentials->as.map.at[i].key));
    for (size_t i = 0; kz_args_list(b->args, "secret", i, &name); i++)
        kz_value_push(b->arena, names, kz_value_str(b->arena, name));
    b->secrets = names;
    return 0;
}

/* ---- Secrets ---------------------------------------------------------------------------------------------- */

int kz_bootstrap_use_secrets(const struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err)
{
    struct kz_str name;
    for (size_t i = 0; kz_args_list(b->args, "secret", i, &name); i++) {
        const struct kz_id id = {.kind = KZ_STR("Secret"), .ns = b->ns, .name = name};
        struct kz_named_value values[VALUES_MAX];
        struct kz_value *secret;
        size_t n = 0;
        if (kz_ask_get(&secret, app, b->arena, &id, err) < 0)
            return kz_wrap(err, "--secret");
        const struct kz_value *data = kz_value_get(secret, "data");
        for (size_t k = 0; k < kz_value_pairs(data) && n < kz_countof(values); k++) {
            const struct kz_pair *p = &data->as.map.at[k];
            if (kz_base64_decode(&values[n].value, b->arena, kz_value_as_str(p->val)))
                values[n++].name = p->key;
        }
        if (kz_credentials_put(kz_app_credentials(app), name, values, n, err) < 0)
            return kz_wrap(err, "--secret " KZ_FMT, KZ_ARG(name));
    }
    return 0;
}

static struct kz_value *object(struct kz_arena *a, const struct kz_id *id)
{
    struct kz_value *body = kz_value_map(a), *meta = kz_value_map(a);
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, id->name));
    if (id->ns.len > 0)
        kz_value_set(a, meta, KZ_STR("namespace"), kz_value_str(a, id->ns));
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_str(a, id->kind));
    kz_value_set(a, body, KZ_STR("metadata"), meta);
    return body;
}

/* Only when there is none: an apply of less than the module says would take that away. */
static int make_namespace(const struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err)
{
    const struct kz_id id = {.kind = KZ_STR("Namespace"), .name = b->ns};
    struct kz_value *there;
    const int rc = kz_ask_get(&there, app, b->arena, &id, err);
    return rc == -KZ_E_NOTFOUND ? kz_ask_apply(app, &id, KZ_STR("v1"), object(b->arena, &id), err) : rc;
}

int kz_bootstrap_make_secrets(const struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err)
{
    int rc = kz_value_pairs(b->credentials) > 0 ? make_namespace(b, app, err) : 0;
    for (size_t i = 0; rc >= 0 && i < kz_value_pairs(b->credentials); i++) {
        const struct kz_pair *p = &b->credentials->as.map.at[i];
        const struct kz_id id = {.kind = KZ_STR("Secret"), .ns = b->ns, .name = p->key};
        struct kz_value *body = object(b->arena, &id);
        kz_value_set(b->arena, body, KZ_STR("stringData"), kz_value_copy(b->arena, p->val));
        rc = kz_ask_apply(app, &id, KZ_STR("v1"), body, err);
    }
    return rc;
}
