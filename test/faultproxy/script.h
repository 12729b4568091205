/* SPDX-License-Identifier: Apache-2.0
 *
 * Which request meets which fault. A rule is CLASS@FIRST[+COUNT|+|~MS]:FAULT[=N[%]]:
 *
 *   CLASS   any, or what all requests of one sort count for themselves: read (no watch), list, watch, write
 *           (no dry-run), dry-run, conn (connections, in the order in which they were accepted)
 *   FIRST   the first that is meant, from 0; +COUNT: so many; "+": all from there; ~MS: all from there, for so long
 *   FAULT   see enum fp_fault
 *
 * Beside rules there is chaos: every request may draw a fault, from a seed. */
#ifndef FP_SCRIPT_H
#define FP_SCRIPT_H

#include "base/err.h"

enum fp_fault {
    FP_NONE,
    FP_RESET_REQUEST, /* reset-request=N: N bytes of it reach the server, then both connections are reset */
    FP_RESET_REPLY, /* reset-reply=N: the server did it; reset after N bytes of the reply */
    FP_CUT_REPLY,   /* cut-reply=N: ... closed without close_notify, maybe inside a TLS record */
    FP_DARK_REPLY,  /* dark-reply=N: ... then silence of the whole connection */
    FP_LOST,        /* lost: the server did it, the connection is reset without a reply */
    FP_LOST_HANG,   /* lost-hang: the server did it, no answer to this request */
    FP_HANG,        /* hang: not passed on, no answer to this request */
    FP_DARK,        /* dark: not passed on, silence of the whole connection */
    FP_SLOW,        /* slow: from this reply on one byte a second */
    FP_GOAWAY,      /* goaway: HTTP/2 says that it did not look at this request; HTTP/1.1 closes */
    FP_STATUS,      /* status=N: not passed on, answered so; 429 with Retry-After: 1 */
    FP_DONE_STATUS, /* done-status=N: the server did it, but this is the answer */
    FP_GONE,        /* gone: 410; a watch gets it as an ERROR event */
    FP_TRUNCATE, /* truncate=N: the server did it; only N bytes of the body, in a complete reply */
    FP_DOUBLE,   /* double: the server did it; the body twice */
    FP_KILL_BEFORE, /* kill-before: the victim is killed, the request goes nowhere */
    FP_KILL_SENT,   /* kill-sent: ... when the request was passed on */
    FP_KILL_AFTER,  /* kill-after: ... when the server has answered, before the reply goes out */
    FP_RESET_IN,    /* conn only, reset-in=N: reset after N bytes from the client */
    FP_RESET_OUT,   /* conn only, reset-out=N: reset after N bytes to the client */
    FP_CUT_OUT,     /* conn only, cut-out=N */
    FP_DARK_OUT,    /* conn only, dark-out=N */
    FP_FAULTS_,
};
const char *fp_fault_name(enum fp_fault f);

enum fp_class {
    FP_ANY,
    FP_READ,
    FP_LIST,
    FP_WATCH,
    FP_WRITE,
    FP_DRY_RUN,
    FP_LEASE,
    FP_CONN,
    FP_CLASSES_
};

struct fp_hit {
    enum fp_fault fault;
    long n;       /* bytes, or the status */
    bool percent; /* n is of the whole */
};

struct fp_rule {
    enum fp_class class;
    uint64_t first, count; /* count UINT64_MAX: all */
    int64_t ms;            /* 0: no limit of time */
    int64_t since;         /* when it was met first, ns; 0: not yet */
    struct fp_hit hit;
};

enum { FP_RULES = 64 };
struct fp_script {
    struct fp_rule rules[FP_RULES];
    size_t n_rules;
    uint64_t met[FP_CLASSES_]; /* how many of each class came */
    uint64_t seed, permille;   /* chaos; permille 0: none */
};

KZ_MUST_USE int fp_script_add(struct fp_script *s, struct kz_str rule, struct kz_err *err);
/* What the next connection meets. */
struct fp_hit fp_script_conn(struct fp_script *s);
/* What the next request meets. now: monotonic, ns. */
struct fp_hit fp_script_request(struct fp_script *s, struct kz_str method, struct kz_str path,
                                int64_t now);
bool fp_is_watch(struct kz_str path);

#endif
