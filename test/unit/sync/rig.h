/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine whose cluster is the test (kube/fake.h), of platform "p" in namespace "kz", without a source: it is
 * past the cycle, and the test hands its modules what it wants of them. */
#ifndef KZ_TEST_SYNC_RIG_H
#define KZ_TEST_SYNC_RIG_H

#include "../kube/fake.h"
#include "sync/internal.h"

#define RIG_LEASES "/apis/coordination.k8s.io/v1/namespaces/kz/leases"
#define RIG_LEASE RIG_LEASES "/kzsync-p?"

struct rig {
    struct fake f;
    struct kz_kube *kube;
    struct kz_engine *e;
    int finished, wanted, halted, closed;
    char lease[1024]; /* the text of rig_record */
};

/* Discovered, at rest, nothing read yet. Its callbacks count above. */
void rig_init(struct rig *r, const struct kz_engine_options *opt);
void rig_done(struct rig *r);

/* A record of the lease; extra: further annotations, each with a comma behind it. */
const char *rig_record(struct rig *r, const char *holder, int epoch, int version, const char *role, const char *extra);
void rig_lead(struct rig *r); /* seeks the lease and gets it */

/* Reads this inventory: objects of module "m", each confirmed with uid "u-NAME". Needs the lead. */
struct rig_object {
    const char *group, *version, *kind, *ns, *name;
};
void rig_store(struct rig *r, const struct rig_object *objects, size_t n);

/* A module that is defined as told, not yet begun; the engine frees it. */
struct kz_mod *rig_mod(struct rig *r, const char *name, const struct kz_module *spec);

void rig_closed(void *arg); /* for kz_engine_close and kz_lead_end */

extern const char rig_missing[], rig_conflict[], rig_forbidden[];

#endif
