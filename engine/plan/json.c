/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/text.h"

static void set(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_value *val)
{
    kz_value_set(a, map, kz_str(key), val);
}

static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str s)
{
    if (s.len > 0)
        set(a, map, key, kz_value_str(a, kz_str_dup(a, s)));
}

static void set_count(struct kz_arena *a, struct kz_value *map, const char *key, size_t n)
{
    set(a, map, key, kz_value_int(a, (int64_t)n));
}

static void set_totals(struct kz_arena *a, struct kz_value *map, const struct kz_totals *t)
{
    set_count(a, map, "add", t->add);
    set_count(a, map, "change", t->change);
    set_count(a, map, "delete", t->remove);
    set_count(a, map, "replace", t->replace);
    set_count(a, map, "keep", t->keep);
    set_count(a, map, "run", t->run);
    set_count(a, map, "restart", t->restart);
}

static struct kz_value *changes_of(struct kz_arena *a, const struct kz_diff *d)
{
    static const char *const ops[] = {
        [KZ_CHANGE_ADD] = "add", [KZ_CHANGE_SET] = "set", [KZ_CHANGE_REMOVE] = "remove"};
    struct kz_value *list = kz_value_list(a);
    for (size_t i = 0; i < d->len; i++) {
        const struct kz_change *c = &d->at[i];
        struct kz_value *v = kz_value_map(a);
        set(a, v, "op", kz_value_cstr(a, ops[c->kind]));
        set_str(a, v, "path", c->path);
        if (c->before != NULL)
            set(a, v, "before", kz_value_copy(a, c->before));
        if (c->after != NULL)
            set(a, v, "after", kz_value_copy(a, c->after));
        kz_value_push(a, list, v);
    }
    return list;
}

static struct kz_value *step_of(struct kz_arena *a, const struct kz_step *s)
{
    static const char *const actions[] = {
        [KZ_STEP_NOTHING] = "nothing", [KZ_STEP_CREATE] = "create", [KZ_STEP_CHANGE] = "change",
        [KZ_STEP_REMOVE] = "delete",   [KZ_STEP_KEEP] = "keep",   [KZ_STEP_RUN] = "run",
    };
    struct kz_value *v = kz_value_map(a);
    set(a, v, "action", kz_value_cstr(a, kz_step_replaces(s) ? "replace" : actions[s->kind]));
    set(a, v, "apiVersion", kz_value_str(a, kz_api_version_join(a, s->id.group, s->version)));
    set_str(a, v, "kind", s->id.kind);
    set_str(a, v, "namespace", s->id.ns);
    set_str(a, v, "name", s->id.name);
    set(a, v, "class", kz_value_cstr(a, kz_class_name(s->cls)));
    set(a, v, "drift", kz_value_bool(a, s->drift));
    if (s->phase != NULL)
        set(a, v, "phase", kz_value_cstr(a, s->phase));
    if (s->adopts != NULL)
        set(a, v, "takenOverFrom", kz_value_cstr(a, s->adopts));
    if (s->unknown != NULL)
        set(a, v, "unknown", kz_value_cstr(a, s->unknown));
    if (s->origin.file.len > 0) {
        struct kz_value *origin = kz_value_map(a);
        set_str(a, origin, "file", s->origin.file);
        set_count(a, origin, "line", s->origin.line);
        set(a, v, "origin", origin);
    }
    set(a, v, "changes", changes_of(a, &s->diff));
    return v;
}

static struct kz_value *module_of(struct kz_arena *a, const struct kz_plan *p)
{
    struct kz_totals t = {0};
    struct kz_value *v = kz_value_map(a), *objects = kz_value_list(a);
    kz_totals_add(&t, p);
    set_str(a, v, "name", p->module);
    set(a, v, "class", kz_value_cstr(a, kz_class_name(p->cls)));
    if (p->held != NULL)
        set(a, v, "held", kz_value_cstr(a, p->held));
    set_totals(a, v, &t);
    for (size_t i = 0; i < p->n_steps; i++) {
        if (p->steps[i].kind != KZ_STEP_NOTHING)
            kz_value_push(a, objects, step_of(a, &p->steps[i]));
    }
    set(a, v, "objects", objects);
    return v;
}

struct kz_value *kz_plan_json(struct kz_arena *a, const struct kz_plan_view *v)
{
    struct kz_value *doc = kz_value_map(a), *revision = kz_value_map(a);
    struct kz_value *modules = kz_value_list(a), *summary = kz_value_map(a);
    struct kz_totals t = {0};
    set_count(a, doc, "v", 1);
    set(a, doc, "kind", kz_value_cstr(a, "Plan"));
    set_str(a, doc, "platform", v->platform);
    set_str(a, doc, "cluster", v->cluster);
    set_str(a, revision, "from", v->revision_from);
    set_str(a, revision, "to", v->revision_to);
    set_str(a, revision, "subject", v->subject);
    set_str(a, revision, "author", v->author);
    set(a, doc, "revision", revision);
    for (size_t i = 0; i < v->n_plans; i++) {
        if (!kz_plan_is_shown(v, &v->plans[i]))
            continue;
        kz_totals_add(&t, &v->plans[i]);
        kz_value_push(a, modules, module_of(a, &v->plans[i]));
    }
    set_totals(a, summary, &t);
    set(a, doc, "summary", summary);
    set(a, doc, "modules", modules);
    return doc;
}
