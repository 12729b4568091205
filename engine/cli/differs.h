/* SPDX-License-Identifier: Apache-2.0
 *
 * In what the cluster differs from what was applied last, from the cluster alone: the kept set of the module says
 * what is wanted, the inventory what was applied and what the server made of it, managedFields who else writes.
 * What counts as different is what the daemon counts (plan/plan.h: kz_plan_decide), so a server that writes a field
 * in another way is no difference. */
#ifndef KZ_CLI_DIFFERS_H
#define KZ_CLI_DIFFERS_H

#include "cli/look_live.h"
#include "plan/plan.h"

struct kz_differs { /* one object */
    struct kz_id id;
    struct kz_str version;
    struct kz_origin origin;
    enum kz_step_kind kind;   /* CREATE: it is gone from the cluster; CHANGE: it was changed */
    struct kz_diff diff;      /* from what is wanted to what is there; Secrets are masked */
    struct kz_str who, path;  /* manager that took a field of ours, and the field; "" not known */
    struct kz_str time;       /* of that manager's last write, RFC 3339; "" */
    bool left;                /* it is left to others: applied once, or never */
    const struct kz_err *err; /* it cannot be read; kind NOTHING */
};

struct kz_module_differs {
    struct kz_str module, revision; /* of the kept set */
    bool kept;                /* there is a kept set; else nothing is known */
    bool newer;               /* another set than the kept one was applied since: not all can be told */
    size_t objects;           /* of the set */
    struct kz_differs *at;    /* n that differ or cannot be read */
    size_t n;
};

/* Needs l->store. Everything in the arena. Cost: the module's kept set and the lists of its kinds. */
KZ_MUST_USE int kz_look_differs(struct kz_module_differs *out, struct kz_look *l, struct kz_str module,
                                struct kz_err *err);

/* The diff engine tells what a repair would do; people ask what was done: turns it round. */
void kz_differs_turn(struct kz_diff *d);

#endif
