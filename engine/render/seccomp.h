/* SPDX-License-Identifier: Apache-2.0
 *
 * The system call filters, finished while kzsync was built (seccomp_pack.c has the rules). */
#ifndef KZ_RENDER_SECCOMP_H
#define KZ_RENDER_SECCOMP_H

#include "base/err.h"

#include <linux/filter.h>

enum kz_filter {
    KZ_FILTER_ZYGOTE,       /* the zygote, and with it all below */
    KZ_FILTER_PURE,         /* a job that starts no program: an allow-list */
    KZ_FILTER_EXEC,         /* a job with programs */
    KZ_FILTER_EXEC_BOUNDED, /* the same where landlock keeps signals inside */
    KZ_FILTER_COUNT_
};

/* Stands for the process's own id in a finished filter: replaced when a process enters. */
enum { KZ_SECCOMP_SELF = 0x3AB1E5E1 };

struct kz_seccomp_code {
    const struct sock_filter *at;
    unsigned short len;
};
extern const struct kz_seccomp_code kz_seccomp_code[KZ_FILTER_COUNT_];

/* No way back. Needs no_new_privs. */
KZ_MUST_USE int kz_seccomp_enter(enum kz_filter which, struct kz_err *err);

#endif
