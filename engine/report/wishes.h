/* SPDX-License-Identifier: Apache-2.0
 *
 * What people want of a running engine, as annotations of Module and Platform objects: kubezero.com/pause and the
 * others. Text in, struct out, and back. The daemon reads them (commands.h), the command line writes them. Pure;
 * the text is anybody's who may edit the object, so it is checked by tables like a definition. */
#ifndef KZ_REPORT_WISHES_H
#define KZ_REPORT_WISHES_H

#include "sync/steer.h"

enum kz_order {
    KZ_ORDER_PAUSE,    /* a reason, or {reason, by, until, drift}; until it is removed or over */
    KZ_ORDER_APPROVE,  /* {set, revision, by, reason}; until the set is in place or another is newer */
    KZ_ORDER_OVERRIDE, /* a reason, or {reason, by, revision, until} */
    KZ_ORDER_SYNC,     /* any text, or {at, by, objects}; once */
    KZ_ORDER_ROLLBACK, /* the beginning of a revision or "previous", or {revision, by, reason}; once */
    KZ_ORDERS_,
};
enum { KZ_SYNC_OBJECTS = 32 }; /* that one sync may name */
#define KZ_ORDER_PREFIX "kubezero.com/"
const char *kz_order_name(enum kz_order o);       /* "pause", "override-window" */
const char *kz_order_annotation(enum kz_order o); /* "kubezero.com/pause" */
bool kz_order_is_once(enum kz_order o);           /* it is taken off as soon as it was read */

/* One annotation. Of the four the one that was asked for is set; views into the text or the arena. */
struct kz_said {
    struct kz_wish_pause pause;
    struct kz_wish_approval approval;
    struct kz_wish_override override;
    struct kz_str revision;   /* rollback: how it begins, "" the previous one */
    struct kz_str by;         /* of all; "" unknown */
    const struct kz_str *objects; /* sync: only these, as people call them (resource/called.h) */
    size_t n_objects;         /* 0: as a whole */
};

/* KZ_E_INVALID, KZ_E_PARSE: not understood. KZ_E_TIMEOUT: it was over before `now` (wall ns). */
KZ_MUST_USE int kz_said_read(struct kz_said *out, struct kz_arena *a, enum kz_order o, struct kz_str text,
                             int64_t now, struct kz_err *err);
/* The text that kz_said_read understands as this. Sync: `at` makes it differ from all before (wall ns). */
struct kz_str kz_said_text(struct kz_arena *a, enum kz_order o, const struct kz_said *said, int64_t at);

#endif
