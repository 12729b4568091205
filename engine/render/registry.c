/* SPDX-License-Identifier: Apache-2.0 */
#include "render/registry.h"

const struct kz_renderer *const *kz_renderers(void)
{
    static const struct kz_renderer *const table[] = {
        &kz_renderer_helm,
        &kz_renderer_yaml,
        &kz_renderer_exec,
        NULL,
    };
    return table;
}

static bool usable(const struct kz_renderer *r)
{
    return r->abi == KZ_RENDERER_ABI && r->size >= sizeof *r && r->render != NULL;
}

static const char *nearest(struct kz_str name)
{
    const char *best = NULL;
    unsigned least = 3; /* farther is no near miss */
    for (const struct kz_renderer *const *r = kz_renderers(); *r != NULL; r++) {
        unsigned d = kz_str_distance(name, kz_str((*r)->name));
        if (d < least) {
            least = d;
            best = (*r)->name;
        }
    }
    return best;
}

int kz_renderer_find(const struct kz_renderer **out, struct kz_str *variant, struct kz_str name,
                     struct kz_err *err)
{
    struct kz_str base;
    struct kz_str rest = kz_str_cut(&base, name, ':');
    for (const struct kz_renderer *const *r = kz_renderers(); *r != NULL; r++) {
        if (!usable(*r) || !kz_str_is(base, (*r)->name))
            continue;
        *out = *r;
        *variant = rest;
        return 0;
    }
    (void)kz_fail(err, KZ_E_INVALID, "no renderer is named '" KZ_FMT "'", KZ_ARG(name));
    const char *near = nearest(base);
    if (near != NULL)
        return kz_err_hint(err, "did you mean '%s'?", near);
    if (kz_str_is(base, "kustomize"))
        return kz_err_hint(err, "set renderer: exec:" KZ_FMT, KZ_ARG(base));
    return kz_err_hint(err, "use auto, yaml or exec:NAME");
}

static bool holds(struct kz_tree *t, struct kz_str path, const char *name)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 10);
    struct kz_err err;
    struct kz_str full;
    return kz_tree_join(&full, a, path, kz_str(name), &err) == 0 &&
           kz_tree_kind(t, full) == KZ_TREE_FILE;
}

int kz_renderer_claim(const struct kz_renderer **out, struct kz_tree *t, struct kz_str path,
                      struct kz_err *err)
{
    static const struct {
        const char *file, *what, *renderer;
    } known[] = {
        {"Chart.yaml",         "a Helm chart",    "exec:helm"     },
        {"kustomization.yaml", "a kustomization", "exec:kustomize"},
        {"kustomization.yml",  "a kustomization", "exec:kustomize"},
        {"Kustomization",      "a kustomization", "exec:kustomize"},
    };
    if (kz_tree_kind(t, path) == KZ_TREE_NONE)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no '" KZ_FMT "' in the source", KZ_ARG(path));
    for (const struct kz_renderer *const *r = kz_renderers(); *r != NULL; r++) {
        if (!usable(*r) || (*r)->claims == NULL || (*r)->claims(t, path) == 0)
            continue;
        *out = *r;
        return 0;
    }
    for (size_t i = 0; i < kz_countof(known); i++) {
        if (!holds(t, path, known[i].file))
            continue;
        (void)kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is %s", KZ_ARG(path), known[i].what);
        return kz_err_hint(err, "set renderer: %s", known[i].renderer);
    }
    return kz_fail(err, KZ_E_NOTFOUND, "no manifests under '" KZ_FMT "'", KZ_ARG(path));
}

bool kz_renderer_needs_exec(struct kz_str name, const struct kz_value *options)
{
    return kz_str_starts(name, KZ_STR("exec:")) || kz_str_is(name, "exec") ||
           kz_value_len(kz_value_get(options, "postRenderer")) > 0;
}
