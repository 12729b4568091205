/* SPDX-License-Identifier: Apache-2.0
 *
 * What a renderer plugin is: a pure function from files, values and facts to documents. It runs in the
 * sandboxed worker: no network, no credentials, no environment, no clock. Each plugin's folder ends in
 * one const struct kz_renderer; new members are only added at the end and a missing one reads as NULL. */
#ifndef KZ_PLUGINS_RENDERER_H
#define KZ_PLUGINS_RENDERER_H

#include "source/tree.h"
#include "value/value.h"

enum { KZ_RENDERER_ABI = 1 };

struct kz_option { /* an option of `spec.options`; feeds validation, --help and the docs */
    const char *name, *type, *fallback, *help; /* type: "string", "strings", "boolean", "duration" */
};

/* Facts about where the result will run; part of the render key. */
struct kz_facts {
    struct kz_str kube_version;          /* "v1.32.0", or a default when no cluster was asked */
    const struct kz_value *api_versions; /* list of strings, sorted; may be NULL */
    bool is_upgrade;                     /* the module was applied before */
    int64_t now;                         /* wall ns, pinned per revision */
    uint64_t seed;                       /* for stable "random" values */
};

/* One render: what the plugin may use. */
struct kz_render {
    struct kz_arena *arena;         /* dies with the worker */
    struct kz_tree *tree;
    struct kz_str path;             /* the module's folder (or file) in the tree, clean */
    struct kz_str module, release, ns;
    struct kz_str variant;          /* NAME of "exec:NAME"; "" otherwise */
    const struct kz_value *values;  /* map, already merged by layers; never NULL */
    const struct kz_value *options; /* map of `spec.options`, validated; never NULL */
    const struct kz_facts *facts;
    const char *scratch;            /* an empty private folder for programs, or NULL */

    /* Hand out one document with its place; body must live in the arena. */
    int (*emit)(struct kz_render *r, struct kz_value *body, struct kz_str file, uint32_t line,
                struct kz_err *err);
    /* Something the user should know; does not fail the render. */
    void (*warn)(struct kz_render *r, struct kz_str file, uint32_t line, struct kz_str text);
    void *impl;
};

struct kz_renderer {
    uint32_t abi;  /* KZ_RENDERER_ABI, checked before any other field */
    uint32_t size; /* sizeof(struct kz_renderer) of the plugin */
    const char *name, *summary;
    const struct kz_option *options; /* ends in { NULL }; NULL: none */
    /* 1: the folder or file looks like mine (auto), 0: not. Higher-ranked plugins are asked first. */
    int (*claims)(struct kz_tree *t, struct kz_str path);
    int (*render)(struct kz_render *r, struct kz_err *err);
    int rank; /* for auto: larger first */
};

extern const struct kz_renderer kz_renderer_yaml;
extern const struct kz_renderer kz_renderer_exec;
extern const struct kz_renderer kz_renderer_helm;

#endif
