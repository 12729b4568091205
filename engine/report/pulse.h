/* SPDX-License-Identifier: Apache-2.0
 *
 * Is the process worth keeping? What only a new one would cure, and nothing else: a cluster or a source that does
 * not answer is no reason to start again. */
#ifndef KZ_REPORT_PULSE_H
#define KZ_REPORT_PULSE_H

#include "base/buf.h"
#include "render/zygote.h"

enum { KZ_PULSE_EVERY_SEC = 1, KZ_PULSE_LATE_SEC = 15 };

/* beat: how long ago a timer of KZ_PULSE_EVERY_SEC has fired, ns. false: *why is one line for people. */
bool kz_pulse_is_well(struct kz_buf *why, int64_t beat, const struct kz_pool_stats *pool);

#endif
