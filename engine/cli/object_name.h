/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects as people name them on a command line (resource/called.h). */
#ifndef KZ_CLI_OBJECT_NAME_H
#define KZ_CLI_OBJECT_NAME_H

#include "cli/look_store.h"

bool kz_is_object_name(struct kz_str word); /* has a slash: names of modules have none */

/* Finds it: in the inventory of the platform, else, when the server serves the kind, as an identity that may or
 * may not be there. KZ_E_NOTFOUND: no such kind; KZ_E_INVALID: it is no name, or several objects have it. Needs
 * l->store and discovery; *out in the arena. */
KZ_MUST_USE int kz_object_find(struct kz_id *out, struct kz_look *l, struct kz_str word, struct kz_err *err);

/* "Deployment/shop/web": as it can be given back to a command. */
struct kz_str kz_object_word(struct kz_arena *a, const struct kz_id *id);

#endif
