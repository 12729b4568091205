/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of commands, seen at each look at the engine: an approval whose set is in place or not the newest any
 * more, an override whose revision is not, a sync that is done. */
#include "report/commands_inside.h"
#include "report/put.h"
#include "report/status.h"

enum { ARENA = 4 << 20 };

static const struct kz_module_view *module_view(const struct kz_engine_view *v, const char *name)
{
    for (size_t i = 0; i < v->n_modules; i++)
        if (kz_str_is(v->modules[i].name, name))
            return &v->modules[i];
    return NULL;
}

static void look_at_approval(struct kz_given_order *o, const struct kz_engine_view *v)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    const struct kz_module_view *mv = module_view(v, o->t->name);
    struct kz_said said;
    struct kz_hash set;
    if (mv == NULL || !kz_order_read(&said, a, o))
        return;
    const struct kz_value *doc = kz_status_module(a, mv);
    struct kz_str newest = kz_value_path_str(doc, "set"), target = kz_revision_short(kz_value_path_str(doc, "target"));
    if (!kz_hash_parse(&set, newest))
        return; /* not rendered yet */
    if (!kz_hash_eq(set, said.approval.set)) {
        if (o->said && !v->settled)
            return; /* it counted once, and what is newest may be on its way still */
        kz_order_end(o, o->said ? "ended" : "refused",
                     kz_str_printf(a, "the newest set is " KZ_FMT " of revision " KZ_FMT, KZ_ARG(newest), KZ_ARG(target)));
        return;
    }
    if (!o->said)
        kz_order_reply(o, o->text, "taken", kz_str_printf(a, "set " KZ_FMT " of revision " KZ_FMT " is approved", KZ_ARG(newest),
                                                 KZ_ARG(target)));
    o->said = true;
    if (mv->word == KZ_WORD_OK && kz_value_len(kz_value_get(doc, "heldBy")) == 0 &&
        kz_str_eq(mv->revision, kz_value_path_str(doc, "target")))
        kz_order_end(o, "done", KZ_STR("the set is in place"));
}

static void look_at_override(struct kz_given_order *o, const struct kz_engine_view *v)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_said said;
    if (!kz_order_read(&said, a, o) || said.override.revision.len == 0 || kz_str_starts(v->revision, said.override.revision))
        return;
    kz_order_end(o, "ended", kz_str_printf(a, "it was for revision " KZ_FMT ", and " KZ_FMT " is newer",
                                           KZ_ARG(kz_revision_short(said.override.revision)),
                                           KZ_ARG(kz_revision_short(v->revision))));
}

/* All of what was asked for, as one word. */
static const struct kz_module_view *worst_of(enum kz_word *word, const struct kz_ordered *t, const struct kz_engine_view *v)
{
    const struct kz_module_view *which;
    if (t->platform) {
        *word = kz_platform_word(&which, v);
        return which;
    }
    which = module_view(v, t->name);
    *word = which == NULL ? KZ_WORD_UNKNOWN : which->word;
    return which;
}

static void look_at_sync(struct kz_given_order *o, const struct kz_engine_view *v)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    enum kz_word word;
    if (v->looks < o->looks || v->looking)
        return;
    if (v->source_err != NULL) {
        kz_order_reply(o, o->acting, "failed", kz_order_why(a, v->source_err));
        kz_order_acted(o);
        return;
    }
    if (!v->settled)
        return;
    const struct kz_module_view *which = worst_of(&word, o->t, v);
    const bool fine = word == KZ_WORD_OK || word == KZ_WORD_PAUSED;
    struct kz_str note = which == NULL || fine ? KZ_STR("") : one_line(a, which->note);
    kz_order_reply(o, o->acting, fine ? "done" : word == KZ_WORD_HELD ? "held" : "failed",
          kz_str_printf(a, "%s at revision " KZ_FMT "%s" KZ_FMT, kz_word_name(word),
                        KZ_ARG(kz_revision_short(v->revision)), note.len > 0 ? ": " : "", KZ_ARG(note)));
    kz_order_acted(o);
}

static void look_at_target(struct kz_ordered *t, const struct kz_engine_view *v)
{
    if (t->orders[KZ_ORDER_APPROVE].good)
        look_at_approval(&t->orders[KZ_ORDER_APPROVE], v);
    if (t->orders[KZ_ORDER_OVERRIDE].good)
        look_at_override(&t->orders[KZ_ORDER_OVERRIDE], v);
    if (t->orders[KZ_ORDER_SYNC].acting != NULL && !t->orders[KZ_ORDER_SYNC].partly)
        look_at_sync(&t->orders[KZ_ORDER_SYNC], v);
}

void kz_commands_looked(struct kz_commands *c, const struct kz_engine_view *v)
{
    const struct kz_map_slot *slot;
    for (size_t k = 0; v->complete && k < kz_countof(c->targets); k++)
        for (size_t i = 0; (slot = kz_map_next(&c->targets[k], &i)) != NULL;)
            look_at_target(slot->val, v);
    kz_commands_arm(c);
}
