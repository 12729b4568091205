/* SPDX-License-Identifier: Apache-2.0
 *
 * What the texts of a plan share. Internal to this layer. */
#ifndef KZ_PLAN_TEXT_H
#define KZ_PLAN_TEXT_H

#include "plan/plan.h"

struct kz_totals {
    size_t add, change, remove, replace, keep, run;
    size_t restart; /* workloads whose pods restart */
    size_t drift;
};

void kz_totals_add(struct kz_totals *t, const struct kz_plan *p);

/* The API server will refuse the change: only deleting and creating the object makes it. */
bool kz_step_replaces(const struct kz_step *s);

bool kz_plan_is_shown(const struct kz_plan_view *v, const struct kz_plan *p);
bool kz_plan_is_changed(const struct kz_totals *t);

enum kz_tint { KZ_TINT_NONE, KZ_TINT_ADD, KZ_TINT_CHANGE, KZ_TINT_REMOVE, KZ_TINT_ALARM, KZ_TINT_DIM,
               KZ_TINT_HEAD };

/* One cell: text in colour, cut in its middle at width (0: never), filled with blanks up to it. */
void kz_cell(struct kz_buf *b, bool colour, enum kz_tint tint, struct kz_str text, size_t width);

/* Every object and field of one module. */
void kz_plan_module_text(struct kz_buf *b, const struct kz_plan_view *v, const struct kz_plan *p);

#endif
