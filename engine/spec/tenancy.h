/* SPDX-License-Identifier: Apache-2.0
 *
 * Which tenant a module belongs to, and whether its definition keeps to that tenant's rules (spec/tenant.h).
 *
 * Claims are decided in the worker, which knows the files: a module that is defined in a tenant's folder is that
 * tenant's, whatever it says. What is wrong becomes the `fault` of that one module in the reply, so that no tenant
 * can stop the others by it. */
#ifndef KZ_SPEC_TENANCY_H
#define KZ_SPEC_TENANCY_H

#include "spec/layers.h"
#include "spec/platform.h"

/* Worker: *out is the list of the reply, each {spec, folders, paths, line} with clean paths. Two tenants of one name,
 * and folders of two that lie in one another, are errors of the Platform at `file`. list may be NULL. */
KZ_MUST_USE int kz_tenancy_list(struct kz_value **out, struct kz_arena *a, struct kz_str file,
                                const struct kz_value *list, struct kz_err *err);

/* Worker: sets spec.tenant of a module that is defined in a tenant's folder, and m.fault: {text, hint} when it claims
 * another one or is made of what the tenant may not read. m has its path already. */
struct kz_tenancy {
    struct kz_arena *arena;
    const struct kz_value *tenants; /* of kz_tenancy_list */
    struct kz_str file;             /* that they stand in */
};
void kz_tenancy_claim(struct kz_value *m, const struct kz_tenancy *from, const struct kz_draft *d, struct kz_value *spec);

/* The tenant that a module names. One that is not defined allows nothing. name "": NULL. */
const struct kz_tenant *kz_tenancy_of(const struct kz_platform *p, struct kz_arena *a, struct kz_str name);

/* A decoded module against m->tenant, as far as no cluster is needed. account: its field serviceAccount. */
KZ_MUST_USE int kz_tenancy_check(const struct kz_module *m, const struct kz_platform *p, struct kz_str account,
                                 struct kz_err *err);

#endif
