/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernel says of this process, for metrics under their usual names. */
#ifndef KZ_REPORT_PROCESS_H
#define KZ_REPORT_PROCESS_H

#include "base/def.h"

struct kz_process {
    int64_t cpu;            /* ns, user and system */
    int64_t resident, virtual_size; /* bytes */
    int64_t open_fds, max_fds;
    int64_t started;        /* wall ns */
};
/* What cannot be read is 0. */
void kz_process_read(struct kz_process *out);

#endif
