/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reference name means on a server: the rows of an ls-refs reply or of `git ls-remote` go in,
 * the commit id comes out. A pure reducer; rows may come in any order and may include others' names. */
#ifndef KZ_SOURCE_REFS_H
#define KZ_SOURCE_REFS_H

#include "base/arena.h"
#include "base/err.h"

enum { KZ_OID_TEXT = 65 };

/* In lower case, as git writes them; id passed kz_is_commit_id. */
void kz_commit_id_copy(char out[KZ_OID_TEXT], struct kz_str id);

/* The wanted names, at most three, in the order of the protocol's ref-prefix lines. */
struct kz_ref_names {
    struct kz_str name[3];
    size_t n;
};
struct kz_ref_names kz_ref_names(struct kz_arena *a, struct kz_str ref);

struct kz_ref_pick {
    struct kz_ref_names names;
    char id[3][KZ_OID_TEXT];     /* "": not seen */
    char peeled[3][KZ_OID_TEXT]; /* of an annotated tag */
    size_t rows;
};
void kz_ref_pick_init(struct kz_ref_pick *p, struct kz_arena *a, struct kz_str ref);
/* name may end in "^{}" (ls-remote's way); peeled may be "". */
void kz_ref_pick_row(struct kz_ref_pick *p, struct kz_str name, struct kz_str id,
                     struct kz_str peeled);
/* KZ_E_NOTFOUND: no such reference (with a hint); KZ_E_INVALID: a branch and a tag of that name differ. */
KZ_MUST_USE int kz_ref_pick_end(char out[KZ_OID_TEXT], const struct kz_ref_pick *p,
                                struct kz_str ref, struct kz_err *err);

/* Reads the output of `git ls-remote`: "<id>\t<name>\n". Other lines: KZ_E_PARSE. */
KZ_MUST_USE int kz_ref_pick_lines(struct kz_ref_pick *p, struct kz_str text, struct kz_err *err);

#endif
