/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of tenants (spec/tenant.h) in the reconciler: whose rules hold for a module now, and who asks.
 *
 *   settle     each new set, whole, before it is anybody's want: kz_tenants_check
 *   hand over  that nothing of it is another's already: kz_tenants_foreign
 *   journal    each set that is made true, also an older one from the history: kz_tenants_refuse
 *   drift      objects that the rules do not let it have any more are left alone: kz_tenants_may
 *   prune      and are not deleted
 *   asks       what a chart looks up, and values from objects
 *   line       every write when it is sent, whoever asked for it: kz_tenants_gate
 *
 * The last is the gate that cannot be forgotten: kz_mod_kube has no other way out for a tenant's module. Rules are
 * those of the newest definitions, always. Private to sync/, but for kz_tenants_check_set. */
#ifndef KZ_SYNC_TENANTS_H
#define KZ_SYNC_TENANTS_H

#include "resource/object.h"
#include "sync/module.h"

/* Whose rules hold for it; a tenant that is gone allows nothing. NULL: nobody's. */
const struct kz_tenant *kz_mod_tenant(const struct kz_mod *m);

/* As kz_tenant_allows, by the rules of its tenant. Nobody's module may touch kzsync's own namespace. */
KZ_MUST_USE int kz_tenants_allow(const struct kz_mod *m, const struct kz_id *id, struct kz_err *err);
bool kz_tenants_may(const struct kz_mod *m, const struct kz_id *id); /* the same as yes or no */
/* A rule says no. Of a kind that nobody serves just now no rule can tell: that is not left out of a set, it fails. */
bool kz_tenants_deny(const struct kz_mod *m, const struct kz_id *id);

/* Every object of the set, hooks too, what the module depends on and what its gates ask for. The error names the
 * object and its place. Knows neither engine nor cluster. scope: KZ_SCOPE_UNKNOWN refuses. */
KZ_MUST_USE int kz_tenants_check_set(const struct kz_tenant *t, const struct kz_module *spec, const struct kz_want *w,
                                     struct kz_scope scope, struct kz_err *err);
KZ_MUST_USE int kz_tenants_check(const struct kz_mod *m, const struct kz_want *w, struct kz_err *err);

/* Something of the set is in the inventory, or by its label in the cluster, another's who is not of the tenant. */
KZ_MUST_USE int kz_tenants_foreign(const struct kz_mod *m, const struct kz_want *w, struct kz_err *err);
/* The set that it is about to make true breaks a rule: the module has failed, and nothing of it is written. */
bool kz_tenants_refuse(struct kz_mod *m);
/* What settle has found: the module fails with what it has, and says why. */
void kz_tenants_refused(struct kz_mod *m, const struct kz_err *err);

/* Two modules want one object: whose it stays. NULL: neither's, as between modules of one owner. */
const struct kz_mod *kz_tenants_first(const struct kz_mod *one, const struct kz_mod *two, struct kz_str key);
/* A rendered CustomResourceDefinition that the module may have: only such a one tells a scope. */
bool kz_tenants_may_bring(const struct kz_mod *m, const struct kz_value *crd);

/* For kz_kube_gated; arg: the engine. */
int kz_tenants_gate(void *arg, struct kz_str who, const struct kz_id *id, struct kz_err *err);

#endif
