/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/graph.h"

#include "base/buf.h"
#include "base/near.h"

static struct kz_module *target_of(const struct kz_platform *p, const struct kz_depend *d)
{
    struct kz_module *m = d->module.len == 0 ? NULL : kz_map_find(&p->by_name, d->module);
    return m != NULL && m->enabled ? m : NULL;
}

static int check_edge(const struct kz_platform *p, const struct kz_module *m,
                      const struct kz_depend *d, struct kz_err *err)
{
    if (d->module.len == 0 || d->optional || target_of(p, d) != NULL)
        return 0;
    if (kz_map_find(&p->by_name, d->module) != NULL) {
        (void)kz_fail(err, KZ_E_INVALID, "Module " KZ_FMT " depends on '" KZ_FMT "', which is disabled",
                      KZ_ARG(m->name), KZ_ARG(d->module));
        (void)kz_err_at(err, d->file, d->line, d->col);
        return kz_err_hint(err, "enable it, or write {module: " KZ_FMT ", optional: true}",
                           KZ_ARG(d->module));
    }
    struct kz_near near = kz_near(d->module);
    for (size_t i = 0; i < p->n_modules; i++)
        kz_near_try(&near, p->modules[i].name);
    (void)kz_fail(err, KZ_E_INVALID,
                  "Module " KZ_FMT " depends on '" KZ_FMT "', which does not exist" KZ_NEAR_FMT,
                  KZ_ARG(m->name), KZ_ARG(d->module), KZ_NEAR_ARGS(near));
    return kz_err_at(err, d->file, d->line, d->col);
}

/* Depth-first walk without recursion: thousands of modules in a row must not cost stack. */
enum color { WHITE, GREY, BLACK };
struct visit {
    const struct kz_module *module;
    size_t next; /* dependency to look at */
};
struct dfs {
    const struct kz_platform *p;
    enum color *color; /* per module */
    struct visit *stack;
    size_t depth;
    struct kz_module **order; /* a module is added when all that it needs is there */
    size_t n;
};

static size_t index_of(const struct kz_platform *p, const struct kz_module *m)
{
    return (size_t)(m - p->modules);
}

static void enter(struct dfs *w, const struct kz_module *m)
{
    w->color[index_of(w->p, m)] = GREY;
    w->stack[w->depth++] = (struct visit){.module = m};
}

static void dfs_init(struct dfs *w, const struct kz_platform *p, struct kz_arena *a)
{
    *w = (struct dfs){.p = p, .color = kz_new_n(a, enum color, p->n_modules + 1),
                      .stack = kz_new_n(a, struct visit, p->n_modules + 1),
                      .order = kz_new_n(a, struct kz_module *, p->n_modules + 1)};
}

/* Walks from the module on top of the stack. Returns the dependency that closes a cycle, or NULL. */
static const struct kz_depend *walk(struct dfs *w)
{
    while (w->depth > 0) {
        struct visit *top = &w->stack[w->depth - 1];
        const struct kz_module *m = top->module;
        if (top->next == m->n_depends) {
            w->color[index_of(w->p, m)] = BLACK;
            w->order[w->n++] = &w->p->modules[index_of(w->p, m)];
            w->depth--;
            continue;
        }
        const struct kz_depend *d = &m->depends[top->next++];
        const struct kz_module *to = target_of(w->p, d);
        if (to == NULL || w->color[index_of(w->p, to)] == BLACK)
            continue;
        if (w->color[index_of(w->p, to)] == GREY)
            return d;
        enter(w, to);
    }
    return NULL;
}

static int cycle(const struct dfs *w, const struct kz_depend *last, struct kz_err *err)
{
    struct kz_buf text;
    size_t from = 0;
    kz_buf_init(&text, 1 << 16);
    while (!kz_str_eq(w->stack[from].module->name, last->module))
        from++;
    /* A long cycle says enough by its ends. */
    size_t n = w->depth - from;
    for (size_t i = 0; i < n; i++) {
        if (n > 12 && i == 6)
            kz_buf_printf(&text, "... (%zu more) -> ", n - 12);
        if (n > 12 && i >= 6 && i < n - 6)
            continue;
        kz_buf_printf(&text, KZ_FMT " -> ", KZ_ARG(w->stack[from + i].module->name));
    }
    (void)kz_fail(err, KZ_E_INVALID, "modules depend on each other: " KZ_FMT KZ_FMT,
                  KZ_ARG(kz_buf_str(&text)), KZ_ARG(last->module));
    kz_buf_done(&text);
    (void)kz_err_at(err, last->file, last->line, last->col);
    return kz_err_hint(err, "take one of them out of dependsOn");
}

int kz_graph_check(const struct kz_platform *p, struct kz_arena *a, struct kz_err *err)
{
    struct dfs w;
    for (size_t i = 0; i < p->n_modules; i++)
        for (size_t j = 0; p->modules[i].enabled && j < p->modules[i].n_depends; j++) {
            int rc = check_edge(p, &p->modules[i], &p->modules[i].depends[j], err);
            if (rc < 0)
                return rc;
        }
    dfs_init(&w, p, a);
    for (size_t i = 0; i < p->n_modules; i++) {
        if (!p->modules[i].enabled || w.color[i] != WHITE)
            continue;
        enter(&w, &p->modules[i]);
        const struct kz_depend *last = walk(&w);
        if (last != NULL)
            return cycle(&w, last, err);
    }
    return 0;
}

/* Kahn's order would need a queue by name; a depth-first walk over names in order has the same two
 * properties that matter: dependencies first, equal input gives equal output. */
struct kz_module **kz_platform_order(size_t *n, const struct kz_platform *p, struct kz_arena *a)
{
    struct dfs w;
    dfs_init(&w, p, a);
    for (size_t i = 0; i < p->n_modules; i++) {
        if (!p->modules[i].enabled || w.color[i] != WHITE)
            continue;
        enter(&w, &p->modules[i]);
        kz_assert(walk(&w) == NULL); /* kz_platform_decode refused cycles */
    }
    *n = w.n;
    return w.order;
}
