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
    int64_t revision;                    /* how often the module has changed, from 1: an upgrade from 2 on */
    int64_t now;                         /* wall ns, of the commit that changed the module last */
    int64_t clock;                       /* wall ns, of this moment: for what expires */
    /* Generated values are the same in each render: made from `seed`, secret bytes of this module. With
     * an empty seed the plugin says used.random, and what it rendered is thrown away. */
    bool stable;
    struct kz_str seed;
};

/* What the result depended on, beside what is hashed: said by the plugin. */
struct kz_render_used {
    bool random;   /* stable values were generated */
    bool once;     /* others were, which are new in each render */
    int64_t until; /* wall ns when the same render will give something else; 0: never */
};

/* What `lookup` of charts asks for; name "": all of the kind, ns "": in all namespaces. */
struct kz_lookup {
    struct kz_str api_version, kind, ns, name;
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
    /* What the cluster holds: an object or a list object, lives in the arena; NULL: nothing, or not known
     * yet, and then what is rendered is thrown away and rendered again with the answer. An error is the
     * API server's refusal. */
    int (*lookup)(struct kz_render *r, const struct kz_value **out, const struct kz_lookup *what,
                  struct kz_err *err);
    struct kz_render_used used;
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
