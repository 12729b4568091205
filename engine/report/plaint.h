/* SPDX-License-Identifier: Apache-2.0
 *
 * What keeps a process from ever leading, said where people look: as the conditions Ready=False and Stalled=True of the
 * Platform object, which is made if there is none. Nobody leads then, so the words pass the fence of the lease, and
 * nothing else is written. They are a field manager's of their own: who leads after all takes them off (mirror.h). */
#ifndef KZ_REPORT_PLAINT_H
#define KZ_REPORT_PLAINT_H

#include "kube/client.h"

#define KZ_PLAINT_MANAGER "kzsync-plaint"

struct kz_plaint;
/* env and kube outlive it; ns is copied. */
struct kz_plaint *kz_plaint_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns);
void kz_plaint_free(struct kz_plaint *p); /* NULL is fine; done is not called any more */

/* reason: for machines, as LeaseDenied. The same again is said once; others while one is on its way are dropped. done
 * (may be NULL), once, at once or later: it was said, or cannot be, as without the kinds or the right to write them. */
void kz_plaint_say(struct kz_plaint *p, struct kz_str platform, const char *reason, const struct kz_err *err,
                   void (*done)(void *arg), void *arg);
/* Takes off what was said by whatever process. */
uint64_t kz_plaint_take_back(struct kz_kube *kube, struct kz_arena *a, struct kz_str ns, struct kz_str platform,
                             kz_kube_done done, void *arg);

#endif
