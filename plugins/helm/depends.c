/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/depends.h"

#include "base/semver_range.h"
#include "helm/text.h"
#include "helm/values.h"

#include <string.h>

struct work {
    struct kz_arena *a;
    struct kz_helm_notes *notes;
    unsigned charts; /* enabled ones so far: aliases can double them at each level */
};
enum { MAX_CHARTS = 2000 };

int kz_depends_check(const struct kz_chart *c, struct kz_err *err)
{
    char missing[KZ_ERR_TEXT / 2] = "";
    size_t len = 0, absent = 0;
    for (size_t i = 0; i < c->meta->n_deps; i++) {
        const struct kz_str name = c->meta->deps[i]->name;
        bool found = false;
        for (size_t s = 0; s < c->n_subs && !found; s++)
            found = kz_str_eq(c->subs[s]->meta->name, name);
        if (!found && len < sizeof missing) {
            int n = snprintf(missing + len, sizeof missing - len, "%s" KZ_FMT,
                             absent > 0 ? ", " : "", KZ_ARG(name));
            len += n > 0 ? (size_t)n : 0;
        }
        absent += !found;
    }
    if (absent == 0)
        return 0;
    (void)kz_fail(err, KZ_E_NOTFOUND, "found in Chart.yaml, but missing in charts/ directory: %s",
                  missing);
    (void)kz_wrap(err,
                  "An error occurred while checking for chart dependencies. You may need to run "
                  "`helm dependency build` to fetch missing dependencies");
    return kz_err_hint(err, "run `helm dependency build` on the chart and keep its charts/ folder");
}

/* ---- enabled or not ---------------------------------------------------------------------------- */

static void by_tags(struct work *w, struct kz_chart_dep *d, const struct kz_value *tags)
{
    bool on = false, off = false;
    for (size_t i = 0; i < d->n_tags; i++) {
        const struct kz_value *v = kz_value_find(tags, d->tags[i]);
        if (v == NULL)
            continue;
        if (v->kind != KZ_BOOL) {
            kz_helm_note(w->notes, "Tag '" KZ_FMT "' for chart " KZ_FMT " returned non-bool value",
                         KZ_ARG(d->tags[i]), KZ_ARG(d->name));
            continue;
        }
        on = on || v->as.truth;
        off = off || !v->as.truth;
    }
    d->enabled = on || !off;
}

/* The first path that exists and is a boolean decides. */
static void by_condition(struct work *w, struct kz_chart_dep *d, const struct kz_value *vals,
                         struct kz_str path)
{
    for (struct kz_str rest = kz_go_trim(d->condition); rest.len > 0;) {
        struct kz_str c;
        rest = kz_str_cut(&c, rest, ',');
        if (c.len == 0)
            continue;
        const struct kz_value *v =
            kz_values_at(vals, kz_str_printf(w->a, KZ_FMT KZ_FMT, KZ_ARG(path), KZ_ARG(c)));
        if (kz_value_is(v, KZ_BOOL)) {
            d->enabled = v->as.truth;
            return;
        }
        if (v != NULL)
            kz_helm_note(w->notes,
                         "Condition path '" KZ_FMT "' for chart " KZ_FMT " returned non-bool value",
                         KZ_ARG(c), KZ_ARG(d->name));
    }
}

static bool fits(const struct kz_chart *c, const struct kz_chart_dep *d)
{
    return kz_str_eq(c->meta->name, d->name) && kz_semver_in(c->meta->version, d->version);
}

/* The chart below that d means, as a copy of its own under its alias. What the copy points to stays
 * shared: with two aliases of one chart Helm processes its dependencies twice, and so do we. */
static struct kz_chart *pick(struct work *w, const struct kz_chart *c, const struct kz_chart_dep *d)
{
    for (size_t i = 0; i < c->n_subs; i++) {
        if (!fits(c->subs[i], d))
            continue;
        struct kz_chart *out = kz_new(w->a, struct kz_chart);
        *out = *c->subs[i];
        out->meta = kz_new(w->a, struct kz_chart_meta);
        *out->meta = *c->subs[i]->meta;
        if (d->alias.len > 0)
            out->meta->name = d->alias;
        return out;
    }
    return NULL;
}

static void set_subs(struct kz_chart *c, struct kz_chart **subs, size_t n)
{
    c->subs = subs;
    c->n_subs = n;
    for (size_t i = 0; i < n; i++)
        subs[i]->parent = c;
}

/* First the charts that Chart.yaml does not list, then the listed ones in its order. */
static void choose(struct work *w, struct kz_chart *c)
{
    struct kz_chart **subs = kz_new_n(w->a, struct kz_chart *, c->n_subs + c->meta->n_deps + 1);
    size_t n = 0;
    for (size_t i = 0; i < c->n_subs; i++) {
        bool listed = false;
        for (size_t d = 0; d < c->meta->n_deps && !listed; d++)
            listed = fits(c->subs[i], c->meta->deps[d]);
        if (!listed)
            subs[n++] = c->subs[i];
    }
    for (size_t d = 0; d < c->meta->n_deps; d++) {
        struct kz_chart_dep *dep = c->meta->deps[d];
        struct kz_chart *sub = pick(w, c, dep);
        if (sub != NULL)
            subs[n++] = sub;
        if (dep->alias.len > 0)
            dep->name = dep->alias;
    }
    set_subs(c, subs, n);
}

static bool is_off(const struct kz_chart_meta *m, struct kz_str name)
{
    for (size_t i = 0; i < m->n_deps; i++)
        if (!m->deps[i]->enabled && kz_str_eq(m->deps[i]->name, name))
            return true;
    return false;
}

static void drop_disabled(struct work *w, struct kz_chart *c)
{
    struct kz_chart_dep **deps = kz_new_n(w->a, struct kz_chart_dep *, c->meta->n_deps + 1);
    struct kz_chart **subs = kz_new_n(w->a, struct kz_chart *, c->n_subs + 1);
    size_t n_deps = 0, n_subs = 0;
    for (size_t i = 0; i < c->n_subs; i++)
        if (!is_off(c->meta, c->subs[i]->meta->name))
            subs[n_subs++] = c->subs[i];
    for (size_t i = 0; i < c->meta->n_deps; i++)
        if (!is_off(c->meta, c->meta->deps[i]->name))
            deps[n_deps++] = c->meta->deps[i];
    c->meta->deps = deps;
    c->meta->n_deps = n_deps;
    c->subs = subs;
    c->n_subs = n_subs;
}

static int enable(struct work *w, struct kz_chart *c, const struct kz_value *vals,
                  struct kz_str path, struct kz_err *err)
{
    struct kz_value *all;
    if (c->meta->deps == NULL)
        return 0;
    w->charts += (unsigned)c->meta->n_deps;
    if (w->charts > MAX_CHARTS)
        return kz_fail(err, KZ_E_LIMIT, "more than %d charts below one", MAX_CHARTS);
    choose(w, c);
    for (size_t i = 0; i < c->meta->n_deps; i++)
        c->meta->deps[i]->enabled = true;
    if (kz_values_coalesce(&all, w->a, c, vals, KZ_VALUES_COALESCE, NULL, err) < 0)
        return -(int)err->code;
    const struct kz_value *tags = kz_values_table(all, KZ_STR("tags"));
    for (size_t i = 0; tags != NULL && i < c->meta->n_deps; i++)
        by_tags(w, c->meta->deps[i], tags);
    for (size_t i = 0; i < c->meta->n_deps; i++)
        by_condition(w, c->meta->deps[i], all, path);
    drop_disabled(w, c);
    for (size_t i = 0; i < c->n_subs; i++) {
        struct kz_chart *sub = c->subs[i];
        struct kz_str in =
            kz_str_printf(w->a, KZ_FMT KZ_FMT ".", KZ_ARG(path), KZ_ARG(sub->meta->name));
        if (enable(w, sub, all, in, err) < 0)
            return -(int)err->code;
    }
    set_subs(c, c->subs, c->n_subs);
    if (c->meta->n_deps == 0)
        c->meta->deps = NULL;
    return 0;
}

/* ---- import-values ----------------------------------------------------------------------------- */

static struct kz_value *at_path(struct kz_arena *a, struct kz_str path, struct kz_value *v)
{
    if (kz_str_is(path, "."))
        return v;
    for (bool more = true; more;) { /* from the inside out */
        const size_t dot = kz_str_rindex(path, '.');
        more = dot < path.len;
        struct kz_value *outer = kz_value_map(a);
        (void)kz_value_add(a, outer, more ? kz_str_skip(path, dot + 1) : path, v);
        v = outer;
        path = kz_str_head(path, dot);
    }
    return v;
}

/* What .Chart.Dependencies shows afterwards. */
static void note_import(struct work *w, struct kz_value *list, struct kz_str child,
                        struct kz_str parent)
{
    struct kz_value *v = kz_value_map(w->a);
    (void)kz_value_add(w->a, v, KZ_STR("child"), kz_value_str(w->a, child));
    (void)kz_value_add(w->a, v, KZ_STR("parent"), kz_value_str(w->a, parent));
    kz_value_push(w->a, list, v);
}

static int import_one(struct work *w, struct kz_value **got, const struct kz_chart_dep *d,
                      const struct kz_value *iv, const struct kz_value *all, struct kz_value *seen,
                      struct kz_err *err)
{
    struct kz_str child, parent = KZ_STR(".");
    if (iv->kind == KZ_STRING) {
        child = kz_str_printf(w->a, "exports." KZ_FMT, KZ_ARG(iv->as.str));
    } else if (iv->kind == KZ_MAP) {
        const struct kz_value *c = kz_value_get(iv, "child"), *p = kz_value_get(iv, "parent");
        if (!kz_value_is(c, KZ_STRING) || !kz_value_is(p, KZ_STRING)) /* Helm panics here */
            return kz_fail(err, KZ_E_INVALID,
                           "import-values of '" KZ_FMT "' need a child and a parent",
                           KZ_ARG(d->name));
        child = c->as.str;
        parent = p->as.str;
    } else {
        return 0;
    }
    note_import(w, seen, child, parent);
    struct kz_value *v = kz_values_table(
        all, kz_str_printf(w->a, KZ_FMT "." KZ_FMT, KZ_ARG(d->name), KZ_ARG(child)));
    if (v == NULL) {
        kz_helm_note(w->notes,
                     "ImportValues missing table from chart " KZ_FMT ": \"" KZ_FMT
                     "\" is not a table",
                     KZ_ARG(d->name), KZ_ARG(child));
        return 0;
    }
    *got = kz_values_tables(w->a, *got, at_path(w->a, parent, v), KZ_VALUES_MERGE, w->notes);
    return 0;
}

/* Bottom-up: what a chart imports may come from what the one below it imported. */
static int import(struct work *w, struct kz_chart *c, struct kz_err *err)
{
    for (size_t i = 0; i < c->n_subs; i++)
        if (import(w, c->subs[i], err) < 0)
            return -(int)err->code;
    if (c->meta->deps == NULL)
        return 0;
    struct kz_value *all, *got = kz_value_map(w->a);
    if (kz_values_coalesce(&all, w->a, c, NULL, KZ_VALUES_MERGE, NULL, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < c->meta->n_deps; i++) {
        struct kz_chart_dep *d = c->meta->deps[i];
        struct kz_value *seen = kz_value_list(w->a);
        for (size_t k = 0; !d->imported && k < kz_value_len(d->import_values); k++)
            if (import_one(w, &got, d, kz_value_at(d->import_values, k), all, seen, err) < 0)
                return -(int)err->code;
        d->import_values = seen;
        d->imported = true;
    }
    /* What a parent says itself is above what it imports. */
    c->values = kz_values_tables(w->a, kz_values_copy(w->a, all), got, KZ_VALUES_MERGE, w->notes);
    return 0;
}

int kz_depends_process(struct kz_chart *c, struct kz_arena *a, const struct kz_value *vals,
                       struct kz_helm_notes *notes, struct kz_err *err)
{
    struct work w = {.a = a, .notes = notes};
    int rc = enable(&w, c, vals, KZ_STR(""), err);
    return rc < 0 ? rc : import(&w, c, err);
}
