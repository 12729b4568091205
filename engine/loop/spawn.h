/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting a program: what happens between fork and exec. Private to this folder. */
#ifndef KZ_LOOP_SPAWN_H
#define KZ_LOOP_SPAWN_H

#include <sys/types.h>

#include "base/err.h"

struct kz_spawn {
    const char *const *argv; /* argv[0] without a slash is searched in our own PATH */
    const char *const *envp;
    const char *cwd;
    int std[3];            /* become descriptors 0, 1, 2; each above 2 */
    const int *inherit;    /* ends in -1, or NULL; each above 2 */
    uint64_t memory_limit; /* RLIMIT_AS; 0: none */
};

enum { KZ_SPAWN_INHERIT_MAX = 16 };

/* The program runs in a process group of its own with default signal dispositions, an empty signal
 * mask and no other descriptor. A program that can't be started is an error here, not exit code 127. */
KZ_MUST_USE int kz_spawn(pid_t *pid, const struct kz_spawn *spec, struct kz_err *err);

#endif
