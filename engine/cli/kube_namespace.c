/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kube_namespace.h"

#include "base/fs.h"
#include "value/yaml.h"

#include <stdlib.h>

enum { MAX_FILE = 16 << 20 };

/* What the files say so far: of two that name the same thing the first counts. */
struct found {
    struct kz_str context, ns;
    bool has_ns;
};

static const struct kz_value *read_map(struct kz_arena *a, struct kz_str path)
{
    struct kz_value *doc;
    struct kz_str text;
    struct kz_err err;
    if (path.len == 0 || kz_file_read(&text, a, kz_cstr(a, path), MAX_FILE, &err) < 0 ||
        kz_yaml_read(&doc, a, text, path, &err) < 0)
        return NULL;
    return doc;
}

static void look(struct found *f, const struct kz_value *doc)
{
    const struct kz_value *list = kz_value_get(doc, "contexts");
    for (size_t i = 0; !f->has_ns && i < kz_value_len(list); i++) {
        const struct kz_value *c = kz_value_at(list, i);
        if (kz_str_eq(kz_value_path_str(c, "name"), f->context)) {
            f->ns = kz_value_path_str(c, "context.namespace");
            f->has_ns = true;
        }
    }
}

static struct kz_str env(const char *name)
{
    return kz_str(getenv(name));
}

static struct kz_str files(struct kz_arena *a, struct kz_str given)
{
    if (given.len == 0)
        given = env("KUBECONFIG");
    const struct kz_str home = env("HOME");
    return given.len > 0 || home.len == 0
               ? given
               : kz_str_printf(a, KZ_FMT "/.kube/config", KZ_ARG(home));
}

struct kz_str kz_kube_namespace(struct kz_arena *a, struct kz_str given, struct kz_str kubeconfig,
                                struct kz_str context)
{
    struct found f = {.context = context.len > 0 ? context : env("HELM_KUBECONTEXT")};
    const struct kz_value *docs[32];
    size_t n = 0;
    if (given.len == 0)
        given = kz_str_dup(a, env("HELM_NAMESPACE")); /* the sandbox empties the environment */
    if (given.len > 0)
        return given;
    for (struct kz_str rest = files(a, kubeconfig), path; rest.len > 0;) {
        rest = kz_str_cut(&path, rest, ':');
        const struct kz_value *doc = n < kz_countof(docs) ? read_map(a, path) : NULL;
        if (doc != NULL)
            docs[n++] = doc;
    }
    for (size_t i = 0; i < n && f.context.len == 0; i++)
        f.context = kz_value_path_str(docs[i], "current-context");
    for (size_t i = 0; i < n; i++)
        look(&f, docs[i]);
    return f.ns.len > 0 ? f.ns : KZ_STR("default");
}
