/* SPDX-License-Identifier: Apache-2.0
 *
 * One kind, kept in view: list in pages, watch from the list's version with bookmarks, resume after an
 * end of stream, list again after 410. A machine of five states (list, open, watch, wait, gone).
 * Objects are scanned as they stream in and handed out one by one; nothing is kept.
 *
 * After a 410 the owner gets KZ_WATCH_RESET and then the new list; what is not in it by
 * KZ_WATCH_SYNCED is gone. Between RESET and SYNCED absence means "unknown", never "deleted".
 *
 * An object that our JSON reader does not take (a NUL in a text, a number beyond a double) is left out,
 * with an ERROR that names it: its absence means "unknown" too.
 * An object may come twice (a page that is asked for again, an event seen before the list's end).
 * Idle cost: one request every 5 to 10 minutes, and a small list (limit=1) before it when nothing at
 * all was heard: a server restored from a backup would else be silent for ever. */
#ifndef KZ_KUBE_WATCH_H
#define KZ_KUBE_WATCH_H

#include "kube/client.h"

struct kz_watch;

enum kz_watch_event {
    KZ_WATCH_RESET,   /* a new list begins */
    KZ_WATCH_OBJECT,  /* added or modified; obj has apiVersion and kind */
    KZ_WATCH_DELETED, /* obj is the last state */
    KZ_WATCH_SYNCED,  /* the list is complete; live events follow */
    KZ_WATCH_ERROR,   /* trouble; the watch goes on by itself with backoff; err says what */
    KZ_WATCH_GONE,    /* the kind is not served any more (404 confirmed by discovery) */
};

/* obj and err are valid during the callback. The callback may call kz_watch_close(w). */
typedef void (*kz_watch_fn)(void *arg, struct kz_watch *w, enum kz_watch_event ev,
                            const struct kz_value *obj, const struct kz_err *err);

/* ns "" = all namespaces. The strings are copied. Starts at once (first callback from the loop). Close
 * it before its client is freed. */
struct kz_watch *kz_watch_open(struct kz_kube *k, struct kz_str group, struct kz_str kind,
                               struct kz_str ns, struct kz_str label_selector, kz_watch_fn fn,
                               void *arg);
void kz_watch_close(struct kz_watch *w); /* NULL is fine; no callback afterwards */
bool kz_watch_synced(const struct kz_watch *w);

#endif
