/* SPDX-License-Identifier: Apache-2.0
 *
 * A set is two maps: function names to functions, template names to templates. An overlay has maps of
 * its own for templates and asks its base for what it lacks. */
#include "template/set.h"

#include "base/hash.h"

struct kz_tset {
    struct kz_arena *arena;
    const struct kz_tset *base; /* NULL: none */
    struct kz_str name, error;
    enum kz_missing missing;
    const struct kz_tnames *funcs; /* shared with overlays */
    struct kz_tnames templates;
};

static struct kz_tslot *slot_of(const struct kz_tnames *n, struct kz_str key)
{
    size_t i = (size_t)kz_hash64_seeded(key) & (n->cap - 1);
    while (n->slots[i].key.ptr != NULL && !kz_str_eq(n->slots[i].key, key))
        i = (i + 1) & (n->cap - 1);
    return &n->slots[i];
}

const void *kz_tnames_find(const struct kz_tnames *n, struct kz_str key)
{
    return n->cap == 0 ? NULL : slot_of(n, key)->val;
}

void kz_tnames_put(struct kz_arena *a, struct kz_tnames *n, struct kz_str key, const void *val)
{
    if ((n->len + 1) * 2 > n->cap) {
        const struct kz_tnames old = *n;
        n->cap = old.cap == 0 ? 16 : old.cap * 2;
        n->slots = kz_new_n(a, struct kz_tslot, n->cap);
        for (size_t i = 0; i < old.cap; i++)
            if (old.slots[i].key.ptr != NULL)
                *slot_of(n, old.slots[i].key) = old.slots[i];
    }
    struct kz_tslot *slot = slot_of(n, key);
    n->len += slot->key.ptr == NULL;
    *slot = (struct kz_tslot){.key = key.ptr == NULL ? KZ_STR("") : key, .val = val};
}

static size_t count(const struct kz_func *table)
{
    size_t n = 0;
    while (table[n].name != NULL)
        n++;
    return n;
}

static void put_all(struct kz_arena *a, struct kz_tnames *names, const struct kz_func *table)
{
    for (const struct kz_func *f = table; f->name != NULL; f++)
        kz_tnames_put(a, names, kz_str(f->name), f);
}

/* One table of all functions, so that a word is looked up once: what comes later replaces. */
static struct kz_tnames *table_of(struct kz_arena *a, const struct kz_func *const *tables, size_t n)
{
    struct kz_tnames *names = kz_new(a, struct kz_tnames);
    size_t len = count(kz_funcs_builtin);
    for (size_t i = 0; i < n; i++)
        len += count(tables[i]);
    for (names->cap = 16; names->cap <= 2 * len;)
        names->cap *= 2;
    names->slots = kz_new_n(a, struct kz_tslot, names->cap);
    put_all(a, names, kz_funcs_builtin);
    for (size_t i = 0; i < n; i++)
        put_all(a, names, tables[i]);
    return names;
}

struct kz_tset *kz_tset_new(struct kz_arena *a, struct kz_str name,
                            const struct kz_func *const *tables, size_t n, enum kz_missing missing)
{
    struct kz_tset *set = kz_new(a, struct kz_tset);
    set->arena = a;
    set->name = name;
    set->missing = missing;
    set->funcs = table_of(a, tables, n);
    return set;
}

struct kz_tset *kz_tset_overlay(struct kz_arena *a, const struct kz_tset *base,
                                enum kz_missing missing)
{
    struct kz_tset *set = kz_new(a, struct kz_tset);
    set->arena = a;
    set->base = base;
    set->name = base->name;
    set->missing = missing;
    set->funcs = base->funcs;
    return set;
}

static bool is_builtin(const struct kz_func *f)
{
    return (uintptr_t)f - (uintptr_t)kz_funcs_builtin < sizeof kz_funcs_builtin;
}

const struct kz_func *kz_tset_func(const struct kz_tset *set, struct kz_str name, bool *builtin)
{
    const struct kz_func *f = kz_tnames_find(set->funcs, name);
    *builtin = is_builtin(f);
    return f;
}

bool kz_tset_has_func(const struct kz_tset *set, struct kz_str name)
{
    return kz_tnames_find(set->funcs, name) != NULL;
}

struct kz_template *kz_trees_find(const struct kz_trees *t, struct kz_str name)
{
    const size_t *at = kz_tnames_find(&t->names, name);
    return at == NULL ? NULL : t->at[*at];
}

const struct kz_template *kz_tset_find(const struct kz_tset *set, struct kz_str name)
{
    for (; set != NULL; set = set->base) {
        const struct kz_template *t = kz_tnames_find(&set->templates, name);
        if (t != NULL)
            return t;
    }
    return NULL;
}

int kz_tset_parse(const struct kz_template **out, struct kz_tset *set, struct kz_str name,
                  struct kz_str text, struct kz_err *err)
{
    struct kz_trees trees;
    struct kz_parse_error error;
    if (!kz_parse(&trees, set->arena, set, name, text, &error)) {
        set->error = error.message;
        (void)kz_fail(err, error.limit ? KZ_E_LIMIT : KZ_E_PARSE, KZ_FMT, KZ_ARG(error.message));
        return kz_err_at(err, name, error.line, 0);
    }
    for (size_t i = 0; i < trees.len; i++) {
        struct kz_template *t = trees.at[i];
        if (!kz_tnode_is_empty(t->root) || kz_tset_find(set, t->name) == NULL)
            kz_tnames_put(set->arena, &set->templates, t->name, t);
    }
    if (out != NULL)
        *out = kz_trees_find(&trees, name);
    return 0;
}

struct kz_str kz_tset_error(const struct kz_tset *set)
{
    return set->error;
}

struct kz_str kz_tset_name(const struct kz_tset *set)
{
    return set->name;
}

enum kz_missing kz_tset_missing(const struct kz_tset *set)
{
    return set->missing;
}

struct kz_str kz_template_name(const struct kz_template *t)
{
    return t->name;
}

struct kz_str kz_template_file(const struct kz_template *t)
{
    return t->file;
}

struct kz_str kz_template_text(const struct kz_template *t)
{
    return t->text;
}

void kz_template_place(const struct kz_template *t, uint32_t pos, uint32_t *line, uint32_t *col)
{
    const struct kz_str before = kz_str_head(t->text, pos);
    const size_t nl = kz_str_rindex(before, '\n');
    *line = 1;
    for (size_t i = 0; i < before.len; i++)
        *line += before.ptr[i] == '\n';
    *col = (uint32_t)(nl == before.len ? before.len : before.len - nl - 1);
}

void kz_template_print(struct kz_buf *out, const struct kz_template *t)
{
    kz_tnode_print(out, t->root);
}
