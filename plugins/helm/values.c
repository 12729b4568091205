/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/values.h"

#include "helm/text.h"
#include "template/print.h"
#include "value/json.h"

struct layer {
    struct kz_arena *a;
    struct kz_helm_notes *notes;
    enum kz_values_mode mode;
};

static struct kz_value *find(const struct kz_value *map, struct kz_str key)
{
    const struct kz_pair *p = kz_value_pair(map, key);
    return p == NULL ? NULL : p->val;
}

static bool is_table(const struct kz_value *v)
{
    return kz_value_is(v, KZ_MAP);
}

static struct kz_str below(struct kz_arena *a, struct kz_str prefix, struct kz_str key)
{
    return prefix.len == 0 ? key : kz_str_printf(a, KZ_FMT "." KZ_FMT, KZ_ARG(prefix), KZ_ARG(key));
}

/* ---- copying ----------------------------------------------------------------------------------- */

static struct kz_value *copy(struct kz_arena *a, struct kz_value *v)
{
    if (v->kind == KZ_MAP) {
        struct kz_value *out = kz_value_map(a);
        out->line = v->line;
        out->col = v->col;
        kz_value_reserve(a, out, v->as.map.len);
        for (size_t i = 0; i < v->as.map.len; i++)
            (void)kz_value_add(a, out, v->as.map.at[i].key, copy(a, v->as.map.at[i].val));
        return out;
    }
    if (v->kind == KZ_LIST) {
        struct kz_value *out = kz_value_list(a);
        kz_value_reserve(a, out, v->as.list.len);
        for (size_t i = 0; i < v->as.list.len; i++)
            kz_value_push(a, out, copy(a, v->as.list.at[i]));
        return out;
    }
    return v;
}

struct kz_value *kz_values_copy(struct kz_arena *a, const struct kz_value *v)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_pairs(v); i++)
        (void)kz_value_add(a, out, v->as.map.at[i].key, copy(a, v->as.map.at[i].val));
    return out;
}

struct kz_value *kz_values_over(struct kz_arena *a, const struct kz_value *base,
                                const struct kz_value *over)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_pairs(base); i++)
        (void)kz_value_add(a, out, base->as.map.at[i].key, base->as.map.at[i].val);
    for (size_t i = 0; i < kz_value_pairs(over); i++) {
        const struct kz_pair *p = &over->as.map.at[i];
        struct kz_value *old = find(out, p->key);
        kz_value_set(a, out, p->key,
                     is_table(old) && is_table(p->val) ? kz_values_over(a, old, p->val) : p->val);
    }
    return out;
}

/* ---- tables ------------------------------------------------------------------------------------ */

static void tables(struct layer *l, struct kz_value *dst, struct kz_value *src,
                   struct kz_str prefix)
{
    for (size_t i = 0; i < kz_value_pairs(src); i++) {
        const struct kz_str key = src->as.map.at[i].key;
        struct kz_value *val = src->as.map.at[i].val, *old = find(dst, key);
        if (old == NULL) {
            kz_value_set(l->a, dst, key, val);
        } else if (old->kind == KZ_NULL && l->mode == KZ_VALUES_COALESCE) {
            (void)kz_value_del(dst, key);
        } else if (is_table(val) && is_table(old)) {
            tables(l, old, val, below(l->a, prefix, key));
        } else if (is_table(val)) {
            kz_helm_note(l->notes, "cannot overwrite table with non table for " KZ_FMT,
                         KZ_ARG(below(l->a, prefix, key)));
        } else if (is_table(old) && val->kind != KZ_NULL) {
            kz_helm_note(l->notes,
                         "destination for " KZ_FMT " is a table. Ignoring non-table value",
                         KZ_ARG(below(l->a, prefix, key)));
        }
    }
}

struct kz_value *kz_values_tables(struct kz_arena *a, struct kz_value *dst, struct kz_value *src,
                                  enum kz_values_mode mode, struct kz_helm_notes *notes)
{
    struct layer l = {.a = a, .notes = notes, .mode = mode};
    if (dst == NULL || src == NULL)
        return dst == NULL ? src : dst;
    tables(&l, dst, src, KZ_STR(""));
    return dst;
}

/* ---- a chart's own values ---------------------------------------------------------------------- */

static bool has_sub(const struct kz_chart *c, struct kz_str name)
{
    for (size_t i = 0; i < c->n_subs; i++)
        if (kz_str_eq(c->subs[i]->meta->name, name))
            return true;
    return false;
}

/* v over the defaults of c. Nulls for a chart below are kept: that chart's own pass needs them. */
static void own_values(struct layer *l, const struct kz_chart *c, struct kz_value *v,
                       struct kz_str prefix)
{
    const struct kz_str here = below(l->a, prefix, c->meta->name);
    struct kz_value *defaults = kz_values_copy(l->a, c->values);
    for (size_t i = 0; i < defaults->as.map.len; i++) {
        const struct kz_str key = defaults->as.map.at[i].key;
        struct kz_value *val = defaults->as.map.at[i].val, *given = find(v, key);
        if (given == NULL) {
            kz_value_set(l->a, v, key, val);
        } else if (given->kind == KZ_NULL && l->mode == KZ_VALUES_COALESCE) {
            (void)kz_value_del(v, key);
        } else if (is_table(given) && is_table(val)) {
            struct layer in = *l;
            if (has_sub(c, key))
                in.mode = KZ_VALUES_MERGE;
            tables(&in, given, val, below(l->a, here, key));
        } else if (is_table(given) && val->kind != KZ_NULL) {
            kz_helm_note(l->notes, "skipped value for " KZ_FMT "." KZ_FMT ": Not a table.",
                         KZ_ARG(here), KZ_ARG(key));
        }
    }
}

/* ---- globals ----------------------------------------------------------------------------------- */

static struct kz_value *global_of(struct layer *l, const struct kz_value *v, const char *which)
{
    struct kz_value *g = find(v, KZ_STR("global"));
    if (g == NULL)
        return kz_value_map(l->a);
    if (is_table(g))
        return g;
    kz_helm_note(l->notes, "skipping globals because %s global is not a table.", which);
    return NULL;
}

/* The parent's globals into a subchart's; the parent wins. Nested maps are shared with the parent, so
 * what a subchart adds to one shows there too: as in Helm. */
static void globals(struct layer *l, struct kz_value *dest, const struct kz_value *src,
                    struct kz_str prefix)
{
    struct kz_value *dg = global_of(l, dest, "destination"),
                    *sg = dg == NULL ? NULL : global_of(l, src, "source");
    if (dg == NULL || sg == NULL)
        return;
    for (size_t i = 0; i < sg->as.map.len; i++) {
        const struct kz_str key = sg->as.map.at[i].key;
        struct kz_value *val = sg->as.map.at[i].val, *old = find(dg, key);
        if (!is_table(val)) {
            if (is_table(old))
                kz_helm_note(l->notes, "key " KZ_FMT " is table. Skipping", KZ_ARG(key));
            else
                kz_value_set(l->a, dg, key, val);
            continue;
        }
        struct kz_value *mine =
            kz_values_over(l->a, val, NULL); /* one level: what is below stays shared */
        if (old == NULL) {
            kz_value_set(l->a, dg, key, mine);
        } else if (!is_table(old)) {
            kz_helm_note(l->notes,
                         "Conflict: cannot merge map onto non-map for \"" KZ_FMT "\". Skipping.",
                         KZ_ARG(key));
        } else {
            struct layer in = *l;
            in.mode = KZ_VALUES_MERGE;
            tables(&in, mine, old, below(l->a, prefix, key));
            kz_value_set(l->a, dg, key, mine);
        }
    }
    kz_value_set(l->a, dest, KZ_STR("global"), dg);
}

/* ---- the whole tree of charts ------------------------------------------------------------------ */

/* %t of what should have been a map, as Go prints it. */
static struct kz_str odd_value(struct kz_arena *a, const struct kz_value *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 10);
    const struct kz_val val = kz_val_from_value(a, v, KZ_VAL_EXACT);
    kz_printf(&b, a, KZ_STR("%t"), &val, 1);
    return kz_str_dup(a, kz_buf_str(&b));
}

static int coalesce(struct layer *l, const struct kz_chart *c, struct kz_value *v,
                    struct kz_str prefix, struct kz_err *err)
{
    own_values(l, c, v, prefix);
    const struct kz_str here = below(l->a, prefix, c->meta->name);
    for (size_t i = 0; i < c->n_subs; i++) {
        const struct kz_chart *sub = c->subs[i];
        struct kz_value *dest = find(v, sub->meta->name);
        if (dest == NULL) {
            dest = kz_value_map(l->a);
            kz_value_set(l->a, v, sub->meta->name, dest);
        } else if (!is_table(dest)) {
            return kz_fail(err, KZ_E_INVALID, "type mismatch on " KZ_FMT ": " KZ_FMT,
                           KZ_ARG(sub->meta->name), KZ_ARG(odd_value(l->a, dest)));
        }
        globals(l, dest, v, here);
        if (coalesce(l, sub, dest, here, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

int kz_values_coalesce(struct kz_value **out, struct kz_arena *a, const struct kz_chart *c,
                       const struct kz_value *vals, enum kz_values_mode mode,
                       struct kz_helm_notes *notes, struct kz_err *err)
{
    struct layer l = {.a = a, .notes = notes, .mode = mode};
    struct kz_value *v = kz_values_copy(a, vals);
    if (coalesce(&l, c, v, KZ_STR(""), err) < 0)
        return -(int)err->code;
    *out = v;
    return 0;
}

/* ---- paths ------------------------------------------------------------------------------------- */

struct kz_value *kz_values_table(const struct kz_value *v, struct kz_str path)
{
    struct kz_value *at = NULL;
    for (bool more = true; more;) {
        struct kz_str key;
        more = kz_str_index(path, '.') < path.len;
        path = kz_str_cut(&key, path, '.');
        at = find(at == NULL ? v : at, key);
        if (!is_table(at))
            return NULL;
    }
    return at;
}

struct kz_value *kz_values_at(const struct kz_value *v, struct kz_str path)
{
    const size_t dot = kz_str_rindex(path, '.');
    const struct kz_value *in = v;
    if (dot < path.len) {
        in = kz_values_table(v, kz_str_head(path, dot));
        path = kz_str_skip(path, dot + 1);
    }
    struct kz_value *at = find(in, path);
    return is_table(at) ? NULL : at;
}
