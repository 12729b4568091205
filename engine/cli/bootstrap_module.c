/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bootstrap.h"

#include "base/fs.h"
#include "cli/chart_files.h"
#include "value/merge.h"
#include "value/yaml.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <unistd.h>

enum { VALUES_MAX = 1 << 20, TEXT_MAX = 4 << 20 };

static const char head[] =
    "# kzsync itself. It keeps what stands here, and so upgrades itself: a new version of the image and the chart, one\n"
    "# commit. When this module goes, kzsync lets go of itself and stays.\n";

static void put(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str text)
{
    if (text.len > 0)
        kz_value_set(a, map, kz_str(key), kz_value_str(a, text));
}

static struct kz_value *below(struct kz_arena *a, struct kz_value *map, const char *key)
{
    struct kz_value *child = kz_value_map(a);
    kz_value_set(a, map, kz_str(key), child);
    return child;
}

/* NAME[:TAG][@DIGEST]; a colon before the last slash is of a port. */
static void put_image(struct kz_arena *a, struct kz_value *values, struct kz_str text)
{
    struct kz_str name, digest = kz_str_cut(&name, text, '@');
    const size_t colon = kz_str_rindex(name, ':'), slash = kz_str_rindex(name, '/');
    const bool tagged = colon < name.len && (slash == name.len || colon > slash);
    struct kz_value *image = below(a, values, "image");
    put(a, image, "repository", tagged ? kz_str_head(name, colon) : name);
    if (tagged) /* else the chart's, which goes with its version */
        put(a, image, "tag", kz_str_skip(name, colon + 1));
    put(a, image, "digest", digest);
}

static void put_rights(struct kz_arena *a, struct kz_value *values, const struct kz_bootstrap *b)
{
    if (kz_str_is(kz_args_str(b->args, "rights"), "cluster-admin"))
        kz_value_set(a, below(a, values, "rbac"), KZ_STR("clusterAdmin"), kz_value_bool(a, true));
    else if (b->rules != NULL && kz_value_len(b->rules) > 0)
        kz_value_set(a, below(a, values, "rbac"), KZ_STR("rules"), kz_value_copy(a, b->rules));
}

static struct kz_value *option_values(const struct kz_bootstrap *b)
{
    struct kz_arena *a = b->arena;
    struct kz_value *values = kz_value_map(a), *source = below(a, values, "source");
    put(a, source, "repo", kz_args_str(b->args, "repo"));
    put(a, source, "ref", kz_args_str(b->args, "ref"));
    put(a, source, "path", kz_args_str(b->args, "path"));
    if (kz_value_len(b->secrets) > 0)
        kz_value_set(a, source, KZ_STR("secrets"), kz_value_copy(a, b->secrets));
    if (kz_args_given(b->args, "image"))
        put_image(a, values, kz_args_str(b->args, "image"));
    if (kz_args_given(b->args, "replicas"))
        kz_value_set(a, values, KZ_STR("replicas"), kz_value_int(a, kz_args_int(b->args, "replicas")));
    put_rights(a, values, b);
    return values;
}

/* --values wins over all other options. */
static int all_values(struct kz_value **out, const struct kz_bootstrap *b, struct kz_err *err)
{
    struct kz_value *values = option_values(b), *docs;
    const struct kz_str file = kz_args_str(b->args, "values");
    struct kz_str text;
    if (file.len > 0) {
        int rc = kz_file_read(&text, b->arena, kz_cstr(b->arena, file), VALUES_MAX, err);
        if (rc >= 0)
            rc = kz_yaml_read_all(&docs, b->arena, text, file, NULL, err);
        if (rc < 0)
            return kz_wrap(err, "--values");
        if (kz_value_len(docs) != 1 || !kz_value_is(kz_value_at(docs, 0), KZ_MAP))
            return kz_fail(err, KZ_E_INVALID, "--values: " KZ_FMT " is not one map", KZ_ARG(file));
        values = kz_merge(b->arena, values, kz_value_at(docs, 0));
    }
    *out = values;
    return 0;
}

int kz_bootstrap_module(struct kz_value **out, const struct kz_bootstrap *b, struct kz_err *err)
{
    struct kz_arena *a = b->arena;
    struct kz_value *values = NULL, *doc = kz_value_map(a);
    int rc = all_values(&values, b, err);
    if (rc < 0)
        return rc;
    put(a, doc, "apiVersion", KZ_STR("kubezero.com/v1beta1"));
    put(a, doc, "kind", KZ_STR("Module"));
    put(a, below(a, doc, "metadata"), "name", KZ_STR(KZ_BOOTSTRAP_MODULE));
    struct kz_value *spec = below(a, doc, "spec");
    put(a, below(a, spec, "source"), "path", KZ_STR(KZ_BOOTSTRAP_MODULE));
    put(a, spec, "namespace", b->ns);
    put(a, below(a, below(a, spec, "namespaceMetadata"), "labels"), "pod-security.kubernetes.io/enforce",
        KZ_STR("restricted"));
    put(a, below(a, spec, "sync"), "onDelete", KZ_STR("orphan"));
    put(a, below(a, spec, "health"), "timeout", KZ_STR("5m"));
    kz_value_set(a, spec, KZ_STR("values"), values);
    *out = doc;
    return 0;
}

/* ---- files ------------------------------------------------------------------------------------------ */

static int write_module(const struct kz_bootstrap *b, const char *path, struct kz_err *err)
{
    kz_autobuf struct kz_buf text = KZ_BUF(TEXT_MAX);
    struct kz_value *doc;
    int rc = kz_bootstrap_module(&doc, b, err);
    if (rc < 0)
        return rc;
    kz_buf_puts(&text, head);
    kz_yaml_write(&text, doc, KZ_YAML_ORDERED);
    return kz_file_write(path, kz_buf_str(&text), 0644, err);
}

int kz_bootstrap_write(const struct kz_bootstrap *b, const char *folder, struct kz_err *err)
{
    const struct kz_str modules = kz_str_printf(b->arena, "%s/modules", folder);
    const struct kz_str chart = kz_str_printf(b->arena, "%s/" KZ_BOOTSTRAP_MODULE, modules.ptr);
    const struct kz_str module = kz_str_printf(b->arena, "%s.yaml", chart.ptr);
    int rc = kz_dir_make(modules.ptr, err);
    if (rc < 0)
        return rc;
    if (access(kz_str_printf(b->arena, "%s/Chart.yaml", chart.ptr).ptr, F_OK) == 0)
        kz_bootstrap_tree_remove(chart); /* an older chart may have had more files */
    rc = kz_chart_files_write(chart.ptr, err);
    return rc < 0 || access(module.ptr, F_OK) == 0 ? rc : write_module(b, module.ptr, err);
}

static int write_platform(const struct kz_bootstrap *b, const char *folder, struct kz_err *err)
{
    const struct kz_str text =
        kz_str_printf(b->arena, "apiVersion: kubezero.com/v1beta1\nkind: Platform\nmetadata: {name: " KZ_FMT "}\nspec: {}\n",
                      KZ_ARG(b->platform));
    return kz_file_write(kz_str_printf(b->arena, "%s/kubezero.yaml", folder).ptr, text, 0644, err);
}

int kz_bootstrap_tree(struct kz_str *folder, const struct kz_bootstrap *b, struct kz_err *err)
{
    const char *tmp = getenv("TMPDIR");
    const struct kz_str name =
        kz_str_printf(b->arena, "%s/kzsync-bootstrap-XXXXXX", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, KZ_FMT, KZ_ARG(name));
    if (mkdtemp(path) == NULL)
        return kz_fail_errno(err, errno, "make the folder '%s'", path);
    int rc = write_platform(b, path, err);
    if (rc >= 0)
        rc = kz_bootstrap_write(b, path, err);
    if (rc < 0)
        kz_bootstrap_tree_remove(kz_str(path));
    else
        *folder = kz_str_dup(b->arena, kz_str(path));
    return rc;
}

static int on_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    (void)remove(path);
    return 0;
}

void kz_bootstrap_tree_remove(struct kz_str folder)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, KZ_FMT, KZ_ARG(folder));
    (void)nftw(path, on_entry, 8, FTW_DEPTH | FTW_PHYS);
}
