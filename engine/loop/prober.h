/* SPDX-License-Identifier: Apache-2.0
 *
 * GET of any URL on the loop, for gates: implements struct kz_prober of base/env.h. A definition that comes from
 * a repository chooses the URL, and this process may reach more than who wrote it: so no request carries a
 * credential, cookie or proxy setting, the answer's text is shown to nobody, and an address is looked at when it
 * is connected to, after every look-up and redirect. Refused are the addresses of kz_cidr_is_inner, but for those
 * that the operator allows. Each probe has connections of its own, closed at its end. */
#ifndef KZ_LOOP_PROBER_H
#define KZ_LOOP_PROBER_H

#include "base/env.h"
#include "loop/loop.h"

/* allow: ranges that are not refused, with commas between them ("127.0.0.0/8, fe80::/10"); "" none. */
struct kz_probes;
KZ_MUST_USE int kz_probes_new(struct kz_probes **out, struct kz_loop *l, struct kz_str allow, struct kz_err *err);
/* Cancels all; no callback afterwards. Before kz_loop_free. NULL is fine. */
void kz_probes_free(struct kz_probes *p);
struct kz_prober kz_probes_prober(struct kz_probes *p);

#endif
