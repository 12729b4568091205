/* SPDX-License-Identifier: Apache-2.0
 *
 * A client of the fake API server that serves what report/ needs, and requests as JSON. */
#ifndef KZ_TEST_REPORT_RIG_H
#define KZ_TEST_REPORT_RIG_H

#include "../kube/fake.h"
#include "kube/client.h"

struct report_rig {
    struct fake f;
    struct kz_kube *kube;
    struct kz_arena *arena; /* of bodies */
};

/* Discovered: core and events.k8s.io, with kinds also kubezero.com. */
void report_rig_init(struct report_rig *r, bool kinds);
void report_rig_discovery(struct report_rig *r, bool kinds); /* answers one that is under way */
void report_rig_done(struct report_rig *r);
/* Body of the oldest open request whose line has this. */
const struct kz_value *report_rig_body(struct report_rig *r, const char *part);
/* Answers it 200 with its own body, as a server that takes all as it is. extra: fields of metadata, each with a
 * comma behind it. */
void report_rig_accept(struct report_rig *r, const char *part, const char *extra);

#endif
