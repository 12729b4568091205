/* SPDX-License-Identifier: Apache-2.0
 *
 * Module metrics: 3 objects change, class routine, nothing restarts
 *
 *   ~ Prometheus monitoring/kubezero            monitoring.coreos.com/v1
 *       from templates/prometheus.yaml:88
 *       ~ spec.retention  8d -> 15d */
#include "plan/text.h"

static const struct {
    const char *sign;
    enum kz_tint tint;
} styles[] = {
    [KZ_STEP_NOTHING] = {" ", KZ_TINT_NONE  },
      [KZ_STEP_CREATE] = {"+", KZ_TINT_ADD   },
    [KZ_STEP_CHANGE] = {"~", KZ_TINT_CHANGE},
      [KZ_STEP_REMOVE] = {"-", KZ_TINT_REMOVE},
    [KZ_STEP_KEEP] = {"=", KZ_TINT_DIM   },
    [KZ_STEP_RUN] = {">", KZ_TINT_CHANGE},
};

enum { NAME_WIDTH = 44 };

static void print_step(struct kz_buf *b, const struct kz_plan_view *v, const struct kz_step *s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    bool replace = kz_step_replaces(s);
    struct kz_str name = kz_id_text(a, &s->id);
    kz_buf_puts(b, "  ");
    kz_cell(b, v->colour, replace ? KZ_TINT_ALARM : styles[s->kind].tint,
            replace ? KZ_STR("!") : kz_str(styles[s->kind].sign), 0);
    kz_buf_putc(b, ' ');
    kz_cell(b, v->colour, KZ_TINT_NONE, name, name.len > NAME_WIDTH ? 0 : NAME_WIDTH);
    kz_buf_printf(b, " " KZ_FMT, KZ_ARG(kz_api_version_join(a, s->id.group, s->version)));
    if (replace)
        kz_buf_puts(b, "  has to be replaced");
    else if (s->cls == KZ_CLASS_RESTART)
        kz_buf_puts(b, "  restarts its pods");
    if (s->drift)
        kz_buf_puts(b, s->kind == KZ_STEP_CREATE ? "  was deleted in the cluster"
                                                 : "  was changed in the cluster");
    if (s->phase != NULL)
        kz_buf_printf(b, "  runs as %s hook", s->phase);
    if (s->kind == KZ_STEP_KEEP)
        kz_buf_puts(b, "  no longer wanted, but stays");
    kz_buf_putc(b, '\n');
    if (s->origin.file.len > 0)
        kz_buf_printf(b, "      from " KZ_FMT ":%u\n", KZ_ARG(s->origin.file), s->origin.line);
    if (s->adopts != NULL)
        kz_buf_printf(b, "      taken over from %s: fields that only it has set are removed\n", s->adopts);
    if (s->unknown != NULL)
        kz_buf_printf(b, "      unknown, because %s\n", s->unknown);
    kz_diff_text(b, &s->diff, 6, v->colour);
}

void kz_plan_module_text(struct kz_buf *b, const struct kz_plan_view *v, const struct kz_plan *p)
{
    struct kz_totals t = {0};
    kz_totals_add(&t, p);
    size_t n = t.add + t.change + t.replace + t.remove + t.run;
    if (n + t.keep == 0)
        return;
    kz_buf_puts(b, "\n");
    kz_cell(b, v->colour, KZ_TINT_HEAD, KZ_STR("Module"), 0);
    kz_buf_printf(b, " " KZ_FMT ": %zu object%s, class %s, ", KZ_ARG(p->module), n,
                  n == 1 ? " changes" : "s change", kz_class_name(p->cls));
    if (t.restart == 0)
        kz_buf_puts(b, "nothing restarts\n\n");
    else
        kz_buf_printf(b, "%zu workload%s\n\n", t.restart,
                      t.restart == 1 ? " restarts" : "s restart");
    for (size_t i = 0; i < p->n_steps; i++) {
        if (p->steps[i].kind != KZ_STEP_NOTHING)
            print_step(b, v, &p->steps[i]);
    }
}
