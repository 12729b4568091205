/* SPDX-License-Identifier: Apache-2.0
 *
 * Between commands.c, which takes commands, and commands_end.c, which sees what becomes of them. */
#ifndef KZ_REPORT_COMMANDS_INSIDE_H
#define KZ_REPORT_COMMANDS_INSIDE_H

#include "base/map.h"
#include "report/commands.h"

/* One annotation that was seen on an object. */
struct kz_given_order {
    struct kz_ordered *t;
    enum kz_order kind;
    char *text;           /* as it stands there; NULL: it does not */
    bool good;            /* standing: it counts */
    bool quiet;           /* it was answered before this process came */
    bool said;            /* approve: it was answered */
    char *off;            /* the text that is being taken off; NULL none */
    bool left, again;     /* meanwhile: it was seen to be off; what stands there now is to be taken off, too */
    char *acting;         /* once: the text that is being done; NULL none */
    unsigned looks;       /* sync: is done with that many looks at the source */
    bool partly;          /* sync: of some objects; the engine says when it is done */
    int64_t until;        /* wall ns; 0 none */
    int64_t retry_at;     /* mono ns; 0 none: it could not be taken off */
};

struct kz_ordered { /* an object with annotations of ours */
    struct kz_commands *c;
    bool platform;
    struct kz_given_order orders[KZ_ORDERS_];
    char name[];
};

struct kz_commands {
    const struct kz_env *env;
    struct kz_steering engine;
    struct kz_answering out;
    struct kz_map targets[2]; /* by name: Modules, Platforms */
    uint64_t timer;
    bool denied_said;
};

void kz_commands_arm(struct kz_commands *c); /* the timer of what is due next */

/* The wish of a standing one that counts; false: there is none. Views into the arena. */
bool kz_order_read(struct kz_said *out, struct kz_arena *a, const struct kz_given_order *o);
void kz_order_reply(struct kz_given_order *o, const char *text, const char *result, struct kz_str message);
/* A standing one is over: answered, without effect, taken off. */
void kz_order_end(struct kz_given_order *o, const char *result, struct kz_str message);
void kz_order_acted(struct kz_given_order *o); /* one that is meant once has come to its end */
/* What failed and why, one line. */
struct kz_str kz_order_why(struct kz_arena *a, const struct kz_err *err);

#endif
