/* SPDX-License-Identifier: Apache-2.0
 *
 * An object as people call it: kind/name or kind/namespace/name; a kind as it is written in manifests, its plural, or
 * the short name that kubectl has for it, in any case, with its group behind a dot where several have it. */
#ifndef KZ_RESOURCE_CALLED_H
#define KZ_RESOURCE_CALLED_H

#include "base/err.h"
#include "resource/id.h"

struct kz_called { /* views into the word */
    struct kz_str kind, group, ns, name; /* group, ns "": any */
};

/* KZ_E_INVALID: the word names no object. */
KZ_MUST_USE int kz_called_read(struct kz_called *out, struct kz_str word, struct kz_err *err);
/* Is the kind of id meant? plural: as the API server has it; "" unknown. */
bool kz_called_kind(const struct kz_called *c, const struct kz_id *id, struct kz_str plural);
bool kz_called_is(const struct kz_called *c, const struct kz_id *id, struct kz_str plural);

#endif
