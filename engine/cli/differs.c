/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/differs.h"
#include "resource/ownership.h"

struct comparing {
    struct kz_look *l;
    struct kz_module_differs *out;
    const struct kz_want *want;
};

/* What the daemon would keep in memory of it. */
static struct kz_live live_of(const struct kz_seen *s)
{
    const struct kz_value *meta = kz_value_get(s->live, "metadata");
    return (struct kz_live){.id = s->id,
                            .uid = kz_value_path_str(meta, "uid"),
                            .owned = kz_ownership_hash(s->live, KZ_STR(KZ_FIELD_MANAGER)),
                            .deleting = kz_value_get(meta, "deletionTimestamp") != NULL};
}

void kz_differs_turn(struct kz_diff *d)
{
    static const enum kz_change_kind other[] = {
        [KZ_CHANGE_ADD] = KZ_CHANGE_REMOVE, [KZ_CHANGE_SET] = KZ_CHANGE_SET, [KZ_CHANGE_REMOVE] = KZ_CHANGE_ADD};
    for (size_t i = 0; i < d->len; i++) {
        const struct kz_value *before = d->at[i].before;
        d->at[i].before = d->at[i].after;
        d->at[i].after = before;
        d->at[i].kind = other[d->at[i].kind];
    }
}

/* When the manager wrote last. */
static struct kz_str time_of(const struct kz_value *live, struct kz_str manager)
{
    const struct kz_value *entries = kz_value_path(live, "metadata.managedFields");
    struct kz_str last = KZ_STR("");
    for (size_t i = 0; i < kz_value_len(entries); i++) {
        const struct kz_value *e = kz_value_at(entries, i);
        struct kz_str time = kz_value_path_str(e, "time");
        if (kz_str_eq(kz_value_path_str(e, "manager"), manager) && kz_str_cmp(time, last) > 0)
            last = time;
    }
    return last;
}

static bool is_left(const struct kz_want_object *o, const struct kz_seen *s)
{
    const struct kz_options live = kz_options_live(kz_value_get(s->live, "metadata"));
    return o->opt.apply == KZ_APPLY_WORD_NEVER || live.apply == KZ_APPLY_WORD_NEVER ||
           (o->opt.apply == KZ_APPLY_WORD_IF_ABSENT && s->live != NULL);
}

static void compare(struct comparing *c, const struct kz_want_object *o, const struct kz_seen *s)
{
    struct kz_arena *a = c->l->arena;
    const struct kz_object wanted = {.id = o->id, .hash = o->hash};
    const struct kz_live live = s->live == NULL ? (struct kz_live){0} : live_of(s);
    struct kz_differs d = {
        .id = o->id, .version = o->version, .origin = o->origin, .err = s->err, .left = is_left(o, s)};
    bool drift = false;
    if (s->err == NULL)
        d.kind = kz_plan_decide(&drift, &wanted, s->live == NULL ? NULL : &live, s->entry);
    if (d.left || (s->err == NULL && d.kind == KZ_STEP_NOTHING))
        return;
    if (d.kind == KZ_STEP_CHANGE) {
        const struct kz_value *body = kz_want_body(a, o);
        kz_diff_wanted(&d.diff, a, s->live, body);
        kz_differs_turn(&d.diff);
        if (!drift && d.diff.len == 0) /* applied in another revision, and the same in both */
            return;
        if (kz_ownership_thief(&d.who, &d.path, a, body, s->live, KZ_STR(KZ_FIELD_MANAGER)))
            d.time = time_of(s->live, d.who);
    }
    c->out->at[c->out->n++] = d;
}

static int read_live(struct comparing *c, struct kz_err *err)
{
    const struct kz_want *w = c->want;
    struct kz_look *l = c->l;
    struct kz_seen *at = kz_new_n(l->arena, struct kz_seen, w->n + 1);
    const struct kz_store_module *owner;
    for (size_t i = 0; i < w->n; i++) {
        at[i].id = w->at[i].id;
        (void)kz_look_entry(&owner, &at[i].entry, l, &at[i].id);
        const bool other = at[i].entry != NULL && !kz_hash_is_none(at[i].entry->desired) &&
                           !kz_hash_eq(at[i].entry->desired, w->at[i].hash);
        c->out->newer = c->out->newer || other;
    }
    const int rc = kz_look_live(l, at, w->n, c->out->module, err);
    c->out->at = kz_new_n(l->arena, struct kz_differs, w->n + 1);
    for (size_t i = 0; rc >= 0 && i < w->n; i++)
        compare(c, &w->at[i], &at[i]);
    return rc;
}

/* Strings of the set are views into it, and it goes. */
static void keep(struct comparing *c)
{
    for (size_t i = 0; i < c->out->n; i++) {
        struct kz_differs *d = &c->out->at[i];
        d->id = kz_id_dup(c->l->arena, &d->id);
        d->version = kz_str_dup(c->l->arena, d->version);
        d->origin.file = kz_str_dup(c->l->arena, d->origin.file);
    }
}

int kz_look_differs(struct kz_module_differs *out, struct kz_look *l, struct kz_str module, struct kz_err *err)
{
    struct kz_want *want = NULL;
    struct comparing c = {.l = l, .out = out};
    *out = (struct kz_module_differs){.module = module};
    int rc = kz_look_set(&want, l, module, KZ_STR(""), err);
    if (rc < 0 || want == NULL)
        return rc;
    out->kept = true;
    out->revision = kz_str_dup(l->arena, want->revision);
    out->objects = want->n;
    c.want = want;
    rc = read_live(&c, err);
    keep(&c);
    kz_want_unref(want);
    return rc;
}
