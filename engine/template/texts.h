/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as texts, the way sprig's functions see them. */
#ifndef KZ_TEMPLATE_TEXTS_H
#define KZ_TEMPLATE_TEXTS_H

#include "template/val.h"

/* Strings and []byte as they are, the rest as %v. */
struct kz_str kz_text_of(struct kz_arena *a, struct kz_val v);
/* A list of texts: nil items are left out; what is no list is one text, nil is none. */
struct kz_list *kz_texts_of(struct kz_arena *a, struct kz_val v);

/* sprig's notion of an empty value: as in `if`, but a struct never is. */
bool kz_val_empty(struct kz_val v);

/* utf8.DecodeLastRune; s not empty. */
size_t kz_rune_last(struct kz_str s, uint32_t *rune);
/* Without the characters at both ends that drop says. */
struct kz_str kz_text_trim(struct kz_str s, bool (*drop)(struct kz_str set, uint32_t r),
                           struct kz_str set);

#endif
