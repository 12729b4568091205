/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/hide.h"

#include "value/path.h"

enum { LEAST = 6 }; /* bytes of a text that is taken for the same generated one elsewhere */

static struct kz_value *word(struct kz_arena *a)
{
    return kz_value_cstr(a, KZ_GENERATED);
}

/* Each text equal to one of what stands at a path. */
static bool is_generated_text(const struct kz_generated *g, const struct kz_value *v)
{
    const struct kz_str text = kz_value_as_str(v);
    if (text.len < LEAST)
        return false;
    for (size_t i = 0; i < g->n; i++)
        if (kz_str_eq(kz_value_as_str(kz_path_find(g->wanted, g->paths[i])), text))
            return true;
    return false;
}

static void hide_texts(struct kz_value **at, struct kz_arena *a, const struct kz_generated *g)
{
    struct kz_value *v = *at;
    for (size_t i = 0; v->kind == KZ_LIST && i < v->as.list.len; i++)
        hide_texts(&v->as.list.at[i], a, g);
    for (size_t i = 0; v->kind == KZ_MAP && i < v->as.map.len; i++)
        hide_texts(&v->as.map.at[i].val, a, g);
    if (is_generated_text(g, v))
        *at = word(a);
}

static void hide_paths(struct kz_value **tree, struct kz_arena *a, const struct kz_generated *g, bool all)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct kz_value *want = kz_path_find(g->wanted, g->paths[i]);
        struct kz_place place;
        struct kz_err err;
        if (want == NULL || kz_path_place(&place, a, *tree, g->paths[i], &err) < 0 || !place.exists)
            continue;
        if (all || kz_value_eq(kz_place_get(&place, *tree), want))
            kz_place_set(a, &place, tree, word(a));
    }
}

void kz_hide_generated(struct kz_value **tree, struct kz_arena *a, const struct kz_generated *g, bool all)
{
    if (g->n == 0)
        return;
    hide_paths(tree, a, g, all || *tree == g->wanted);
    hide_texts(tree, a, g);
}
