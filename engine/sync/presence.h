/* SPDX-License-Identifier: Apache-2.0
 *
 * Is something there that is not ours? Before the first write every new object is asked for, and so is its
 * namespace. A first sync of a large platform would be as many GETs as writes: so from the fifth question about
 * a kind in a namespace within ten seconds on, one list of the metadata of all that is not this platform's (by
 * label) answers those of the next ten seconds, and a namespace that was seen counts for as long. Private to sync/. */
#ifndef KZ_SYNC_PRESENCE_H
#define KZ_SYNC_PRESENCE_H

#include "sync/module.h"

struct kz_presence;

/* platform as in the label; copied. */
struct kz_presence *kz_presence_new(const struct kz_env *env, struct kz_str platform);
void kz_presence_free(struct kz_presence *p); /* no callback comes afterwards; NULL is fine */
void kz_presence_clear(struct kz_presence *p); /* gives the memory back, unless questions wait */

enum kz_presence_word {
    KZ_PRESENCE_ABSENT,  /* not there, as of at most ten seconds ago */
    KZ_PRESENCE_UNKNOWN, /* to be asked for by GET: not listed, or listed as there */
    KZ_PRESENCE_WAIT,    /* being listed: `again` is called, from the loop, unless m has changed its state */
};
/* About an object of m that is not among the live ones, with the rights of m. */
enum kz_presence_word kz_presence_look(struct kz_presence *p, struct kz_mod *m, size_t step,
                                       void (*again)(struct kz_mod *m, size_t step));

/* done once, at once or from the loop. missing: it is certainly not there, or going. */
void kz_presence_namespace(struct kz_presence *p, const struct kz_mod *m, struct kz_str ns,
                           void (*done)(void *arg, struct kz_str ns, bool missing), void *arg);

#endif
