/* SPDX-License-Identifier: Apache-2.0
 *
 * plan: {view: {...}, modules: [{name, held, steps: [{kind, before, after, ...}]}]} -> the texts. */
#include "case.h"

#include "plan/plan.h"
#include "value/json.h"

static enum kz_step_kind kind_of(struct kz_str word)
{
    static const char *const words[] = {
        [KZ_STEP_NOTHING] = "nothing", [KZ_STEP_CREATE] = "create", [KZ_STEP_CHANGE] = "change",
        [KZ_STEP_REMOVE] = "remove",   [KZ_STEP_KEEP] = "keep",
    };
    for (size_t i = 0; i < kz_countof(words); i++) {
        if (kz_str_is(word, words[i]))
            return (enum kz_step_kind)i;
    }
    return KZ_STEP_NOTHING;
}

static void read_step(struct kz_step *s, struct kz_arena *a, const struct kz_value *v)
{
    const struct kz_value *before = kz_value_get(v, "before"), *after = kz_value_get(v, "after");
    s->kind = kind_of(kz_value_path_str(v, "kind"));
    kz_assert(kz_id_of(&s->id, &s->version, after != NULL ? after : before));
    s->origin.file = kz_value_path_str(v, "file");
    s->origin.line = (uint32_t)kz_value_path_int(v, "line", 0);
    s->drift = kz_value_path_bool(v, "drift", false);
    if (kz_value_get(v, "unknown") != NULL)
        s->unknown = kz_cstr(a, kz_value_path_str(v, "unknown"));
    if (s->kind != KZ_STEP_REMOVE && s->kind != KZ_STEP_KEEP)
        kz_diff_objects(&s->diff, a, before, after);
    s->cls = kz_plan_class(&s->id, &s->diff, s->kind);
}

static void read_plan(struct kz_plan *p, struct kz_arena *a, const struct kz_value *v)
{
    const struct kz_value *steps = kz_value_get(v, "steps");
    p->module = kz_value_path_str(v, "name");
    if (kz_value_get(v, "held") != NULL)
        p->held = kz_cstr(a, kz_value_path_str(v, "held"));
    p->n_steps = kz_value_len(steps);
    p->steps = kz_new_n(a, struct kz_step, p->n_steps);
    for (size_t i = 0; i < p->n_steps; i++) {
        read_step(&p->steps[i], a, kz_value_at(steps, i));
        p->count[p->steps[i].kind]++;
        p->cls = p->steps[i].cls > p->cls ? p->steps[i].cls : p->cls;
    }
}

void case_plan(const struct case_input *in, struct kz_buf *out)
{
    const struct kz_value *doc = kz_value_at(in->docs, 0), *modules = kz_value_get(doc, "modules");
    struct kz_plan *plans = kz_new_n(in->arena, struct kz_plan, kz_value_len(modules));
    for (size_t i = 0; i < kz_value_len(modules); i++)
        read_plan(&plans[i], in->arena, kz_value_at(modules, i));
    const struct kz_value *views = kz_value_get(doc, "views");
    for (size_t i = 0; i < kz_value_len(views); i++) {
        const struct kz_value *v = kz_value_at(views, i);
        const struct kz_plan_view view = {
            .platform = kz_value_path_str(v, "platform"),
            .cluster = kz_value_path_str(v, "cluster"),
            .revision_from = kz_value_path_str(v, "from"),
            .revision_to = kz_value_path_str(v, "to"),
            .subject = kz_value_path_str(v, "subject"),
            .author = kz_value_path_str(v, "author"),
            .plans = plans,
            .n_plans = kz_value_len(modules),
            .colour = kz_value_path_bool(v, "colour", false),
            .details = kz_value_path_bool(v, "details", false),
            .width = (int)kz_value_path_int(v, "width", 0),
            .only_module = kz_value_path_str(v, "only"),
        };
        kz_buf_puts(out, i > 0 ? "---\n" : "");
        if (kz_value_path_bool(v, "json", false))
            kz_json_write(out, kz_plan_json(in->arena, &view), KZ_JSON_PRETTY);
        else
            kz_plan_text(out, &view);
    }
}
