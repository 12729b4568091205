/* SPDX-License-Identifier: Apache-2.0
 *
 * Is another kzsync, in another namespace, at the same platform? A lease is of one namespace, so it does not keep them
 * apart: each would undo what differs from its own source. Looks for the status that the other one leaves, when this
 * one leads and then once an hour, or once a minute while there is one, and says it in the log. Without the right to list ConfigMaps of all namespaces it says nothing. */
#ifndef KZ_REPORT_BESIDE_H
#define KZ_REPORT_BESIDE_H

#include "kube/client.h"

struct kz_beside;
/* env and kube outlive it; ns is copied. told: the answer may be another than before. */
struct kz_beside *kz_beside_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns, void (*told)(void *arg), void *arg);
void kz_beside_free(struct kz_beside *b); /* NULL is fine */
/* To be called whenever something changed, while this one leads: looks at once the first time, and goes on by itself. */
void kz_beside_look(struct kz_beside *b, struct kz_str platform);
/* The other's namespace as last seen; "" there is none, or it is not known. */
struct kz_str kz_beside_namespace(const struct kz_beside *b);

#endif
