/* SPDX-License-Identifier: Apache-2.0
 *
 * The objects of a list reply, one by one while it streams in: a list of 500 Secrets is megabytes, but
 * only one object is in memory at a time. Finds the members of the top-level "items" array by bracket
 * and string structure alone; what is outside (kind, metadata.continue) is collected as the envelope
 *
 *     {"kind":"PodList","metadata":{...},"items":[ {...} , {...} ],"apiVersion":"v1"}
 *      \_________ envelope ___________________/  item    item    \__ envelope ______/
 *
 * and is itself valid JSON with an empty array. Does not validate: the JSON reader does, per item. */
#ifndef KZ_KUBE_ITEMS_H
#define KZ_KUBE_ITEMS_H

#include "base/buf.h"

struct kz_items {
    struct kz_buf item, envelope;
    unsigned depth;
    unsigned inside; /* 0: outside; 1: "items" seen, 2: in its array */
    bool in_string, escaped, in_item, bad, ended;
    char key[8]; /* last string at depth 1, cut */
    unsigned key_len;
};

void kz_items_init(struct kz_items *it, size_t max_item);
void kz_items_done(struct kz_items *it);
void kz_items_clear(struct kz_items *it); /* a new page begins; gives the memory back */

/* Hands out the next whole item and moves *piece behind it; false: the piece is used up or the text
 * is bad (too long, or not a list). The item is valid until the next call. */
KZ_MUST_USE bool kz_items_next(struct kz_items *it, struct kz_str *piece, struct kz_str *item);

/* The envelope, once the whole text was seen; false: cut off or bad. */
KZ_MUST_USE bool kz_items_end(const struct kz_items *it, struct kz_str *envelope);

#endif
